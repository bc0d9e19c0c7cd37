"""`render` makes one self-contained HTML page of a `ReportData`: text, figures, tables, videos.

`write_report` calls it; `two_workspaces` uses its `figures` and `environment`.
"""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ...policies.base.provenance import ProvenanceKind
from ...policies.statistics.intervals import Interval
from ..evaluation.pair_ranking import RankedPolicy
from ..generation.generating_operator import NAME as GENERATED
from . import bar_charts, coverage, sentences
from .analysis import event_minutes, failure_stages, learning_curve, success_rate, supervised_rounds
from .episode_media import EpisodeMedia
from .figure_style import HUMAN, MARKS, POLICY
from .generation_map import draw_generation
from .learning_curve import draw_curve
from .lineage_tree import draw_tree
from .records import EPISODE_NAMES, PolicyRow
from .report_data import ReportData
from .video_clips import make_clip

TEMPLATE = "page.html.j2"
ROLES = ("correction", "success", "failure")
"""Roles of the clips; the first is shown large."""


def render(
    data: ReportData, done: Callable[[str], object] = lambda part: None, redraw: int = 0
) -> str:
    """The page as HTML; `done` hears of each clip, drawn or not there, and of the figures.

    With `redraw`, scenes are drawn again for the clips, each in so many frames at most.
    """
    return environment().get_template(TEMPLATE).render(_context(data, done, redraw))


