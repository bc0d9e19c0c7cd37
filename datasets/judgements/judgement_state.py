"""This module resolves an episode's judgements and applies them to what training reads.

`resolved` folds the events into the current state; `TrainingSelection` masks Frames by it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..frames import Frames
from ..labels import JUDGED_BAD
from ..step import Driver
from ..summary import EpisodeSummary
from .counting_words import StepRange, kept_steps, of_people, stage_begins, stretch
from .judgement import (
    ACCEPT,
    BAD,
    CORRECT,
    EXCLUSION,
    FAILURE,
    PREDICTION,
    QUALITY,
    REASON,
    REJECT,
    STAGE,
    SUCCESS,
    TAG,
    UNDO,
    VERDICT,
    Judgement,
)
from .judgements import Judgements
from .reliability import Reliabilities, desk_reliabilities, weighed

VERDICTS, GRADES = (SUCCESS, FAILURE), (ACCEPT, REJECT, CORRECT)


@dataclass(frozen=True)
class ResolvedJudgements:
    """The current judgement of an episode."""

    success: bool | None = None
    """The last verdict, or that of the desk's judges by their trust; None where nobody gave one."""
    quality: int | None = None
    """The last grade, 1 to 5."""
    reasons: tuple[str, ...] = ()
    text: str = ""
    """The last reason's free text."""
    tags: tuple[str, ...] = ()
    stages: Mapping[str, int] = field(default_factory=dict)
    """The first step of each marked stage."""
    kept: StepRange | None = None
    """The last trim: only these steps are kept."""
    bad: tuple[StepRange, ...] = ()
    """All reviewers' bad stretches."""
    operators: tuple[str, ...] = ()
    """The reviewers' names."""
    disputed: bool = False
    """True when two reviewers' last verdicts differ, and no expert settled the desk's."""
    excluded: bool = False
    """The last exclusion: the episode is neither trained on nor exported."""

    @property
    def label(self) -> str:
        """Verdict and grade, such as `failure, 2`; empty where there is neither."""
        verdict = {None: "", True: "success", False: "failure"}[self.success]
        return ", ".join(filter(None, (verdict, str(self.quality or ""))))

    def dropped(self, steps: int) -> list[StepRange]:
        """The stretches excluded from training, of an episode of `steps` steps."""
        found = [*self.bad]
        if self.kept is not None:
            found += [(0, self.kept[0]), (self.kept[1], steps)]
        cut = [(max(0, start), min(stop, steps)) for start, stop in found]
        return sorted(stretch for stretch in cut if stretch[0] < stretch[1])


def resolved(events: Iterable[Judgement], trust: Reliabilities | None = None) -> ResolvedJudgements:
    """The state of one episode's judgements: the last one counts, stretches and tags accumulate.

    An expert's outweighs those of the desk's judges. Where only judges gave verdicts, these are
    weighed by `trust`; of their steps the median counts.
    """
    left = not_undone(events)
    given = of_people(left, VERDICT)
    verdicts = {e.operator: e.payload["verdict"] == SUCCESS for e in given}
    reason, quality = _last(left, REASON), _last(left, QUALITY)
    stages = dict.fromkeys(e.payload["stage"] for e in left if e.kind == STAGE)
    verdict = weighed(given, "verdict", trust, VERDICTS)
    return ResolvedJudgements(
        success=verdict == SUCCESS if verdict else None,
        quality=quality.get("quality"),
        reasons=tuple(reason.get("reasons", ())),
        text=str(reason.get("text", "")),
        tags=tuple(dict.fromkeys(e.payload["tag"] for e in left if e.kind == TAG)),
        stages={stage: stage_begins(left, stage) for stage in stages},
        kept=kept_steps(left),
        bad=tuple(stretch(e) for e in left if e.kind == BAD),
        operators=tuple(dict.fromkeys(e.operator for e in left)),
        disputed=len(set(verdicts.values())) > 1,
        excluded=_last(left, EXCLUSION).get("excluded", False),
    )


def not_undone(events: Iterable[Judgement]) -> list[Judgement]:
    """The judgements that were not undone, in order; an undo applies only to its author's own."""
    given = list(events)
    by_number = {event.id: event for event in given}
    undone = set()
    for event in given:
        if event.kind == UNDO:
            target = by_number.get(event.payload["of"])
            if target is not None and target.operator == event.operator:
                undone.add(target.id)
    return [event for event in given if event.kind != UNDO and event.id not in undone]


