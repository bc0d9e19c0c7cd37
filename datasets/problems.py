"""What is wrong with a file, as check, export, import and merge report it."""

from pathlib import Path
from typing import NamedTuple, Self


class Problem(NamedTuple):
    """One file that is not as it should be."""

    file: str
    """Its path in the workspace, or the name of the file or episode that it came from."""
    reason: str
    """What is wrong with it."""

    @classmethod
    def of(cls, folder: Path, path: Path, error: object) -> Self:
        """Name a file as its folder does, and leave its name out of the reason."""
        return cls(path.relative_to(folder).as_posix(), str(error).removeprefix(f"{path}: "))
