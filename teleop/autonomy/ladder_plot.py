"""`plot_ladder` draws a ladder: the earned level, every episode, and the bound for the next level.

`sidestick ladder --out` calls it with the name of the file to write.
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ...datasets.files.durable import replace_file
from ...datasets.files.plain_text import plain_text
from ...datasets.step import Level
from ...sim_envs.errors import BadValue
from ..session.levels import name
from .episode_evidence import EpisodeEvidence
from .ladder import ChangeReason, Ladder, LevelChange

SIZE_IN = (9.0, 6.0)
DPI = 130
FORMATS = (".png", ".pdf", ".svg")
LOOKS = {True: ("o", "#2a7f62"), False: ("x", "#c0392b")}
EARNED, BOUND, BAR = "#34495e", "#2a6fa8", "#8e6c1f"


class EvidencePoint(NamedTuple):
    """One episode, with the earned level and its bounds after it."""

    trial: EpisodeEvidence
    earned: Level
    bound: float
    """Lower bound of the rate of clean episodes at the earned level, valid at every look."""
    bar: float
    """Rate that the next level needs; NaN at the top, and where something else is needed."""


def plot_ladder(ladder: Ladder, path: Path) -> None:
    """Draw the ladder into a file; the format follows from its name."""
    if path.suffix.lower() not in FORMATS:
        raise BadValue("--out", f"a name that ends in {', '.join(FORMATS)}", path.name)
    figure = Figure(SIZE_IN, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    points = list(_points(ladder))
    _draw_levels(above, points)
    _draw_changes(above, ladder)
    _draw_bounds(below, points)
    title = f"{ladder.task}, policy {ladder.policy or 'none'}: {name(ladder.level)}"
    above.set_title(plain_text(title), parse_math=False)
    picture = io.BytesIO()
    figure.savefig(picture, format=path.suffix[1:].lower())
    replace_file(path, picture.getvalue())


def _points(ladder: Ladder) -> Iterator[EvidencePoint]:
    """Yield a point for each of the policy's episodes, once its changes were made."""
    entries = [entry for entry in ladder.entries if entry.policy == ladder.policy]
    for i, entry in enumerate(entries):
        if isinstance(entry, EpisodeEvidence):
            end = i + 1
            while end < len(entries) and isinstance(entries[end], LevelChange):
                end += 1
            then = replace(ladder, entries=entries[:end])
            standing = then.standing(then.level)
            bar = float("nan") if standing.bar is None else standing.bar
            yield EvidencePoint(entry, then.level, standing.lower, bar)


def _draw_levels(axes: Axes, points: list[EvidencePoint]) -> None:
    numbers = range(1, len(points) + 1)
    axes.step(numbers, [p.earned for p in points], where="mid", color=EARNED, label="earned")
    for clean, (mark, colour) in LOOKS.items():
        chosen = [(i, p.trial.level) for i, p in enumerate(points, 1) if p.trial.clean is clean]
        label = "clean episode" if clean else "not clean"
        xs, ys = [i for i, _ in chosen], [level for _, level in chosen]
        axes.plot(xs, ys, mark, color=colour, label=label, markersize=5)
    axes.set_yticks(list(Level), [name(level) for level in Level])
    axes.set_ylim(-0.5, len(Level) - 0.2)
    axes.legend(loc="lower right", frameon=False)
    axes.grid(axis="y", alpha=0.2)


def _draw_changes(axes: Axes, ladder: Ladder) -> None:
    """Draw a line wherever a level was lost or overridden."""
    number = 0
    for entry in ladder.entries:
        if entry.policy != ladder.policy:
            continue
        if isinstance(entry, EpisodeEvidence):
            number += 1
        elif entry.why in (ChangeReason.DEMOTED, ChangeReason.OVERRIDE):
            axes.axvline(number + 0.5, color=LOOKS[False][1], linestyle=":", linewidth=1)
            place = (number + 0.6, len(Level) - 0.3)
            axes.annotate(entry.why.value, place, fontsize=8, rotation=90, va="top")


def _draw_bounds(axes: Axes, points: list[EvidencePoint]) -> None:
    numbers = range(1, len(points) + 1)
    axes.plot(
        numbers, [p.bound for p in points], color=BOUND, label="lower bound, holds at every look"
    )
    bars = [p.bar for p in points]
    axes.step(numbers, bars, where="mid", color=BAR, linestyle="--", label="needed for the next")
    axes.set_ylim(0, 1)
    axes.set_ylabel("share of clean episodes")
    axes.set_xlabel("episode")
    axes.legend(loc="lower right", frameon=False)
