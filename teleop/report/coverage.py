"""These functions draw what the dataset covers: places, motion, novelty, last stages, judgements.

`page.figures` calls them with `StepStatistics`, episodes and judgements; each gives an SVG.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ...datasets.step import Driver
from ..session.driver_styles import DRIVER_STYLES
from .bar_charts import AXIS_HEIGHT_IN, ROUND_STEPS, ROW_HEIGHT_IN
from .figure_style import INK, MUTED, POLICY, panel, to_svg
from .recorded_events import JudgementSummary
from .records import EpisodeRow
from .step_statistics import StepStatistics

LINES = {Driver.HUMAN: "-", Driver.POLICY: "--", Driver.BLEND: ":"}
"""Line style of each driver, for readers who see no colours."""
CM = 100.0


def draw_coverage(statistics: StepStatistics) -> Markup:
    """Draw where episodes began, and first grasps: circles where solved, crosses where failed."""
    with panel(height_in=3.6) as (figure, axes):
        start = np.median(statistics.starts_m, axis=0) * CM
        spread = statistics.starts_m * CM
        axes.plot(
            spread[:, 1], spread[:, 0], ".", color=MUTED, ms=3, label="end effector at the start"
        )
        for solved, marker, colour, label in (
            (True, "o", POLICY, "first grasp, solved"),
            (False, "x", "#d55e00", "first grasp, failed"),
        ):
            places = statistics.grasps_m[statistics.solved == solved] * CM
            places = places[np.isfinite(places).all(axis=1)]
            axes.plot(
                places[:, 1], places[:, 0], marker, color=colour, ms=5, mfc="none", label=label
            )
        axes.set_aspect("equal", adjustable="datalim")
        axes.set_xlabel("left of the base, cm")
        axes.set_ylabel("ahead of the base, cm")
        axes.set_title("Start positions and first grasps")
        figure.legend(loc="outside lower left", ncols=1)
        spoken = (
            f"end effector begins near {start[0]:.0f} cm ahead; {len(statistics.solved)} episodes"
        )
        return to_svg(figure, "coverage", f"Coverage of start positions: {spoken}")


def draw_distribution(
    counts: Mapping[Driver, NDArray[np.int64]], name: str, title: str, axis: str
) -> Markup:
    """Draw each driver's histogram of `counts` as shares: steps in B equal bins of [0, 1], [B]."""
    with panel(height_in=2.9) as (figure, axes):
        for driver, bins in counts.items():
            style = DRIVER_STYLES[driver]
            edges = np.linspace(0, 1, len(bins) + 1)
            shares = bins / max(bins.sum(), 1)
            label = f"{style.name}, {int(bins.sum()):,} steps"
            axes.stairs(shares, edges, color=style.hex, lw=2, linestyle=LINES[driver], label=label)
        names = [DRIVER_STYLES[driver].name for driver in counts]
        axes.set_xlabel(axis)
        axes.set_ylabel("share of the steps")
        axes.set_xlim(0, 1)
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
        axes.set_title(title)
        figure.legend(loc="outside lower left", ncols=1)
        return to_svg(figure, name, f"{title}, by who drove: {', '.join(names)}")


def draw_last_stages(statistics: StepStatistics, stages: Sequence[str]) -> Markup:
    """Draw how many recorded episodes failed, by last stage and kind of episode."""
    kinds = list(statistics.died)
    hatches = dict(zip(kinds, ("", "////", "...."), strict=False))
    greys = dict(zip(kinds, ("#444444", "#d55e00", "#009e73"), strict=False))
    known = [stage for stage in stages if any(statistics.died[kind].get(stage) for kind in kinds)]
    with panel(AXIS_HEIGHT_IN + 0.3 + ROW_HEIGHT_IN * max(len(known), 1)) as (figure, axes):
        left = np.zeros(len(known))
        for kind in kinds:
            widths = np.array([statistics.died[kind].get(stage, 0) for stage in known])
            axes.barh(
                range(len(known)), widths, 0.62, left=left, color=greys[kind], alpha=0.85,
                hatch=hatches[kind], edgecolor="white", linewidth=0.5, label=kind,
            )  # fmt: skip
            left += widths
        axes.set_yticks(range(len(known)), known)
        axes.invert_yaxis()
        axes.set_xlabel("failed recorded episodes")
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=ROUND_STEPS, integer=True))
        axes.grid(axis="x")
        axes.set_title("Last stage of recorded failures")
        figure.legend(loc="outside lower left", ncols=len(kinds))
        return to_svg(figure, "laststages", "Last stage of recorded failures")


def draw_operators(episodes: Sequence[EpisodeRow]) -> Markup:
    """Draw the episodes of each operator, the 12 with the most."""
    counts = Counter(episode.operator or "nobody" for episode in episodes).most_common(12)
    return _rows("operators", "Operators", "episodes", dict(counts))


def draw_grades(judged: JudgementSummary) -> Markup:
    """Draw how many verdicts and qualities reviewers gave."""
    rows = {f"judged a {name}": judged.verdicts.get(name, 0) for name in ("success", "failure")}
    rows |= {f"quality {grade}": judged.qualities.get(grade, 0) for grade in range(5, 0, -1)}
    return _rows("grades", "Verdicts and qualities", "episodes", rows)


def draw_reasons(judged: JudgementSummary) -> Markup:
    """Draw the 9 most frequent reasons of reviewers."""
    rows = dict(Counter(judged.reasons).most_common(9))
    return _rows("reasons", "Reasons", "episodes", rows)


def _rows(name: str, title: str, axis: str, rows: Mapping[str, int]) -> Markup:
    with panel(AXIS_HEIGHT_IN + 0.75 * ROW_HEIGHT_IN * len(rows)) as (figure, axes):
        bars = axes.barh(range(len(rows)), list(rows.values()), 0.62, color=POLICY, edgecolor=INK)
        axes.bar_label(bars, padding=4, fontsize=10)
        axes.set_yticks(range(len(rows)), list(rows))
        axes.invert_yaxis()
        axes.set_xlabel(axis)
        axes.margins(x=0.12)
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=ROUND_STEPS, integer=True))
        axes.grid(axis="x")
        axes.set_title(title)
        spoken = ", ".join(f"{label} {count}" for label, count in rows.items())
        return to_svg(figure, name, f"{title}: {spoken}")
