"""`read_policies` reads a workspace's policies with their parents and evaluations.

`collect` and `read_ledger` call it and get `PolicyRow`s.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...datasets import database
from ...datasets.summary import EpisodeSummary
from ...policies.base.json_files import read_json
from ...policies.base.provenance import Provenance, ProvenanceKind
from ...policies.policy_config import CONFIG
from ...sim_envs.errors import SidestickError
from .records import EvaluatedSeed, PolicyEvaluation, PolicyRow

SELECTION = "selection"
"""Evaluations of this kind chose a checkpoint, so they do not measure success on unseen seeds."""
Found = dict[str, list[database.EvaluationEntry]]


def read_policies(
    folder: Path,
    evaluations: Sequence[database.EvaluationEntry],
    summaries: Sequence[EpisodeSummary],
) -> tuple[tuple[PolicyRow, ...], list[str]]:
    """The policies in the order in which they were made, and notes on what is left out.

    Of several evaluations of a policy, the one counts whose seeds most policies share, then the
    largest, then the last.
    """
    stages = stage_names(summaries)
    starts = {summary.id: summary.header.started for summary in summaries}
    by_policy: Found = defaultdict(list)
    for evaluation in evaluations:
        if evaluation.kind != SELECTION and evaluation.episodes:
            by_policy[_canonical(evaluation.policy)].append(evaluation)
    shared = Counter(
        key for rows in by_policy.values() for key in {(e.first_seed, e.episodes) for e in rows}
    )
    rows, notes = [], []
    for config in sorted(folder.glob(f"*/{CONFIG}")):
        found = by_policy.pop(_canonical(config.parent.name), [])
        try:
            rows.append(_row(config, found, shared, stages, starts))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, SidestickError) as error:
            notes.append(f"Policy {config.parent.name} is left out, unreadable: {error}.")
    if by_policy:
        notes.append(f"Evaluated but gone, left out: policies {', '.join(sorted(by_policy))}.")
    return tuple(sorted(rows, key=_order)), notes


def stage_names(summaries: Sequence[EpisodeSummary]) -> tuple[str, ...]:
    """The task's stages in order, from the newest episode that names any; empty without one."""
    return next((e.header.stages for e in reversed(summaries) if e.header.stages), ())


def _canonical(name: str) -> str:
    return str(int(name)) if name.isdecimal() else name


def _order(row: PolicyRow) -> tuple[float, float]:
    return (int(row.name) if row.name.isdecimal() else float("inf"), row.created)


def _row(
    config: Path,
    found: Sequence[database.EvaluationEntry],
    shared: Mapping[tuple[int, int], int],
    stages: Sequence[str],
    starts: Mapping[str, float],
) -> PolicyRow:
    values = read_json(config)
    provenance = Provenance.from_json(values["policy"]["provenance"])
    known = [starts[name] for name in provenance.episodes if name in starts]
    # Copying a workspace makes files newer; a policy is never newer than its first evaluation.
    created = min([config.stat().st_mtime, *(evaluation.created for evaluation in found)])
    best = max(
        found,
        key=lambda e: (shared[(e.first_seed, e.episodes)], e.episodes, e.created),
        default=None,
    )
    return PolicyRow(
        name=config.parent.name,
        parent=provenance.parent,
        kind=ProvenanceKind(provenance.kind),
        round=provenance.round,
        created=created,
        vision=str(values["vision"]["name"]),
        trained_on=len(provenance.episodes) or None,
        evaluation=_evaluation(best, stages) if best else None,
        taught=max(known, default=None),
    )


def _evaluation(row: database.EvaluationEntry, stages: Sequence[str]) -> PolicyEvaluation:
    outcomes = tuple(_outcome(entry, stages) for entry in row.payload.get("per_episode", ()))
    return PolicyEvaluation(row.created, row.first_seed, row.episodes, row.successes, outcomes)


def _outcome(entry: Mapping[str, Any], stages: Sequence[str]) -> EvaluatedSeed:
    stage = entry.get("stage", "")
    if isinstance(stage, int):
        stage = stages[stage] if 0 <= stage < len(stages) else ""
    return EvaluatedSeed(
        int(entry["seed"]), bool(entry["success"]), int(entry["length"]), str(stage)
    )
