"""`render_comparison` makes one HTML page of two workspaces, facts and figures in two columns.

`write_report` calls it when a second workspace is given.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from . import sentences
from .analysis import CurvePoint, learning_curve
from .page import environment, figures
from .report_data import ReportData

TEMPLATE = "two_workspaces.html.j2"
SHOWN = (
    ("driven", "Success against driving"),
    ("attended", "Success against attention"),
    ("takeovers", "Help per round"),
    ("stages", "Where evaluation episodes fail"),
    ("laststages", "Where recorded episodes fail"),
    ("lengths", "Lengths"),
    ("items", "Items"),
    ("operators", "Operators"),
    ("coverage", "Coverage"),
    ("motion", "Motion"),
    ("novelty", "Novelty"),
    ("grades", "Judgements"),
    ("tree", "Policies"),
)


def render_comparison(one: ReportData, other: ReportData) -> str:
    """The page as HTML; a dash where only one of the two has a figure."""
    curves = [learning_curve(side) for side in (one, other)]
    reach = _reach([point for curve in curves for point in curve])
    left, right = figures(one, reach), _renamed(figures(other, reach))
    rows = [
        (title, left.get(name), right.get(name))
        for name, title in SHOWN
        if name in left or name in right
    ]
    context: dict[str, Any] = {
        "sides": (one, other),
        "names": _names(one.setting.workspace, other.setting.workspace),
        "headlines": [sentences.headline(*pair) for pair in zip((one, other), curves, strict=True)],
        "facts": _facts(one, other),
        "rows": rows,
        "same_task": one.setting.task == other.setting.task,
    }
    return environment().get_template(TEMPLATE).render(context)


def _reach(points: Sequence[CurvePoint]) -> tuple[float, float]:
    """Most minutes driven, and most minutes attended, of any point."""
    driven = max((point.driven_min for point in points), default=0.0)
    attended = max((point.attended_min for point in points), default=0.0)
    return driven, attended


def _names(one: str, other: str) -> tuple[str, str]:
    """The folders' names; the whole paths where they would be the same."""
    short = Path(one).name, Path(other).name
    return short if short[0] != short[1] else (one, other)


def _renamed(drawn: dict[str, Any]) -> dict[str, Any]:
    """The figures with ids that differ from those of the other workspace."""
    pattern = re.compile(r'(id="|href="#|url\(#)')
    return {name: Markup(pattern.sub(r"\g<1>other-", str(svg))) for name, svg in drawn.items()}


def _facts(one: ReportData, other: ReportData) -> list[tuple[str, str, str]]:
    both = [_column(side) for side in (one, other)]
    return [(name, both[0][name], both[1][name]) for name in both[0]]


def _column(data: ReportData) -> dict[str, str]:
    curve, episodes = learning_curve(data), data.episodes
    takeovers = sum(episode.takeovers for episode in episodes)
    judged = data.judged
    return {
        "Folder": data.setting.workspace,
        "Task": data.setting.task,
        "Episodes": f"{len(episodes):,}, {sum(e.success for e in episodes):,} successful",
        "Steps": f"{sum(e.steps for e in episodes):,}",
        "Driven, min": sentences.minutes(data.ledger.total.driven_min),
        "Watched, min": sentences.minutes(data.ledger.total.watched_min),
        "Attended, min (modelled)": sentences.minutes(data.ledger.total.attended_min),
        "Takeovers": f"{takeovers:,}",
        "Policies": str(len(data.policies)),
        "First evaluated": sentences.with_interval(curve[0].rate) if curve else "–",
        "Last evaluated": sentences.with_interval(curve[-1].rate) if curve else "–",
        "Judged": f"{sum(judged.verdicts.values())} episodes" if judged else "–",
    }
