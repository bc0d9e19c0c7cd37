"""`sidestick report` reads a workspace (`collect`) and writes one HTML page (`write_report`)."""

from .collect import collect
from .write import write_report

__all__ = ["collect", "write_report"]
