"""The command line, one file a verb.

What is missing of the standard streams is opened before anything else, and memory that would not
do even to load the rest is told of; so is a present folder that was removed.
"""

import sys

from .memory_limit import memory_missing
from .streams import fill_holes, folder_missing

fill_holes()
if _missing := memory_missing() or folder_missing():
    sys.stderr.write(f"error: {_missing}\n")
    sys.exit(2)
