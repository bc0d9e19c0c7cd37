"""The documents cite files that are there."""

import importlib.util
import re
from dataclasses import is_dataclass
from pathlib import Path
from typing import get_type_hints

import pytest

from sidestick.teleop.cli.command_words import options_of as options_on_line
from sidestick.teleop.cli.earlier_names import present_words
from sidestick.teleop.cli.everywhere import with_everywhere
from sidestick.teleop.cli.verbs import VERBS

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "benchmarks" / "README.md", *(ROOT / "docs").rglob("*.md")]
CITED = re.compile(r"(?<![\w.])((?:[\w-]+/)*[\w-]+\.(?:py|md|jsonl?|png|toml|txt|xml|yml|cfg))\b")
WRITTEN_BY_USERS = {
    "config.json",
    "gate.json",
    "gate_pairs.json",
    "set-aside.json",
    "metrics.jsonl",
    "options.toml",
    "bindings.toml",
    "pads.txt",
    "gamecontrollerdb.txt",
    "ladder.png",
}
"""Files that the product or its user writes, named as such."""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_cited_file_exists(document: Path) -> None:
    """A file is cited by its path from the root, from the document, or by the end of its path."""
    folders = ("sim_envs", "datasets", "policies", "teleop", "tests", "benchmarks", "docs")
    paths = [p.relative_to(ROOT).as_posix() for f in folders for p in (ROOT / f).rglob("*.*")]
    missing = [
        cited
        for cited in CITED.findall(document.read_text())
        if cited not in WRITTEN_BY_USERS
        and not (ROOT / cited).exists()
        and not (document.parent / cited).exists()
        and not any(path.endswith(f"/{cited}") for path in paths)
    ]
    assert not missing


def test_the_architecture_names_every_folder_with_code() -> None:
    """A newcomer finds each inner room in the one page about them."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    for room in ("sim_envs", "datasets", "policies", "teleop"):
        for folder in {path.parent for path in (ROOT / room).rglob("*.py")}:
            if folder.name not in ("assets", "weights", "screen"):
                assert f"{folder.name}/" in page, folder


@pytest.mark.parametrize("room", ["sim_envs", "datasets", "policies", "teleop", "benchmarks"])
def test_nothing_is_installed_by_a_name_on_an_index(room: str) -> None:
    """Sidestick is installed from its checkout: another package may have its name elsewhere."""
    promised = re.compile(r"pip install [^\n]*\bsidestick\b|\bsidestick\[")
    files = [*(ROOT / room).rglob("*.py"), *DOCUMENTS]
    assert not [path for path in files if promised.search(path.read_text())]


COMMAND = re.compile(r"\bsidestick ([a-z]+(?:-[a-z]+)*)((?: [^`\n|#;&]*)?)")
OPTION = re.compile(r"(?<!\S)--([a-z][a-z-]*)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_in_documents_are_ones_that_there_are(document: Path) -> None:
    """Verbs with their options, programs of the benchmarks, and targets of the Makefile."""
    text = document.read_text()
    for verb, rest in COMMAND.findall(text):
        assert verb in VERBS, f"sidestick {verb}"
        known = options_of(VERBS[verb])
        assert not [option for option in OPTION.findall(rest) if option not in known], verb + rest
    for module in re.findall(r"python -m (benchmarks\.\w+)", text):
        assert importlib.util.find_spec(module), module
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
    assert set(re.findall(r"`make ([a-z-]+)`", text)) <= set(targets)


def options_of(kind: type) -> set[str]:
    """The options of a verb as they are written, with those of classes of options in it."""
    found = {"help", "from", "config", "quiet", "verbose"}
    for name, hint in get_type_hints(kind).items():
        if is_dataclass(hint):
            found |= options_of(hint)
        found |= {name.replace("_", "-"), f"no-{name.replace('_', '-')}"}
    return found


def test_documents_show_options_by_their_present_names() -> None:
    """A command that is shown runs without a warning of earlier names."""
    for path in DOCUMENTS:
        for verb, rest in COMMAND.findall(path.read_text()):
            options, words = options_on_line(with_everywhere(VERBS[verb])), rest.split()
            assert present_words(verb, options, words) == words, f"{path}: sidestick {verb}{rest}"