def resolved_by_episode(judgements: Judgements) -> dict[str, ResolvedJudgements]:
    """The resolved judgements of every judged episode, by its id."""
    ordered = sorted(judgements.all(), key=lambda event: (event.episode, event.id))
    trust = verdict_trust(ordered)
    return {name: resolved(e, trust) for name, e in groupby(ordered, lambda e: e.episode)}


def verdict_trust(events: Iterable[Judgement]) -> Reliabilities:
    """How far the judges of the desk can be trusted with verdicts."""
    return desk_reliabilities(not_undone(events), VERDICT, "verdict", VERDICTS)


@dataclass(frozen=True)
class TrainingSelection:
    """What training reads of a workspace, by its current judgements."""

    success: Mapping[str, bool]
    """By episode id: the reviewers' verdict, which overrides the recorded success."""
    dropped: Mapping[str, tuple[StepRange, ...]]
    """By episode id: stretches excluded from training."""
    predictions: tuple[Judgement, ...] = ()
    """Current graded predictions: accepted and corrected ones are examples."""
    excluded: frozenset[str] = frozenset()
    """Ids of the episodes that people took out."""

    @classmethod
    def of(cls, judgements: Judgements, episodes: Iterable[EpisodeSummary]) -> "TrainingSelection":
        """The selection for these episodes."""
        lengths = {summary.id: summary.steps for summary in episodes}
        states = {name: s for name, s in resolved_by_episode(judgements).items() if name in lengths}
        graded = [e for e in not_undone(judgements.all()) if e.kind == PREDICTION]
        out = frozenset(name for name, state in states.items() if state.excluded)
        return cls(
            {name: s.success for name, s in states.items() if s.success is not None},
            {name: tuple(d) for name, s in states.items() if (d := s.dropped(lengths[name]))},
            tuple(last_grades(e for e in graded if e.episode in lengths and e.episode not in out)),
            out,
        )

    def includes(self, summary: EpisodeSummary, otherwise: bool) -> bool:
        """Whether training uses an episode: the reviewers' verdict overrides `otherwise`.

        One that people excluded is never used.
        """
        return summary.id not in self.excluded and self.success.get(summary.id, otherwise)

    def mask(self, frames: Frames, hidden: Iterable[str] = ()) -> None:
        """Mark the dropped steps in `frames`, and every step of the `hidden` episodes.

        No window of `datasets.windows` starts at such a step or reaches across it. The policy's
        own steps under a rejected prediction are dropped as well.
        """
        hidden = set(hidden)
        ends = np.searchsorted(frames.episode, np.arange(len(frames.episodes) + 1))
        for number, summary in enumerate(frames.episodes):
            labels = frames.labels[ends[number] : ends[number + 1]]
            driver = frames.driver[ends[number] : ends[number + 1]]
            for start, stop in self.dropped.get(summary.id, ()):
                labels[start:stop] = JUDGED_BAD
            for start, stop in self._rejected(summary.id):
                own = driver[start:stop] == Driver.POLICY
                labels[start:stop][own] = JUDGED_BAD
            if summary.id in hidden:
                labels[:] = JUDGED_BAD

    def examples(self) -> list[tuple[str, int, NDArray[np.float32]]]:
        """Episode id, step and actions [H, A] of every accepted or corrected prediction."""
        return [
            (e.episode, e.start or 0, np.asarray(e.payload["actions"], np.float32))
            for e in self.predictions
            if e.payload["grade"] != REJECT
        ]

    def _rejected(self, episode: str) -> list[StepRange]:
        return [
            (e.start or 0, (e.start or 0) + int(e.payload.get("executed", 1)))
            for e in self.predictions
            if e.episode == episode and e.payload["grade"] == REJECT
        ]


def last_grades(events: Iterable[Judgement]) -> list[Judgement]:
    """The last grade of each step; a person's overrides the simulated reviewer's.

    Of several grades of the desk's judges, the last of those that weigh most counts.
    """
    given = list(events)
    by_step: dict[tuple[str, int | None], list[Judgement]] = {}
    for event in given:
        by_step.setdefault((event.episode, event.start), []).append(event)
    trust = desk_reliabilities(given, PREDICTION, "grade", GRADES)
    found = []
    for graded in by_step.values():
        people = of_people(graded, PREDICTION)
        grade = weighed(people, "grade", trust, GRADES)
        found.append([event for event in people if event.payload["grade"] == grade][-1])
    return found


def _last(events: list[Judgement], kind: str) -> Mapping[str, Any]:
    """Payload of the last judgement of a kind; see `of_people` for whose."""
    found = of_people(events, kind)
    return found[-1].payload if found else {}
