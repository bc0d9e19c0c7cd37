"""The subscriber that makes each episode that ends evidence for the ladder."""

import logging
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...datasets.episode import Episode
from ...datasets.step import Driver, Level
from ...sim_envs.errors import DamagedFile
from ...sim_envs.spaces import ACTION_SIZE, Action, Observation
from ..session.authority import usable
from ..session.blending import blend
from ..session.levels import ControlState
from ..session.subscriber import EpisodeContext, EpisodeOutcome, Subscriber, Tick
from .episode_evidence import EpisodeKey, EpisodeTrace
from .ladder import LevelChange
from .ladder_store import LadderStore

OnChange = Callable[[LevelChange], object]


class EvidenceRecorder(Subscriber):
    """Adds a trial to the ladder for each episode that was judged.

    Which episodes shall be evidence is written down as they begin: so the evidence can be had from
    the file where this process dies before the trial is written (see `recover_evidence`).
    """

    def __init__(
        self,
        ladder_store: LadderStore,
        audited: Callable[[int], bool] = lambda _: False,
        on_change: OnChange = lambda _: None,
    ) -> None:
        self.ladder_store, self.audited, self.on_change = ladder_store, audited, on_change
        self._fingerprints: dict[str, str] = {}
        """By policy, of the weights that it had when its first episode began."""

    def on_begin(self, context: EpisodeContext) -> None:
        """Write down that the episode shall be evidence."""
        self._names = context.env.task.stages
        self._wanted: list[tuple[Action, Action]] = []
        self._stages: list[int] = []
        self._states: list[ControlState] = []
        self._shares: list[float] = []
        self._key = self._key_of(context)
        self.ladder_store.add_context(self._key)

    def _key_of(self, context: EpisodeContext) -> EpisodeKey:
        policy, level = context.assignment.policy_id or "", context.assignment.level
        if policy and policy not in self._fingerprints:
            self._fingerprints[policy] = self.ladder_store.fingerprint(policy)
        return EpisodeKey(
            context.env.task_name,
            policy,
            self._fingerprints.get(policy, ""),
            level,
            context.seed,
            context.episode_id,
            level is Level.AUTONOMOUS and self.audited(context.seed),
        )

    def on_tick(self, tick: Tick) -> None:
        """Remember who wanted what, and who had the arm."""
        nothing = np.full(ACTION_SIZE, np.nan, np.float32)
        human, policy = tick.step.human_action, tick.step.policy_action
        self._wanted.append(
            (nothing if human is None else human, nothing if policy is None else policy)
        )
        self._stages.append(tick.step.stage)
        self._states.append(tick.state)
        self._shares.append(tick.share)

    def on_end(
        self, outcome: EpisodeOutcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """Add the evidence; what was thrown away or broken off is none."""
        if outcome.discarded or not outcome.complete or not self._states:
            return
        for change in self.ladder_store.add(self._account(outcome).evidence(self._key)):
            self.on_change(change)

    def _account(self, outcome: EpisodeOutcome) -> EpisodeTrace:
        human, policy = (np.array(side) for side in zip(*self._wanted, strict=True))
        return EpisodeTrace(
            human=human,
            policy=policy,
            states=self._states,
            shares=self._shares,
            stages=np.array(self._stages),
            names=self._names,
            success=outcome.success,
            takeovers=outcome.takeovers,
            requests=outcome.requests,
            rewinds=outcome.rewinds,
        )


STATES = {
    Driver.POLICY: ControlState.POLICY,
    Driver.HUMAN: ControlState.HUMAN,
    Driver.BLEND: ControlState.BLEND,
}
COLUMNS = ("driver", "human_actions", "policy_actions", "novelty", "stage", "wall_time")
_log = logging.getLogger(__name__)
Rows = dict[str, NDArray[Any]]


def recover_evidence(ladder_store: LadderStore) -> list[LevelChange]:
    """Add the trials that are missing; return the changes of level that follow. Safe to repeat."""
    files = {s.id: s.path for s in ladder_store.workspace.summaries() if s.complete and s.steps}
    changes: list[LevelChange] = []
    for key in ladder_store.open_contexts():
        path = files.get(key.episode)
        if path is None or not ladder_store.has_weights(key):
            continue
        try:
            trial = trace_of(path).evidence(key)
        except DamagedFile as error:
            _log.warning("no evidence: %s", error)
            continue
        changes += ladder_store.add(trial)
    return changes


def trace_of(path: Path) -> EpisodeTrace:
    """What a recorded episode's file says of it, as the witness would have heard it."""
    episode = Episode.read(path, images=False)
    rows = _in_order(episode)
    states = _states(rows, Level(episode.summary.header.level))
    runs = [state for state, _ in groupby(states)]
    return EpisodeTrace(
        human=rows["human_actions"],
        policy=rows["policy_actions"],
        states=states,
        shares=_shares(rows, states),
        stages=rows["stage"],
        names=episode.summary.header.stages,
        success=episode.summary.success,
        takeovers=episode.summary.takeovers,
        requests=runs.count(ControlState.CALLING),
        rewinds=len(episode.abandoned),
    )


def _in_order(episode: Episode) -> Rows:
    """The columns of the main line and of branches that were left, as they were driven."""
    lines = [episode.columns, *(branch.columns for branch in episode.abandoned)]
    rows = {name: np.concatenate([line[name] for line in lines]) for name in COLUMNS}
    if not episode.abandoned:
        return rows
    order = np.argsort(rows["wall_time"], kind="stable")
    return {name: values[order] for name, values in rows.items()}


def _states(rows: Rows, level: Level) -> list[ControlState]:
    """Who had the arm; on call an arm that holds still, with a policy that has an answer, calls."""
    waiting = ControlState.CALLING if level is Level.ON_CALL else ControlState.RESTING
    return [
        STATES.get(Driver(driver), waiting if usable(wish) else ControlState.RESTING)
        for driver, wish in zip(rows["driver"].tolist(), rows["policy_actions"], strict=True)
    ]


def _shares(rows: Rows, states: Sequence[ControlState]) -> list[float]:
    """The policy's share of the motion where both drove; NaN elsewhere."""
    wishes = zip(rows["human_actions"], rows["policy_actions"], rows["novelty"], strict=True)
    return [
        blend(human, policy, 1.0 - float(novelty))[1]
        if state is ControlState.BLEND
        else float("nan")
        for state, (human, policy, novelty) in zip(states, wishes, strict=True)
    ]
