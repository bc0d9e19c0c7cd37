"""A workspace is read here (`collect`) and written as one HTML page (`write_report`)."""
