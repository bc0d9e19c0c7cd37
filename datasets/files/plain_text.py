"""`plain_text` makes the text of strangers harmless to show: control characters become visible.

Names, instructions and messages come from files of others. An escape sequence in one renames the
terminal's window, clears it or hides a line; a mark of direction turns the rest around.
"""

import re

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, but not tabulator and line feed
    "\u200e\u200f\u2028-\u202e\u2066-\u2069"  # directions, and other ends of lines
    "\ufeff\ufff9-\ufffb\ud800-\udfff]"  # marks, and halves of characters
)


def plain_text(text: str) -> str:
    """The text with `\\x1b` for ESC and the like; everything that can be read stays."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def valid_json(text: str) -> str:
    """A JSON document that every encoding takes: halves of characters become `\\udcff`."""
    return re.sub("[\ud800-\udfff]", lambda found: ascii(found[0])[1:-1], text)
