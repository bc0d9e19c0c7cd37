"""This package holds the contract between a world and all that drives, records and learns in it."""
