"""These tests put any text through what writes it: terminal, HTML, SVG, TOML, SQL, file names."""

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rich.table import Table

from sidestick.datasets.config import WorkspaceConfig, read_config, write_config
from sidestick.datasets.database import Database, EventEntry, EventKind
from sidestick.datasets.files.names import MOST, episode_name, shown
from sidestick.datasets.files.plain_text import plain_text, valid_json
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.cli import console
from sidestick.teleop.report.figure_style import panel, to_svg
from sidestick.teleop.report.page import environment

AWKWARD = (
    "\x1b\x07\x00\x9b\x7f\r\n\t\u202e\u2066\ufeff\ud800\udcff<>&\"'`[]/\\{}%$:;#=-._ ~\u2028ab1"
)
TEXTS = st.text(st.sampled_from(AWKWARD), max_size=25) | st.text(max_size=25)
UNICODE = TEXTS.filter(lambda text: not re.search("[\ud800-\udfff]", text))
DANGEROUS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What a terminal obeys, or what no encoding takes."""


@given(TEXTS)
def test_plain_text_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    """What can be read stays, and a second time changes nothing."""
    plain = plain_text(text)
    assert not DANGEROUS.search(plain)
    assert plain_text(plain) == plain
    plain.encode()
    assert [c for c in text if c.isalnum()] == [c for c in text if c.isalnum() and c in plain]


@given(TEXTS, TEXTS)
@example("[/x]", "[link=x]")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_everything_that_is_printed_is_plain(
    monkeypatch: pytest.MonkeyPatch, one: str, other: str
) -> None:
    """Lines, errors, and the cells, heads, titles and captions of tables."""
    stream = io.StringIO()
    monkeypatch.setattr(console.PEOPLE, "_file", stream)
    console.say(one)
    console.complain(other)
    table = Table(one, title=other, caption=one)
    table.add_row(other)
    console.PEOPLE.print(table)
    assert not DANGEROUS.search(stream.getvalue())


@given(TEXTS)
@example("\ud800\udcff")
def test_a_json_document_holds_what_it_was_given(text: str) -> None:
    document = valid_json(json.dumps({text: [text]}, ensure_ascii=False))
    document.encode()
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    assert json.loads(document) == {joined: [joined]}  # two halves side by side are a character


class Found(HTMLParser):
    """The tags and texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.title = self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.title = dict(attrs).get("title") or self.title

    def handle_data(self, data: str) -> None:
        self.text += data


@given(UNICODE.filter(lambda text: "\r" not in text and "\0" not in text))
@example("<script>alert(1)</script>")
@example('" onload="x')
def test_html_shows_a_text_and_makes_no_tag_of_it(text: str) -> None:
    template = environment().from_string('<p title="{{ text }}">{{ text }}</p>')
    found = Found()
    found.feed(template.render(text=text))
    found.close()
    assert (found.tags, found.text, found.title) == (["p"], text, text)


@given(UNICODE)
@example("$x^{$")
@example("片付け\x1b")
@example("$\\nothing$ <script>")
@settings(max_examples=6)
def test_a_figure_shows_a_text_and_takes_it_for_no_formula(text: str) -> None:
    with panel(2.0) as (figure, axes):
        axes.set_title(text)
        axes.set_xticks([0], [text])
        svg = to_svg(figure, "name", text)
    root = ElementTree.fromstring(str(svg))
    assert not [item for item in root.iter() if "script" in str(item.tag).lower()]


@given(st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS, max_size=2), max_size=3), TEXTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_workspace_file_is_read_back_as_it_was_written(
    tmp_path: Path, kwargs: dict[str, str], task: str
) -> None:
    """Or it is refused, and the file that was there is kept."""
    path = tmp_path / "workspace.toml"
    write_config(path, WorkspaceConfig("before"))
    config = WorkspaceConfig(task, env_kwargs=kwargs)
    try:
        write_config(path, config)
    except BadValue:
        config = WorkspaceConfig("before")
    assert read_config(path) == config


@given(UNICODE, UNICODE)
@example("'; DROP TABLE events; --", "x")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_a_database_keeps_any_text(tmp_path: Path, key: str, text: str) -> None:
    database = Database(tmp_path / "sidestick.db")
    database.add_event(EventEntry(EventKind.SWAP, {f"x{key}": text}))
    assert database.events(EventKind.SWAP)[-1].payload == {f"x{key}": text}


@given(TEXTS | st.from_regex(r"[A-Za-z0-9._/-]{1,120}"))
@example("..")
@example("con.hdf5")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_id_names_a_file_in_its_folder(tmp_path: Path, text: str) -> None:
    """Or it is refused."""
    try:
        name = episode_name(text)
    except BadValue:
        return
    assert (tmp_path / f"{name}.hdf5").resolve().parent == tmp_path.resolve()
    assert name == text
    assert len(name) <= MOST
    assert not name.startswith((".", "-"))
    (tmp_path / f"{name}.hdf5").touch()


@given(st.recursive(TEXTS | st.integers() | st.floats(), st.lists))
def test_a_value_in_a_message_is_short_and_plain(value: object) -> None:
    text = shown(value)
    assert text.isascii()
    assert text.isprintable()
    assert len(text) < 70
