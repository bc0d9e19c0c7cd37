"""`judged` gives an episode as people judge it, for exports: other tools know no judgements.

The recording itself never changes.
"""

from dataclasses import replace

import numpy as np

from ...sim_envs.errors import BadValue
from ..episode import Episode
from ..hdf5 import Branch
from ..step import ActionMode
from ..summary import NO_SEED, RecordedOutcome, summarise
from .judgement_state import ResolvedJudgements


def judged(episode: Episode, state: ResolvedJudgements) -> Episode:
    """The episode as people judge it; itself where they say nothing that changes it.

    Only the kept steps are left, the verdict replaces the recorded success, and the label of steps
    in bad stretches is -10, which excludes them from training. Without its first steps it has no
    seed: it does not begin as the seed makes the scene. BadValue where no step is left.
    """
    start, stop = _kept(episode, state)
    bad = np.zeros(len(episode), np.bool_)
    for first, end in state.bad:
        bad[first:end] = True
    overruled = state.success is not None and state.success != episode.summary.success
    known = episode.summary.success_known or state.success is None
    if (start, stop) == (0, len(episode)) and not (bad.any() or overruled) and known:
        return episode
    columns = {key: rows[start:stop].copy() for key, rows in episode.columns.items()}
    columns["intv_labels"][bad[start:stop]] = ActionMode.PRE_INTERVENTION
    columns["dones"][-1] = 1
    outcome = _outcome(episode, state, stop)
    if state.success is not None:
        columns["succeeded"][:] *= state.success
        columns["succeeded"][-1] = state.success
    header = replace(episode.summary.header, seed=NO_SEED) if start else episode.summary.header
    summary = summarise(episode.summary.id, header, outcome, columns)
    cut = _cut(episode, start, stop)
    made = Episode.of_columns(replace(summary, version=episode.summary.version), columns)
    return replace(
        made,
        final_observation=cut.final_observation,
        final_state=cut.final_state,
        abandoned=cut.abandoned,
    )


def _kept(episode: Episode, state: ResolvedJudgements) -> tuple[int, int]:
    """The first step that is kept and the one after the last."""
    start, stop = state.kept or (0, len(episode))
    start, stop = max(0, start), min(stop, len(episode))
    if start >= stop:
        raise BadValue("trim", f"steps of an episode of {len(episode)}", state.kept)
    return start, stop


def _outcome(episode: Episode, state: ResolvedJudgements, stop: int) -> RecordedOutcome:
    """How the kept part of the episode ended."""
    recorded = episode.summary.outcome
    if stop < len(episode):
        recorded = replace(recorded, complete=True, ended=float(episode.wall_time[stop]))
    if state.success is None:
        return recorded
    return replace(recorded, success=state.success, success_known=True)


def _cut(episode: Episode, start: int, stop: int) -> Episode:
    """The episode with the end and the branches of these steps."""
    branches = tuple(
        Branch(branch.start - start, branch.columns)
        for branch in episode.abandoned
        if start <= branch.start < stop
    )
    if stop == len(episode):
        return replace(episode, abandoned=branches)
    return replace(
        episode,
        final_observation=episode.observation(stop),
        final_state=episode.states[stop],
        abandoned=branches,
    )
