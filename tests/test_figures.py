"""The documents quote the one table of figures, and each figure can be checked by a reader."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks.clustered_rate import clustered_interval
from benchmarks.figure import read_figures
from benchmarks.figures import DOCUMENTS, ROOT, generated
from sidestick.datasets.tables.wilson import wilson
from sidestick.sim_envs.errors import BadValue, UnknownName

GENERATED = re.compile(
    r"<!-- (?:figures?|evidence|help|kills): .*?<!-- end(?: of [a-z]+)? -->", re.S
)
COUNTS = re.compile(r"\d+ of \d{2,}|\d+/\d{2,}(?!\d*\.)|\d+(?:\.\d+)? %(?! (?:interval|error))")
"""What a measured figure looks like in a sentence: `97 of 100`, `29/30`, `83 %`."""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_as_the_table_says(name: str) -> None:
    """A figure that was changed by hand in a document, or only in the table, is found."""
    text = (ROOT / name).read_text()
    assert generated(text, read_figures()) == text, "run python -m benchmarks.figures --write"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_figure_is_written_by_hand(name: str) -> None:
    """Outside of what is generated, the documents quote no rate."""
    assert not COUNTS.findall(GENERATED.sub("", (ROOT / name).read_text()))


def test_what_compares_ways_of_teaching_says_driven_and_attended() -> None:
    """A way that is cheap in driving may be dear in attention; both stand beside the success."""
    effort = re.compile(r"\bdriven|driving|attended|reviewed|unattended|corrections,|rounds")
    told = [f for f in read_figures() if f.group in ("final", "validation")]
    found = [f.id for f in told if effort.search(f.what)]
    assert len(found) > 15
    for figure in told:
        if effort.search(figure.what):
            assert re.search(r"\d s driven|minutes driven", figure.what), figure.id
            assert re.search(r"\d s attended|\d attended", figure.what), figure.id


def test_costs_come_from_the_rows() -> None:
    """Driving, watching where there was any, and attention, least to most over training seeds."""
    texts = {figure.id: figure.what for figure in read_figures()}
    cost = "65-67 s driven, 150-152 s attended"  # 10 demonstrations of 8.5 s beside the driving
    assert texts["validation-corrections-0"].endswith(f"10 demonstrations alone ({cost})")
    assert (
        "82-124 s driven, 120-134 s watched, 482-530 s attended"
        in texts["validation-corrections-1"]
    )
    assert "{" not in "".join(texts.values())


def test_every_command_names_a_program_that_is_there() -> None:
    """A benchmark's module, or a verb."""
    for figure in read_figures():
        found = re.match(r"(?:sudo )?python (?:-m )?([\w./]+)", figure.command)
        if found is None:
            assert figure.command.startswith(("sidestick ", "make ")), figure.command
        elif found[1].endswith(".py"):
            assert (ROOT / found[1]).exists()
        else:
            assert importlib.util.find_spec(found[1])


def test_final_figures_come_from_seeds_of_a_release() -> None:
    """No figure of the final group was measured where something was chosen."""
    for figure in read_figures():
        assert figure.group != "final" or figure.seeds.startswith("release "), figure.id


def test_unknown_and_incomplete_figures_are_named(tmp_path: Path) -> None:
    """A document that asks for a figure that is not there, and an entry without its command."""
    with pytest.raises(UnknownName, match="nowhere"):
        generated("<!-- figure: nowhere -->1<!-- end -->", read_figures())
    entry = "[defaults]\n[[figure]]\nid = 'a'\ngroup = 'speed'\nwhat = 'b'\nmeasured = '1'\n"
    (tmp_path / "figures.toml").write_text(entry)
    with pytest.raises(BadValue, match="command"):
        read_figures(tmp_path)


def test_a_changed_row_changes_the_text() -> None:
    """Counts come from the raw rows: the table of the documents follows them."""
    figures = read_figures()
    text = "so <!-- figure: validation-shelf-10 -->1 of 2<!-- end -->, and so on"
    assert "68, 69, 70 of 100" in generated(text, figures)


def test_a_note_stands_below_each_table_that_shows_its_figure(tmp_path: Path) -> None:
    """Once for all rows with the same note; a row without one has no mark, and needs none."""
    entry = """
[[figure]]
id = "{id}"
group = "speed"
what = "{id}"
readme = {readme}
{note}
"""
    shown = [("a", "true", "Held is learnt."), ("b", "false", ""), ("c", "true", "Held is learnt.")]
    shown.append(("d", "true", "Held is written."))
    rest = ("measured", "n", "interval", "seeds", "demonstrations", "repeats", "cpu", "date")
    defaults = "".join(f'{key} = "1"\n' for key in (*rest, "command"))
    text = f"[defaults.speed]\n{defaults}" + "".join(
        entry.format(id=id_, readme=readme, note=f'note = "{note}"' if note else "")
        for id_, readme, note in shown
    )
    (tmp_path / "figures.toml").write_text(text)
    figures = read_figures(tmp_path)
    marked = ["a<sup>1</sup>", "b", "c<sup>1</sup>", "d<sup>2</sup>"]
    for group, rows in (("speed", marked), ("readme", [row for row in marked if row != "b"])):
        table = generated(f"<!-- figures: {group} -->\n<!-- end of figures -->", figures)
        lines, end = table.splitlines(), 3 + len(rows)
        assert [line.split(" | ")[0] for line in lines[3:end]] == [f"| {row}" for row in rows]
        below = ["", "<sup>1</sup> Held is learnt.", "", "<sup>2</sup> Held is written."]
        assert lines[end:-1] == below
        assert generated(table, figures) == table


def test_an_interval_over_trainings_is_wider_than_one_over_episodes() -> None:
    """One policy: close to Wilson's. Several: wider, the more the policies differ."""
    low, high = clustered_interval([80], [100])
    assert (low, high) == pytest.approx(wilson(80, 100), abs=0.02)
    alike, apart = (
        clustered_interval([80, 80, 80], [100] * 3),
        clustered_interval([70, 80, 90], [100] * 3),
    )
    assert apart[0] < alike[0] < wilson(240, 300)[0]
    assert apart[1] > alike[1] > wilson(240, 300)[1]
    assert clustered_interval([100] * 3, [100] * 3)[1] == 1
    assert clustered_interval([0, 0], [50, 50])[0] == 0
    with pytest.raises(BadValue):
        clustered_interval([3], [2])


def test_an_interval_over_trainings_covers_new_trainings() -> None:
    """Simulated: policies whose own rates differ; the interval holds their mean in 95 %."""
    rng = np.random.default_rng(0)
    mean, held, runs = 0.85, 0, 2_000
    for _ in range(runs):
        rates = rng.beta(mean * 20, (1 - mean) * 20, 3)
        low, high = clustered_interval(rng.binomial(100, rates).tolist(), [100] * 3)
        held += low <= mean <= high
    assert held / runs > 0.93
