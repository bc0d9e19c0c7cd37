"""These tests print texts of strangers: they reach people as text, whatever they hold."""

import io
import json
import logging
import re
import threading
import time

import pytest
from rich.console import Console
from rich.table import Table

from sidestick.datasets.files.plain_text import plain_text
from sidestick.policies.base.shown_progress import ShownProgress, counting, uncounted
from sidestick.teleop.cli import console
from sidestick.teleop.cli.console import PlainFormatter, complain, print_json, progress, say

HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J",
    "\x9b31m",
    "a\rb\x08\x7f",
    "\u202etxt.exe\u2066",
    "half \udcff",
    "[/x] [red]no[/red] [link=file:///x]y[/link]",
    ":skull: \\[bold]",
)


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is printed for people."""
    stream = io.StringIO()
    monkeypatch.setattr(console.PEOPLE, "_file", stream)
    return stream


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_shown_and_do_nothing(printed: io.StringIO, text: str) -> None:
    """In a line, an error, a table's cells, head and title, and beside a progress bar."""
    say(text)
    complain(text)
    table = Table(text, title=text)
    table.add_row(text)
    console.PEOPLE.print(table)
    with progress("importing [/x]", 1) as tick:
        tick(text)
    shown = printed.getvalue()
    assert not set(shown) & set("\x1b\x9b\x07\x08\x7f\r\u202e\u2066\udcff")
    assert plain_text(text).replace("\n", "") in shown.replace("\n", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_logs_and_json_hold_text(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Warnings are plain; a JSON document can be encoded and holds what it was given."""
    record = logging.LogRecord("x", logging.WARNING, "", 1, "skipped %s", (text,), None)
    assert PlainFormatter("%(message)s").format(record) == f"skipped {plain_text(text)}"
    print_json({"name": text})
    document = capsys.readouterr().out
    document.encode()
    assert json.loads(document) == {"name": text}


def test_what_can_be_read_stays() -> None:
    """Letters, signs, tabulators and ends of lines of all scripts."""
    text = "wörk späce\t片付け\n🙂 café"
    assert plain_text(text) == text


def test_what_takes_long_is_told_in_lines_where_there_is_no_screen() -> None:
    """A file gets the bar as lines, each with the time left; none after the end."""
    stream = io.StringIO()
    console = Console(file=stream, width=100)
    shown = ShownProgress(*counting(), console=console, pauses_s=(0.001,))
    task = shown.add_task("generated", total=4)
    with shown:
        shown.update(task, completed=3)
        while "3/4" not in stream.getvalue():
            time.sleep(0.001)
    assert re.search(r"generated .* 3/4 .*time left", stream.getvalue())
    assert line_printers() == []


@pytest.mark.parametrize(("terminal", "lines"), [("xterm", 0), ("dumb", 1)])
def test_only_a_terminal_that_cannot_move_text_gets_lines(
    monkeypatch: pytest.MonkeyPatch, terminal: str, lines: int
) -> None:
    """On any other the bar itself moves."""
    monkeypatch.setenv("TERM", terminal)
    shown = ShownProgress(*uncounted(), console=Console(file=io.StringIO(), force_terminal=True))
    with shown:
        assert len(line_printers()) == lines


def line_printers() -> list[str]:
    """The threads that print lines."""
    return [one.name for one in threading.enumerate() if "_print_lines" in one.name]
