"""LeRobot datasets, version 3: the layout, its tables and videos, written and read."""
