"""This module makes tidy tables of a workspace for notebooks: one record per row.

    from sidestick.datasets import tables

    tables.episodes("shelf")                       # a Table: a list of dicts with columns
    tables.judgements("shelf").to_pandas()         # where pandas is installed
    tables.evaluations("shelf").column("successes")   # numpy

| name | one row is | columns beside its own |
|---|---|---|
| `episodes` | a recorded episode | its resolved judgements |
| `judgements` | one judgement of one reviewer | |
| `standing` | a judged episode | |
| `predictions` | a graded prediction | |
| `clicks` | a click on an item in an image | |
| `evaluations` | an evaluation of a policy | rate, Wilson's 95 % interval |
| `outcomes` | one episode of an evaluation | |
| `efforts` | an entry of the ledger of effort | |
| `ladder` | a change of level | |
| `events` | an event of any kind | |
| `comparisons` | two policies on the same seeds | |
| `steps` | one step of one episode | |

Every name takes a workspace or its folder. Times are UTC, as ISO 8601 text to the second.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...sim_envs.worlds.arm_spec import EE_POS
from ..episode import Episode
from ..judgements.judgement import CLICK, PREDICTION
from ..judgements.judgement_state import ResolvedJudgements, not_undone, resolved_by_episode
from ..judgements.judgements import Judgements
from ..step import Driver
from .history_tables import comparisons, efforts, evaluations, events, ladder, outcomes
from .table import Table, Where, level_name, moment, opened, table


def episodes(where: Where) -> Table:
    """All episodes; `success` is as recorded, `judged` the current verdict of the reviewers.

    `success` is None where another tool did not record it.
    """
    workspace = opened(where)
    resolved = resolved_by_episode(Judgements(workspace.db_path))
    rows = []
    for summary in workspace.summaries():
        header, state = summary.header, resolved.get(summary.id, ResolvedJudgements())
        rows.append(
            {
                "episode": summary.id,
                "started": moment(header.started),
                "task": header.task,
                "operator": header.operator,
                "level": level_name(header.level),
                "policy": header.policy_id,
                "seed": header.seed,
                "goal": header.goal,
                "steps": summary.steps,
                "seconds": summary.steps / workspace.config.control_hz,
                "human_steps": summary.human_steps,
                "takeovers": summary.takeovers,
                "success": summary.success if summary.success_known else None,
                "complete": summary.complete,
                "judged": state.success,
                "quality": state.quality,
                "disputed": state.disputed,
                "tags": ", ".join(state.tags),
                "excluded": state.excluded,
            }
        )
    return table(rows, "episode started task operator level policy seed goal steps seconds "
                  "human_steps takeovers success complete judged quality disputed "
                  "tags excluded")  # fmt: skip


def judgements(where: Where) -> Table:
    """Every judgement, undone ones included; `stands` is true for those that count."""
    found = Judgements(opened(where).db_path).all()
    left = {event.id for event in not_undone(found)}
    rows = [
        {
            "id": event.id,
            "created": moment(event.created),
            "operator": event.operator,
            "episode": event.episode,
            "kind": event.kind,
            "start": event.start,
            "stop": event.stop,
            "said": json.dumps(dict(event.payload), sort_keys=True),
            "stands": event.id in left,
        }
        for event in found
    ]
    return table(rows, "id created operator episode kind start stop said stands")


def standing(where: Where) -> Table:
    """The resolved judgements of every judged episode."""
    found = resolved_by_episode(Judgements(opened(where).db_path))
    rows = [
        {
            "episode": name,
            "success": state.success,
            "quality": state.quality,
            "reasons": ", ".join(state.reasons),
            "text": state.text,
            "tags": ", ".join(state.tags),
            "kept_from": state.kept[0] if state.kept else None,
            "kept_to": state.kept[1] if state.kept else None,
            "bad_steps": sum(stop - start for start, stop in state.bad),
            "operators": ", ".join(state.operators),
            "disputed": state.disputed,
            "excluded": state.excluded,
        }
        for name, state in found.items()
    ]
    return table(rows, "episode success quality reasons text tags kept_from kept_to bad_steps "
                  "operators disputed excluded")  # fmt: skip


def predictions(where: Where) -> Table:
    """Graded predictions that were not undone."""
    keys = ("grade", "policy", "novelty")
    return _judged(where, PREDICTION, keys)


def clicks(where: Where) -> Table:
    """Clicks on items, in pixels of the recorded image."""
    return _judged(where, CLICK, ("camera", "item", "x", "y"))


_PLACE = ("x", "y", "z")


def steps(where: Where, episode: str) -> Table:
    """One episode's steps without images; UnknownName for a missing one."""
    workspace = opened(where)
    found = Episode.read(workspace.find(episode), images=False)
    spec = found.summary.header.spec
    where_it_is = found.observations.get(EE_POS, np.zeros((len(found), 0)))
    axes = [*_PLACE[: where_it_is.shape[1]], *spec.action.names]
    names = ["step", "driver", "stage", "novelty", "reward", "late_ms", "round_trip_ms", *axes]
    stages = found.summary.header.stages
    rows = []
    for step in range(len(found)):
        place, action = where_it_is[step], found.actions[step]
        stage = int(found.stage[step])
        times = (found.late_ms[step], found.round_trip_ms[step])
        numbers = [found.novelty[step], found.rewards[step], *times, *place, *action]
        labels = [step, Driver(int(found.driver[step])).name.lower()]
        labels.append(stages[stage] if stage < len(stages) else str(stage))
        rows.append(dict(zip(names, [*labels, *map(float, numbers)], strict=True)))
    return Table(names, rows)


def _judged(where: Where, kind: str, keys: Sequence[str]) -> Table:
    found = not_undone(Judgements(opened(where).db_path).all())
    rows = [
        {
            "created": moment(event.created),
            "operator": event.operator,
            "episode": event.episode,
            "step": event.start,
            **{key: event.payload.get(key) for key in keys},
        }
        for event in found
        if event.kind == kind
    ]
    return table(rows, "created operator episode step " + " ".join(keys))


ALL: Mapping[str, Any] = {
    "episodes": episodes,
    "judgements": judgements,
    "standing": standing,
    "predictions": predictions,
    "clicks": clicks,
    "evaluations": evaluations,
    "outcomes": outcomes,
    "efforts": efforts,
    "ladder": ladder,
    "events": events,
    "comparisons": comparisons,
    "steps": steps,
}
"""Every table by its name."""
