"""These functions put an episode into JSON: a row of the list, and tracks to draw beside the clip.

A track has one value a step: who drove, both actions, the stage, the novelty.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....datasets.checking.warnings import flags_of
from ....datasets.episode import Episode
from ....datasets.judgements.judgement import (
    BAD,
    CLICK,
    EXCLUSION,
    PREDICTION,
    PREFERENCE,
    QUALITY,
    REASON,
    STAGE,
    TAG,
    TRIM,
    UNDO,
    VERDICT,
    Judgement,
)
from ....datasets.judgements.judgement_state import ResolvedJudgements
from ....datasets.step import Driver
from ....datasets.summary import EpisodeSummary
from ...review.timeline import runs
from ...session.driver_styles import DRIVER_STYLES
from .filtering import driven_by, level_words, outcome

Json = dict[str, Any]
WORDS = {
    VERDICT: ("verdict", ""),
    QUALITY: ("quality", "quality"),
    STAGE: ("stage", "stage"),
    TRIM: ("", "keep"),
    BAD: ("", "bad stretch"),
    TAG: ("tag", "tag"),
    UNDO: ("of", "takes back number"),
    PREDICTION: ("grade", "plan:"),
    CLICK: ("item", "click on"),
    PREFERENCE: ("preferred", "of a pair:"),
}
"""What kinds of judgements say: the key of the word, and what stands before it."""


def row(summary: EpisodeSummary, stands: ResolvedJudgements, hz: int) -> Json:
    """What the list shows of an episode."""
    header = summary.header
    return {
        "id": summary.id,
        "started": header.started,
        "operator": header.operator,
        "policy": header.policy_id,
        "level": level_words(summary),
        "goal": header.goal,
        "steps": summary.steps,
        "seconds": round(summary.steps / hz, 1),
        "human_share": round(summary.human_steps / max(summary.steps, 1), 3),
        "driver": driven_by(summary),
        "takeovers": summary.takeovers,
        "outcome": outcome(summary, stands),
        "recorded": summary.success_label,
        "complete": summary.complete,
        **standing(stands, summary.steps),
    }


def standing(stands: ResolvedJudgements, steps: int) -> Json:
    """What people judge of an episode of so many steps."""
    return {
        "judged": stands.success is not None,
        "quality": stands.quality,
        "reasons": list(stands.reasons),
        "text": stands.text,
        "tags": list(stands.tags),
        "stages_judged": dict(stands.stages),
        "kept": stands.kept,
        "bad": [list(stretch) for stretch in stands.bad],
        "dropped": [list(stretch) for stretch in stands.dropped(steps)],
        "judges": list(stands.operators),
        "disputed": stands.disputed,
        "excluded": stands.excluded,
    }


def tracks(episode: Episode, stands: ResolvedJudgements, hz: int) -> Json:
    """All that is drawn beside the clip."""
    header = episode.summary.header
    return {
        **row(episode.summary, stands, hz),
        "hz": hz,
        "instruction": header.instruction,
        "seed": header.seed,
        "axes": list(header.spec.action.names),
        "drivers": [
            [start, stop, DRIVER_STYLES[Driver(int(episode.driver[start]))].name]
            for start, stop in runs(episode.driver)
        ],
        "stages": [
            [start, stop, _stage(header.stages, int(episode.stage[start]))]
            for start, stop in runs(episode.stage)
        ],
        "stage_names": list(header.stages),
        "takeover_steps": takeover_steps(episode),
        "human_actions": _numbers(episode.human_actions),
        "policy_actions": _numbers(episode.policy_actions),
        "novelty": _numbers(episode.novelty),
        "flags": [list(flag) for flag in flags_of(episode)],
    }


def takeover_steps(episode: Episode) -> list[int]:
    """The first step of every takeover."""
    ids = episode.takeover_id
    begins = (ids >= 0) & (np.concatenate([[-1], ids[:-1]]) != ids)
    return [int(step) for step in np.flatnonzero(begins)]


def told(events: list[Judgement]) -> list[Json]:
    """Judgements in words, the newest first."""
    return [
        {
            "id": event.id,
            "kind": event.kind,
            "judge": event.operator,
            "created": event.created,
            "start": event.start,
            "stop": event.stop,
            "says": _said(event),
        }
        for event in reversed(events)
    ]


def _said(event: Judgement) -> str:
    """What a judgement says, in a few words."""
    given = event.payload
    if event.kind == EXCLUSION:
        words = f"excluded {given.get('why', '')}" if given["excluded"] else "used again"
    elif event.kind == REASON:
        words = ", ".join([*given.get("reasons", ()), given.get("text", "")])
    elif event.kind in WORDS:
        key, before = WORDS[event.kind]
        words = f"{before} {given.get(key, '')}"
    else:
        words = event.kind
    return words.strip(" ,")[:200]


def _stage(names: tuple[str, ...], number: int) -> str:
    return names[number] if 0 <= number < len(names) else str(number)


def _numbers(values: NDArray[np.float32]) -> list[Any]:
    """Rounded numbers, with None for what there is none of."""
    rounded = np.round(values.astype(float), 3)
    known = rounded.astype(object)
    known[~np.isfinite(rounded)] = None
    listed: list[Any] = known.tolist()
    return listed
