"""The operator's own settings: files in one folder, and the name that goes into the records.

Where there is no home, no account or no right to write, sessions go on with the defaults; only what
asks for a setting to be written is refused.
"""

import getpass
import os
from pathlib import Path

from ...datasets.files.plain_file import read_plain
from ...datasets.files.plain_text import plain_text
from ...sim_envs.errors import SidestickError

CONFIG_VARIABLE = "SIDESTICK_CONFIG_DIR"
MOST_BYTES = 2**22
"""Largest file that is read: all of gamecontrollerdb.txt is under a megabyte."""


class BadSettings(SidestickError):
    """The operator's settings cannot be read or written; the message says where and why."""


def config_folder() -> Path | None:
    """The folder of the user's own settings; None for a user without a home."""
    if own := os.environ.get(CONFIG_VARIABLE):
        return Path(own)
    if base := os.environ.get("XDG_CONFIG_HOME"):
        return Path(base) / "sidestick"
    try:
        return Path.home() / ".config" / "sidestick"
    except RuntimeError:  # neither HOME nor an account
        return None


def shown_path(name: str) -> str:
    """Where a file of the settings would lie, for people."""
    folder = config_folder()
    return str(folder / name) if folder else f"{name} (no home; ${CONFIG_VARIABLE} sets a folder)"


def has_setting(name: str) -> bool:
    """Whether the settings have a file of this name."""
    folder = config_folder()
    try:
        return folder is not None and (folder / name).exists()
    except OSError:  # a folder above it may not be searched
        return False


def read_setting(name: str) -> str:
    """The text of a file of the settings, empty where there is none; BadSettings if unreadable.

    Bytes that are no UTF-8 come as halves of characters, which `write_setting` writes back.
    """
    folder = config_folder()
    if folder is None or not has_setting(name):
        return ""
    try:
        return read_plain(folder / name, MOST_BYTES, links=True).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise BadSettings(f"{folder / name}: cannot be read: {error.strerror}") from error


def write_setting(name: str, text: str) -> Path:
    """Write a file of the settings and return its path; BadSettings where that fails."""
    folder = config_folder()
    if folder is None:
        raise BadSettings(f"{name} cannot be kept: no home; ${CONFIG_VARIABLE} sets a folder")
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        reason = error.strerror or error
        raise BadSettings(
            f"{path}: cannot be written: {reason}; ${CONFIG_VARIABLE} sets another folder"
        ) from error
    return path


def operator_name() -> str:
    """The name of the user, for the records; the number of one who has no account."""
    try:
        return plain_text(getpass.getuser())
    except (KeyError, OSError, ImportError):
        return f"user-{os.getuid()}"
