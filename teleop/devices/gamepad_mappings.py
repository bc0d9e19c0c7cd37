"""What pads that SDL does not know have been taught: one line a pad, in SDL's own format."""

from collections.abc import Mapping
from pathlib import Path

from .bindings import config_folder

FILE_NAME = "pads.txt"


def mappings_path() -> Path:
    """The file of learnt pads; lines of gamecontrollerdb.txt may be pasted into it."""
    return config_folder() / FILE_NAME


def mapping_lines() -> list[str]:
    """Every learnt mapping."""
    path = mappings_path()
    if not path.exists():
        return []
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def mapping_line(guid: str, name: str, bound: Mapping[str, str]) -> str:
    """One pad in SDL's format: `bound` gives `a: b0`, `leftx: a0`, `dpup: h0.1` and so on."""
    clean = name.replace(",", " ").strip() or "pad"
    pairs = [f"{target}:{source}" for target, source in bound.items()]
    return ",".join([guid, clean, *pairs, ""])  # SDL garbles the last pair without a comma


def remember(line: str) -> Path:
    """Keep a mapping; an older one of the same GUID is replaced."""
    path = mappings_path()
    guid = line.split(",", 1)[0]
    kept = [old for old in mapping_lines() if old.split(",", 1)[0] != guid]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*kept, line]) + "\n", encoding="utf-8")
    return path
