"""These functions draw the report's bar charts as SVG: help per round, failed stages, episodes.

`page.figures` calls them with records and intervals.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator

from ...policies.statistics.intervals import Interval
from .analysis import SupervisedRound
from .figure_style import HUMAN, INK, MARKS, POLICY, error_bars, panel, percent_axis, to_svg
from .records import EPISODE_NAMES, EpisodeRow

ROW_HEIGHT_IN = 0.42
AXIS_HEIGHT_IN = 0.95
LENGTH_BINS = 24
ROUND_STEPS = [1, 2, 5, 10]
"""Allowed distances of ticks, times a power of ten."""


def help_per_round(
    rounds: Sequence[SupervisedRound], values: Sequence[Interval], name: str, title: str
) -> Markup:
    """Draw one measure of help per supervised round, with intervals, from zero."""
    share = name.endswith("share")
    with panel(height_in=2.9) as (figure, axes):
        x = np.arange(len(rounds))
        heights = [value.value for value in values]
        axes.bar(x, heights, width=0.55, color=HUMAN, edgecolor=INK, linewidth=0.6)
        axes.errorbar(x, heights, error_bars(values), fmt="none", ecolor=INK, capsize=4, lw=1.2)
        top = max(*(value.high for value in values), 0.01) * 1.12
        if share:
            percent_axis(axes, "of the steps", top)
        else:
            axes.set_ylim(0, top)
            axes.set_ylabel("per episode")
            axes.grid(axis="y")
        axes.set_xticks(x, [f"round {r.round}\n{r.episodes} episodes" for r in rounds])
        axes.set_xlim(-0.6, max(len(rounds), 3) - 0.4)
        axes.set_title(title)
        spoken = ", ".join(f"round {r.round} {v:.2f}" for r, v in zip(rounds, heights, strict=True))
        return to_svg(figure, name, f"{title}: {spoken}")


def failure_stages(
    stages: Sequence[str], counts: Mapping[str, Counter[str]], totals: Mapping[str, int]
) -> Markup:
    """Draw how many evaluation episodes failed at each stage, per policy."""
    with panel(AXIS_HEIGHT_IN + 0.3 + 1.3 * ROW_HEIGHT_IN * len(stages)) as (figure, axes):
        rows = np.arange(len(stages))
        height = 0.8 / len(counts)
        styles = [("#ffffff", "////"), (POLICY, "")][-len(counts) :]
        for index, ((policy, counter), style) in enumerate(
            zip(counts.items(), styles, strict=True)
        ):
            widths = [counter[stage] for stage in stages]
            y = rows - 0.4 + height * (index + 0.5)
            label = f"policy {policy}: {sum(widths)} of {totals[policy]} failed"
            bars = axes.barh(
                y,
                widths,
                height * 0.92,
                color=style[0],
                hatch=style[1],
                edgecolor=POLICY,
                label=label,
            )
            axes.bar_label(bars, padding=4, fontsize=10)
        axes.set_yticks(rows, stages)
        axes.invert_yaxis()
        axes.set_xlabel("failed evaluation episodes")
        axes.margins(x=0.1)
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=ROUND_STEPS, integer=True))
        axes.grid(axis="x")
        figure.legend(loc="outside lower left", ncols=1)
        return to_svg(figure, "stages", "Furthest stage reached in failed evaluation episodes")


def steps_by_driver(episodes: Sequence[EpisodeRow]) -> Markup:
    """Draw, per kind of episode, how many steps the human and the policy drove."""
    kinds = [kind for kind in EPISODE_NAMES if any(episode.kind is kind for episode in episodes)]
    human = [sum(e.steps_human for e in episodes if e.kind is kind) for kind in kinds]
    policy = [sum(e.steps_policy for e in episodes if e.kind is kind) for kind in kinds]
    with panel(AXIS_HEIGHT_IN + 0.5 + ROW_HEIGHT_IN * len(kinds)) as (figure, axes):
        axes.barh(range(len(kinds)), human, 0.6, color=HUMAN, edgecolor=INK, lw=0.6, label="human")
        axes.barh(
            range(len(kinds)), policy, 0.6, left=human, color=POLICY, edgecolor=INK, lw=0.6,
            hatch="\\\\\\", label="policy",
        )  # fmt: skip
        axes.set_yticks(range(len(kinds)), [EPISODE_NAMES[kind] for kind in kinds])
        axes.invert_yaxis()
        axes.set_xlabel("thousand steps")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}")
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=ROUND_STEPS))
        axes.grid(axis="x")
        axes.set_title("Steps, by who drove")
        figure.legend(loc="outside lower left", ncols=2)
        return to_svg(figure, "drivers", "Steps driven by human and policy per kind of episode")


def episode_lengths(episodes: Sequence[EpisodeRow], control_hz: float) -> Markup:
    """Draw a histogram of the episodes' lengths in seconds, stacked by kind."""
    kinds = [kind for kind in EPISODE_NAMES if any(episode.kind is kind for episode in episodes)]
    lengths = [[e.steps / control_hz for e in episodes if e.kind is kind] for kind in kinds]
    with panel(height_in=2.9) as (figure, axes):
        longest = max(max(group) for group in lengths)
        bottom = np.zeros(LENGTH_BINS)
        edges = np.linspace(0, max(longest, 1 / control_hz), LENGTH_BINS + 1)
        for kind, group in zip(kinds, lengths, strict=True):
            counts, _ = np.histogram(group, edges)
            mark = MARKS[kind]
            axes.bar(
                edges[:-1], counts, np.diff(edges), bottom, align="edge", color=mark.colour,
                alpha=0.85, edgecolor="white", linewidth=0.5, hatch=mark.hatch,
                label=EPISODE_NAMES[kind],
            )  # fmt: skip
            bottom += counts
        axes.set_xlabel("length, seconds")
        axes.set_ylabel("episodes")
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=ROUND_STEPS, integer=True))
        axes.grid(axis="y")
        axes.set_title("How long episodes last")
        figure.legend(loc="outside lower left", ncols=len(kinds))
        return to_svg(figure, "lengths", "Histogram of episode lengths by kind of episode")


def items_named(episodes: Sequence[EpisodeRow]) -> Markup:
    """Draw how many episodes named each item, stacked by kind."""
    items = sorted({episode.goal for episode in episodes})
    kinds = [kind for kind in EPISODE_NAMES if any(episode.kind is kind for episode in episodes)]
    with panel(AXIS_HEIGHT_IN + 0.8 * ROW_HEIGHT_IN * len(items)) as (figure, axes):
        left = np.zeros(len(items))
        for kind in kinds:
            named = Counter(episode.goal for episode in episodes if episode.kind is kind)
            widths = np.array([named[item] for item in items])
            mark = MARKS[kind]
            axes.barh(
                range(len(items)), widths, 0.62, left=left, color=mark.colour, alpha=0.85,
                edgecolor="white", linewidth=0.5, hatch=mark.hatch, label=EPISODE_NAMES[kind],
            )  # fmt: skip
            left += widths
        axes.set_yticks(range(len(items)), items)
        axes.invert_yaxis()
        axes.set_xlabel("episodes")
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=ROUND_STEPS, integer=True))
        axes.grid(axis="x")
        axes.set_title("Items named")
        figure.legend(loc="outside lower left", ncols=len(kinds))
        return to_svg(figure, "items", "Episodes that named each item")
