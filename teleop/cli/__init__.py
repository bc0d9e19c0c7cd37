"""The command line, one file a verb.

What is missing of the standard streams is opened before anything else, and memory that would not
do even to load the rest is told of.
"""

import sys

from .memory_limit import memory_missing
from .streams import fill_holes

fill_holes()
if _missing := memory_missing():
    sys.stderr.write(f"error: {_missing}\n")
    sys.exit(2)
