"""This module writes and reads settings as JSON, and bytes, atomically.

Policies, the gate and caches are described by such files. Nothing here loads PyTorch.
"""

import json
from pathlib import Path
from typing import Any

from ...datasets.files.decoding import parsed_json
from ...datasets.files.durable import replace_file
from ...datasets.files.plain_file import read_plain
from ...sim_envs.errors import PolicyError

MOST_BYTES = 2**26
"""Of a JSON file; a policy of ten thousand episodes has one of a megabyte."""


def write_bytes(path: Path, content: bytes) -> None:
    """Replace `path` by `content` atomically: a crash leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, content)


def write_json(path: Path, value: object) -> None:
    """Replace `path` by `value` as JSON."""
    write_bytes(path, (json.dumps(value, indent=1, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in `path`; PolicyError names a file that is missing or holds none."""
    try:
        value = parsed_json(read_plain(path, MOST_BYTES, links=True), path.name)
    except FileNotFoundError:
        raise PolicyError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise PolicyError(f"{path}: not readable as JSON ({error})") from None
    if not isinstance(value, dict):
        raise PolicyError(f"{path}: expected a JSON object, got {type(value).__name__}")
    return value
