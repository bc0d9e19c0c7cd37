"""The command line, one file a verb; what is missing of the standard streams is opened first."""

from .streams import fill_holes

fill_holes()
