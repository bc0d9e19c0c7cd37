"""Every verb's help can be read: whole words, whole paragraphs, and nothing that says None."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest

from sidestick.teleop.cli.help_lines import wrapped
from sidestick.teleop.cli.main import main
from sidestick.teleop.cli.verbs import VERBS

SIDES, TWO_COLUMNS = re.compile("^│(.*)│$"), re.compile(r"^( +\S.*?  +)\S")


def boxes(text: str) -> Iterator[list[str]]:
    """The lines in each box of a help, without its sides."""
    found: list[str] = []
    for line in text.splitlines():
        if inside := SIDES.match(line):
            found.append(inside[1])
        elif found:
            yield found
            found = []


def broken(box: list[str]) -> list[str]:
    """Lines of texts that end early: the first word of the next one had room there."""
    starts = Counter(found.end() - 1 for line in box if (found := TWO_COLUMNS.match(line)))
    if not starts:
        return []
    ((at, _),) = starts.most_common(1)
    room = len(box[0]) - 1
    return [
        line
        for line, below in pairwise(box)
        if not below[:at].strip() and below.strip() and line[at - 1] == " " and line[at:].strip()
        if len(line.rstrip()) + 1 + len(below.split()[0]) <= room
    ]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("verb", ["", *VERBS])
def test_no_help_is_garbled(
    verb: str, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines end where they are full, and none is longer than the terminal is wide."""
    monkeypatch.setenv("COLUMNS", str(width))
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"] if verb else ["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert len(told.splitlines()) > 5
    assert [line for line in told.splitlines() if len(line) > width] == []
    found = list(boxes(told))
    assert found
    assert [line for box in found for line in broken(box)] == []
    assert "None" not in told


def test_a_broken_text_is_found() -> None:
    """As tyro shows a docstring of two lines."""
    texts = " --from ID  The episodes to", "            repeat, if", "            any."
    box = [text.ljust(29) for text in texts]
    assert broken(box) == box[1:2]
    assert broken([box[0], " --why STR  Kept.".ljust(29)]) == []


def test_lines_are_wrapped_at_spaces() -> None:
    """Colours take no room, and a word that is too long stays whole."""
    assert list(wrapped("to be or not", 5)) == ["to be", "or", "not"]
    assert list(wrapped("\x1b[1mto\x1b[0m be", 5)) == ["\x1b[1mto\x1b[0m be"]
    assert list(wrapped("nevertheless so", 5)) == ["nevertheless", "so"]
