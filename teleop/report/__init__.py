"""A workspace as one self-contained HTML page."""

from .collect import collect
from .write import write_report

__all__ = ["collect", "write_report"]