def environment() -> Environment:
    """The environment of the templates, with the report's colours and number formats."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"human_colour": HUMAN, "policy_colour": POLICY}
    made.filters |= {
        "day": _day,
        "percent": sentences.percent,
        "minutes": sentences.minutes,
        "interval": sentences.with_interval,
        "points": sentences.points,
    }
    return made


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _context(data: ReportData, done: Callable[[str], object], redraw: int) -> dict[str, Any]:
    curve = learning_curve(data)
    clips = []
    for role in ROLES:
        if getattr(data, role) is not None:
            clips.append(_clip(data, role, redraw))
        done(f"film of a {role}")
    drawn = figures(data)
    done("figures")
    return {
        "data": data,
        "setting": data.setting,
        "headline": sentences.headline(data, curve),
        "subline": sentences.subline(data, curve),
        "paired": sentences.paired_sentence(sentences.first_and_last(data)),
        "curve": curve,
        "rounds": supervised_rounds(data),
        "ledger": [(line, _rate(line.policy)) for line in data.ledger.lines],
        "operators": sorted({e.operator for e in data.episodes if e.operator} - {GENERATED}),
        "kinds": [(kind, _counted(data, kind)) for kind in EPISODE_NAMES if _counted(data, kind)],
        "episode_names": EPISODE_NAMES,
        "ranking": [(one, _preferred(one)) for one in data.ranking],
        "policies": [(policy, _rate(policy)) for policy in data.policies],
        "label_of": {policy.name: policy.label for policy in data.policies},
        "seeds_of": lambda evaluation: sentences.seeds(evaluation, data.episodes),
        "marks": MARKS,
        "figures": drawn,
        "clips": clips,
        "missing": [role for role in ROLES if getattr(data, role) is None],
    }


def _counted(data: ReportData, kind: ProvenanceKind) -> int:
    return sum(episode.kind is kind for episode in data.episodes)


def _preferred(one: RankedPolicy) -> str:
    return sentences.with_interval(Interval(one.preferred, *one.interval95))


def _rate(policy: PolicyRow | None) -> str:
    if policy is None or policy.evaluation is None:
        return "–"
    return sentences.with_interval(success_rate(policy.evaluation))


def figures(data: ReportData, reach: tuple[float, float] = (0.0, 0.0)) -> dict[str, Any]:
    """Every figure that the data allow: name -> inline SVG.

    Curves extend at least to `reach`: minutes driven, and minutes attended.
    """
    drawn: dict[str, Any] = {}
    curve, rounds = learning_curve(data), supervised_rounds(data)
    if curve:
        driven = [point.driven_min for point in curve]
        attended = [point.attended_min for point in curve]
        drawn["driven"] = draw_curve(
            curve, driven, "driven", "Against driving", "minutes driven by the human",
            event_minutes(data, attended=False), reach[0],
        )  # fmt: skip
        drawn["attended"] = draw_curve(
            curve, attended, "attended", "Against attention", "minutes attended (modelled)",
            event_minutes(data, attended=True), reach[1],
        )  # fmt: skip
    if rounds:
        takeovers, shares = [r.takeovers for r in rounds], [r.human_share for r in rounds]
        drawn["takeovers"] = bar_charts.help_per_round(
            rounds, takeovers, "takeovers", "Takeovers per episode"
        )
        drawn["share"] = bar_charts.help_per_round(rounds, shares, "share", "Driven by the human")
    if data.episodes:
        drawn["drivers"] = bar_charts.steps_by_driver(data.episodes)
        drawn["lengths"] = bar_charts.episode_lengths(data.episodes, data.setting.control_hz)
        drawn["items"] = bar_charts.items_named(data.episodes)
        drawn["operators"] = coverage.draw_operators(data.episodes)
    return drawn | _stage_figure(data) | _spread_figures(data)


def _spread_figures(data: ReportData) -> dict[str, Any]:
    drawn: dict[str, Any] = {}
    if len(data.policies) > 1:
        drawn["tree"] = draw_tree(data.policies)
    if data.step_statistics is not None:
        drawn["coverage"] = coverage.draw_coverage(data.step_statistics)
        drawn["motion"] = coverage.draw_distribution(
            data.step_statistics.motion,
            "motion",
            "Length of commanded motion",
            "share of full speed",
        )
        if data.step_statistics.novelty:
            drawn["novelty"] = coverage.draw_distribution(
                data.step_statistics.novelty, "novelty", "Novelty of the scenes", "novelty"
            )
        if data.step_statistics.died:
            drawn["laststages"] = coverage.draw_last_stages(
                data.step_statistics, data.setting.stages
            )
    if data.scenes:
        drawn["generation"] = draw_generation(data.scenes)
    if data.judged is not None:
        drawn["grades"] = coverage.draw_grades(data.judged)
        if data.judged.reasons:
            drawn["reasons"] = coverage.draw_reasons(data.judged)
    return drawn


def _stage_figure(data: ReportData) -> dict[str, Any]:
    kept = [p for p in data.evaluated if p.evaluation is not None and p.evaluation.outcomes]
    shown = {p.label: p.evaluation for p in (*kept[:1], *kept[-1:]) if p.evaluation is not None}
    counts = {name: failure_stages(evaluation) for name, evaluation in shown.items()}
    reached = {stage for counter in counts.values() for stage in counter}
    if not reached:
        return {}
    known = [stage for stage in data.setting.stages if stage in reached]
    stages = known + sorted(reached - set(known))
    totals = {name: evaluation.episodes for name, evaluation in shown.items()}
    return {"stages": bar_charts.failure_stages(stages, counts, totals)}


def _clip(data: ReportData, role: str, redraw: int) -> dict[str, Any]:
    media: EpisodeMedia = getattr(data, role)
    hz = data.setting.control_hz
    clip = make_clip(media, round(hz), redraw)
    return {
        "title": sentences.clip_title(media, role),
        "role": role,
        "media": media,
        "who": sentences.who_drove(media, hz),
        "look": sentences.what_to_look_at(media, role, hz),
        "speed": clip.speed,
        "drawn": clip.drawn,
        "video": _data_uri(clip.video.data, clip.video.mime),
        "poster": _data_uri(clip.poster, "image/jpeg"),
        "stills": _data_uri(clip.stills, "image/jpeg"),
    }


def _data_uri(content: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode('ascii')}"
