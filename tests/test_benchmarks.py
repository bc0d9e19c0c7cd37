"""A figure's command can be given: every program in benchmarks/ loads."""

from importlib import import_module
from pathlib import Path

import pytest

import benchmarks

FOUND = {path.stem for path in Path(benchmarks.__path__[0]).glob("[!_]*.py")}
PROGRAMS = sorted(name for name in FOUND if not name.startswith("peer_"))
"""All but those that run with another tool's packages, in an environment of their own."""


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_finds_what_it_imports(name: str) -> None:
    """A piece of the project that moves takes its benchmarks along."""
    import_module(f"benchmarks.{name}")
