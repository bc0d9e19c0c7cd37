"""`python -m sidestick` is the command line: this is the `__main__` of the package `sidestick`."""

from importlib import import_module

import_module(".teleop.cli.main", __package__).main()
