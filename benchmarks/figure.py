"""A `Figure` is one measured thing with all that a reader needs to check it.

`results/figures.toml` holds them. Counts of success come from the raw rows of a benchmark where
the entry names them; everything else is copied from a benchmark's output by hand.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from benchmarks.clustered_rate import clustered_interval
from benchmarks.rows import read_rows
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.session.attention_model import ATTENTION

RESULTS = Path(__file__).parent / "results"
COST = "{cost}"
"""In the text of an entry: what its data cost the operator, from the raw rows."""
GROUPS = ("final", "validation", "evidence", "speed", "scale", "reliability")


@dataclass(frozen=True)
class Figure:
    """A line of the documents' tables; every value is text as it is shown."""

    id: str
    group: str
    what: str
    measured: str
    n: str
    """How many of what it was measured on."""
    interval: str
    """95 % interval; `none` where there is nothing to estimate, such as a largest value."""
    seeds: str
    demonstrations: str
    repeats: str
    """What differs between repeats."""
    cpu: str
    date: str
    command: str
    readme: bool = False
    """Whether it stands in the README too."""
    note: str = ""
    """What must be read beside it, in a sentence; empty for nothing."""

    def __post_init__(self) -> None:
        if self.group not in GROUPS:
            raise BadValue(f"group of figure {self.id}", f"one of {', '.join(GROUPS)}", self.group)
        needed = [f.name for f in fields(self) if f.default is MISSING]
        empty = [name for name in needed if getattr(self, name) == ""]
        if empty:
            raise BadValue(f"figure {self.id}", "a value for each key", f"none for {empty}")


def read_figures(results: Path = RESULTS) -> list[Figure]:
    """All figures, in the order of `figures.toml`; BadValue for an entry that is not complete."""
    found = tomllib.loads((results / "figures.toml").read_text())
    figures = [_figure(entry, found["defaults"], results) for entry in found["figure"]]
    ids = [figure.id for figure in figures]
    if len(set(ids)) != len(ids):
        raise BadValue("figures", "an id of its own for each", sorted(ids))
    return figures


def _figure(
    entry: Mapping[str, Any], defaults: Mapping[str, Mapping[str, Any]], results: Path
) -> Figure:
    values = {**defaults.get(entry["group"], {}), **entry}
    source = values.pop("rows", None)
    if source is not None:
        values = {**values, **_of_rows(source, values, results)}
    try:
        return Figure(**values)
    except TypeError as error:
        raise BadValue(f"figure {entry['id']}", "the keys of a figure", str(error)) from None


def _of_rows(source: Mapping[str, Any], values: Mapping[str, Any], results: Path) -> dict[str, str]:
    """What raw rows say of a figure: counts by training seed, interval, seeds, CPU and date."""
    where = {key: value for key, value in source.items() if key != "file"}
    rows = [
        row
        for row in read_rows(results / source["file"])
        if all(row.get(key) == value for key, value in where.items())
    ]
    if not rows:
        raise BadValue(f"rows of figure {values['id']}", f"some in {source['file']}", where)
    what = values["what"].replace(COST, _cost(rows)) if COST in values["what"] else values["what"]
    return {"what": what, **_counts(rows), **_circumstances(rows, values)}


def _cost(rows: Sequence[Mapping[str, Any]]) -> str:
    """What the data cost the operator by training seed, least to most: driven, watched, attended.

    Rows of before attention was modelled say how many episodes the operator was there for.
    """
    spent: dict[str, list[float]] = {"driven": [], "watched": [], "attended": []}
    for row in rows:
        driven, watched = row["driven_s"], row.get("watched_s", 0.0)
        there = row["data"] if "data" in row else row["demonstrations"]
        modelled = ATTENTION.attended_s(driven, watched, there, there, 0)
        for name, value in zip(
            spent, (driven, watched, row.get("attended_s", modelled)), strict=True
        ):
            spent[name].append(value)
    ends = {name: (f"{min(found):.0f}", f"{max(found):.0f}") for name, found in spent.items()}
    ranges = {name: f"{'-'.join(dict.fromkeys(ends[name]))} s {name}" for name in spent}
    return ", ".join(text for name, text in ranges.items() if max(spent[name]) > 0)


def _counts(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    ordered = sorted(rows, key=lambda row: int(row.get("training_seed", row.get("seed", 0))))
    won = [int(row["successes"]) for row in ordered]
    driven = [int(row["episodes"]) for row in ordered]
    low, high = clustered_interval(won, driven)
    return {
        "measured": f"{', '.join(map(str, won))} of {driven[0]}",
        "n": f"{len(won)} x {driven[0]}" if len(won) > 1 else str(driven[0]),
        "interval": f"{100 * low:.0f}-{100 * high:.0f} %",
    }


def _circumstances(rows: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, str]:
    """Seeds, CPU and date, where the rows hold them; else as the entry says."""
    found: dict[str, str] = {}
    if all("seeds" in row for row in rows):
        first, stop = rows[0]["seeds"]
        release = rows[0].get("release")
        name = f"release {release}" if release else "validation"
        found["seeds"] = f"{name}: {first}-{stop - 1}"
    for key in ("cpu", "date"):
        if all(key in row for row in rows):
            found[key] = ", ".join(dict.fromkeys(str(row[key]) for row in rows))
    return found
