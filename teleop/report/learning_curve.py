"""`draw_curve` draws the learning curve: success against human time, marked by kind of policy.

`page.figures` calls it with `CurvePoint`s and the events to mark.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes

from ...policies.base.provenance import ProvenanceKind
from .analysis import CurvePoint
from .figure_style import LINE, MARKS, MUTED, error_bars, panel, percent_axis, to_svg
from .recorded_events import TimelineEvent

DODGE = 0.05
"""Shift of a point at the same minutes as the one before, as a share of the width."""
KIND_LABELS = {
    ProvenanceKind.DEMONSTRATIONS: "after demonstrations",
    ProvenanceKind.CORRECTIONS: "after corrections",
    ProvenanceKind.PRACTICE: "after practice (no human minutes)",
    ProvenanceKind.NUDGE: "after a few steps on new corrections",
    ProvenanceKind.ELSEWHERE: "of somebody else",
}


def draw_curve(
    points: Sequence[CurvePoint],
    minutes: Sequence[float],
    name: str,
    title: str,
    axis: str,
    events: Sequence[tuple[float, TimelineEvent]] = (),
    reach: float = 0.0,
) -> Markup:
    """Draw success with intervals against one measure of human time, and the events.

    The axis extends at least to `reach` minutes.
    """
    with panel(height_in=3.9) as (figure, axes):
        places = _dodged(minutes)
        _draw_path(axes, points, places)
        _shade_practice(axes, minutes, places)
        for kind in ProvenanceKind:
            chosen = [i for i, point in enumerate(points) if point.policy.kind is kind]
            if chosen:
                _draw_points(axes, kind, [places[i] for i in chosen], [points[i] for i in chosen])
        _draw_events(axes, events)
        percent_axis(axes, "success without help", top=1.06)
        axes.set_xlim(0, max(places[-1] * 1.06, reach * 1.06, 0.1))
        axes.set_xlabel(axis)
        axes.set_title(title)
        figure.legend(loc="outside lower left", ncols=1)
        return to_svg(figure, name, f"{title}: {_spoken(points, minutes)}")


def _draw_events(axes: Axes, events: Sequence[tuple[float, TimelineEvent]]) -> None:
    """Draw a numbered line for each event; the list under the curve says what it was."""
    for number, (place, event) in enumerate(events, 1):
        axes.axvline(place, color=MUTED, lw=0.9, linestyle=(0, (1, 2)), zorder=0)
        axes.annotate(
            f"{event.sign.value}{number}", (place, 0.0), (2, 3 + 11 * ((number - 1) % 3)),
            textcoords="offset points", fontsize=8.5, color=MUTED,
        )  # fmt: skip


def _dodged(minutes: Sequence[float]) -> list[float]:
    """Places of the points, those at the same minutes apart, none past the next point's minutes."""
    places = list(minutes)
    for start, end in _runs_of_equals(minutes):
        room = minutes[end] - minutes[start] if end < len(minutes) else np.inf
        step = min(DODGE * (max(minutes) or 1.0), room / (end - start))
        for index in range(start, end):
            places[index] += step * (index - start)
    return places


def _runs_of_equals(values: Sequence[float]) -> list[tuple[int, int]]:
    cuts = [0, *(i for i in range(1, len(values)) if values[i] > values[i - 1]), len(values)]
    return list(pairwise(cuts))


def _draw_path(axes: Axes, points: Sequence[CurvePoint], places: Sequence[float]) -> None:
    for index in range(1, len(points)):
        kind = points[index].policy.kind
        heights = [points[index - 1].rate.value, points[index].rate.value]
        dashed = (0, (2, 1.5)) if kind is ProvenanceKind.PRACTICE else "solid"
        colour = MARKS[kind].colour
        axes.plot(places[index - 1 : index + 1], heights, color=colour, linestyle=dashed, lw=1.4)


def _shade_practice(axes: Axes, minutes: Sequence[float], places: Sequence[float]) -> None:
    for start, end in _runs_of_equals(minutes):
        if end - start > 1:
            axes.axvspan(places[start], places[end - 1], color=LINE, alpha=0.55, lw=0)


def _draw_points(
    axes: Axes, kind: ProvenanceKind, places: Sequence[float], points: Sequence[CurvePoint]
) -> None:
    mark = MARKS[kind]
    axes.errorbar(
        places,
        [point.rate.value for point in points],
        yerr=error_bars([point.rate for point in points]),
        fmt=mark.marker,
        color=mark.colour,
        markersize=7,
        markeredgecolor="white",
        markeredgewidth=0.8,
        elinewidth=1.3,
        capsize=3,
        label=KIND_LABELS[kind],
        zorder=3,
    )
    for x, point in zip(places, points, strict=True):
        axes.annotate(
            point.policy.label,
            (x, point.rate.high),
            (0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=9.5,
        )


def _spoken(points: Sequence[CurvePoint], minutes: Sequence[float]) -> str:
    return "; ".join(
        f"policy {p.policy.label} {p.rate.value:.0%} at {m:.1f} minutes"
        for p, m in zip(points, minutes, strict=True)
    )
