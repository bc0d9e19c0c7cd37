"""`plain_log` is a module's logger whose records name strangers' files in plain text."""

import logging
from typing import TYPE_CHECKING, Any, TypeAlias

from .plain_text import plain_text

if TYPE_CHECKING:
    _Adapter: TypeAlias = logging.LoggerAdapter[logging.Logger]
else:
    _Adapter = logging.LoggerAdapter


class PlainLogger(_Adapter):
    """A logger that escapes its arguments: a name that is no UTF-8 fits no handler's encoding."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Log `msg % args`; numbers stay numbers, everything else becomes plain text."""
        plain = (a if isinstance(a, int | float) else plain_text(str(a)) for a in args)
        super().log(level, msg, *plain, **kwargs)


def plain_log(name: str) -> PlainLogger:
    """Return the logger of the module `name`."""
    return PlainLogger(logging.getLogger(name), {})
