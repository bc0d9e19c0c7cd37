"""Other tools' formats: one file a format, one line a format in the registry."""
