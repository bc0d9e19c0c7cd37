"""This program writes the tables of the documents from the one table of figures.

    python -m benchmarks.figures            # says whether documents and table agree; exit code 1
    python -m benchmarks.figures --write    # brings the documents up to date

`results/figures.toml` is the table. A document holds a table of a group between the comments
`<!-- figures: GROUP -->` and `<!-- end of figures -->` (group `readme`: those that stand in the
README; group `kills`: the table of `benchmarks.kills`), and a single value in a sentence between
`<!-- figure: ID -->` and `<!-- end -->`. A figure's `note`, a sentence, stands below each table
that shows the figure, once for all figures with the same.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from benchmarks.figure import GROUPS, RESULTS, Figure, read_figures
from benchmarks.kill_table import KILLS
from benchmarks.rows import read_rows
from sidestick.sim_envs.errors import UnknownName

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")))
"""Every page that a reader is shown; `benchmarks/README.md` is a log and claims nothing."""
TABLE = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end of figures -->)", re.S)
VALUE = re.compile(r"(<!-- figure: ([\w-]+) -->).*?(<!-- end -->)", re.S)


@dataclass(frozen=True)
class Options:
    """What to do."""

    write: bool = False
    """Write the documents; else only say which are not up to date."""


def generated(text: str, figures: Sequence[Figure]) -> str:
    """A document's text with its tables and values as the figures have them."""
    by_id = {figure.id: figure for figure in figures}

    def table(match: re.Match[str]) -> str:
        return match[1] + _table(match[2], figures) + match[3]

    def value(match: re.Match[str]) -> str:
        if match[2] not in by_id:
            raise UnknownName("figure", match[2], by_id)
        return match[1] + by_id[match[2]].measured + match[3]

    return VALUE.sub(value, TABLE.sub(table, text))


def _table(group: str, figures: Sequence[Figure]) -> str:
    if group == "readme":
        return _short([figure for figure in figures if figure.readme])
    if group == "kills":
        lines = read_rows(RESULTS / KILLS)
        return _markdown(tuple(lines[0]), [tuple(line.values()) for line in lines])
    if group not in GROUPS:
        raise UnknownName("group of figures", group, GROUPS)
    return _long([figure for figure in figures if figure.group == group])


def _short(figures: Sequence[Figure]) -> str:
    rows = [
        (what, f.measured, f.n, f.interval, f.seeds, f"`{f.command}`")
        for what, f in zip(_marked(figures), figures, strict=True)
    ]
    names = ("what", "measured", "n", "95 %", "seeds", "command")
    return _markdown(names, rows) + _footnotes(figures)


def _long(figures: Sequence[Figure]) -> str:
    names = ("what", "measured", "n", "95 %", "seeds", "demonstrations", "repeats differ in")
    rows = [
        (
            *(what, f.measured, f.n, f.interval, f.seeds, f.demonstrations, f.repeats),
            *(f"{f.cpu}; {f.date}", f"`{f.command}`"),
        )
        for what, f in zip(_marked(figures), figures, strict=True)
    ]
    return _markdown((*names, "CPU; date", "command"), rows) + _footnotes(figures)


def _notes(figures: Sequence[Figure]) -> list[str]:
    """The notes of a table, each once, in the order of its rows."""
    return list(dict.fromkeys(figure.note for figure in figures if figure.note))


def _marked(figures: Sequence[Figure]) -> list[str]:
    """What each figure is of, with the number of its note."""
    notes = _notes(figures)
    marks = (f"<sup>{notes.index(f.note) + 1}</sup>" if f.note else "" for f in figures)
    return [f.what + mark for f, mark in zip(figures, marks, strict=True)]


def _footnotes(figures: Sequence[Figure]) -> str:
    """The notes below a table; empty without any."""
    lines = enumerate(_notes(figures), 1)
    return "".join(f"\n<sup>{number}</sup> {note}\n" for number, note in lines)


def _markdown(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Compare or write; the exit code is 1 where something differs and was not written."""
    options = tyro.cli(Options, description=__doc__)
    figures, stale = read_figures(), []
    for name in DOCUMENTS:
        path = ROOT / name
        text = path.read_text()
        new = generated(text, figures)
        if new != text:
            stale.append(name)
        if options.write:
            path.write_text(new)
    verb = "written" if options.write else "not up to date: python -m benchmarks.figures --write"
    print(f"{', '.join(stale)}: {verb}" if stale else "all documents are up to date")
    sys.exit(bool(stale) and not options.write)


if __name__ == "__main__":
    main()
