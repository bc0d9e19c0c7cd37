"""`EvidenceRecorder` adds each episode of a session to the ladder as evidence when it ends.

`audit_sampler` draws the autonomous episodes that the operator watches; `recover_evidence` adds
missing evidence at the next start, from episode files, after a crash.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...datasets.episode import Episode, in_driving_order
from ...datasets.files.plain_log import plain_log
from ...datasets.step import Driver, Level
from ...sim_envs.errors import BadValue, DamagedFile
from ...sim_envs.spaces import Action, Observation
from ...sim_envs.worlds.spec import ActionSpec
from ..session.authority import usable
from ..session.blending import blend
from ..session.levels import ControlState
from ..session.subscriber import EpisodeContext, EpisodeOutcome, Subscriber, Tick
from .episode_evidence import EpisodeKey, EpisodeTrace
from .ladder import LevelChange
from .ladder_store import LadderStore

AUDITED_SHARE = 0.2
"""Share of autonomous episodes that are watched, unless the operator wants another."""
STREAM = 11
"""Makes this draw independent of others from the same seed."""


def audit_sampler(share: float = AUDITED_SHARE) -> Callable[[int], bool]:
    """A function that says for an episode's seed whether it is watched, always the same."""
    if not 0 <= share <= 1:
        raise BadValue("audited share", "between 0 and 1", share)

    def audited(seed: int) -> bool:
        return bool(np.random.default_rng([seed, STREAM]).random() < share)

    return audited


OnChange = Callable[[LevelChange], object]


class EvidenceRecorder(Subscriber):
    """A subscriber that adds evidence to the ladder for each episode with a verdict.

    It stores which episodes shall be evidence as they begin. So the evidence can be made from the
    file where this process dies before it is written (see `recover_evidence`).
    """

    def __init__(
        self,
        ladder_store: LadderStore,
        audited: Callable[[int], bool] = lambda _: False,
        on_change: OnChange = lambda _: None,
    ) -> None:
        self.ladder_store, self.audited, self.on_change = ladder_store, audited, on_change
        self._levels: set[tuple[str, Level]] = set()
        """Policies and levels whose episodes have begun."""
        self._fingerprints: dict[str, str] = {}
        """By policy, of its weights when its first episode began."""

    def on_begin(self, context: EpisodeContext) -> None:
        """Store that the episode shall be evidence, and first that its level was not earned."""
        self._names = context.env.world_spec.stages
        self._spec = context.env.world_spec.action
        self._actions: list[tuple[Action, Action]] = []
        self._stages: list[int] = []
        self._states: list[ControlState] = []
        self._shares: list[float] = []
        self._key = self._key_of(context)
        self._record_override(self._key)
        self.ladder_store.add_context(self._key)

    def _record_override(self, key: EpisodeKey) -> None:
        """Record an override as it takes effect: nothing can refuse the session any more."""
        if key.policy and (key.policy, key.level) not in self._levels:
            self._levels.add((key.policy, key.level))
            self.ladder_store.record_override(key.policy, key.level)

    def _key_of(self, context: EpisodeContext) -> EpisodeKey:
        policy, level = context.assignment.policy_id or "", context.assignment.level
        if policy and policy not in self._fingerprints:
            self._fingerprints[policy] = self.ladder_store.fingerprint(policy)
        return EpisodeKey(
            context.env.world_spec.task,
            policy,
            self._fingerprints.get(policy, ""),
            level,
            context.seed,
            context.episode_id,
            level is Level.AUTONOMOUS and self.audited(context.seed),
        )

    def on_tick(self, tick: Tick) -> None:
        """Note both actions, the stage, who controls the arm and the policy's share."""
        nothing = np.full(self._spec.size, np.nan, np.float32)
        human, policy = tick.step.human_action, tick.step.policy_action
        self._actions.append(
            (nothing if human is None else human, nothing if policy is None else policy)
        )
        self._stages.append(tick.step.stage)
        self._states.append(tick.state)
        self._shares.append(tick.share)

    def on_end(
        self, outcome: EpisodeOutcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """Add the evidence; a discarded or incomplete episode is none."""
        if outcome.discarded or not outcome.complete or not self._states:
            return
        for change in self.ladder_store.add(self._trace(outcome).evidence(self._key)):
            self.on_change(change)

    def _trace(self, outcome: EpisodeOutcome) -> EpisodeTrace:
        human, policy = (np.array(side) for side in zip(*self._actions, strict=True))
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
            spec=self._spec,
        )


STATES = {
    Driver.POLICY: ControlState.POLICY,
    Driver.HUMAN: ControlState.HUMAN,
    Driver.BLEND: ControlState.BLEND,
}
COLUMNS = ("driver", "human_actions", "policy_actions", "novelty", "stage")
_log = plain_log(__name__)
Rows = dict[str, NDArray[Any]]


def recover_evidence(ladder_store: LadderStore) -> list[LevelChange]:
    """Add evidence that is missing; return the changes of level that follow. Safe to repeat."""
    files = {s.id: s.path for s in ladder_store.workspace.summaries() if s.complete and s.steps}
    changes: list[LevelChange] = []
    for key in ladder_store.open_contexts():
        path = files.get(key.episode)
        if path is None or not ladder_store.has_weights(key):
            continue
        try:
            evidence = trace_of(path).evidence(key)
        except DamagedFile as error:
            _log.warning("no evidence: %s", error)
            continue
        changes += ladder_store.add(evidence)
    return changes


def trace_of(path: Path) -> EpisodeTrace:
    """The trace of a recorded episode, equal to what `EvidenceRecorder` would have made live."""
    episode = Episode.read(path, images=False)
    rows = in_driving_order(episode, COLUMNS)
    states = _states(rows, Level(episode.summary.header.level))
    runs = [state for state, _ in groupby(states)]
    return EpisodeTrace(
        human=rows["human_actions"],
        policy=rows["policy_actions"],
        states=states,
        shares=_shares(rows, states, episode.summary.header.spec.action),
        stages=rows["stage"],
        names=episode.summary.header.stages,
        success=episode.summary.success,
        takeovers=episode.summary.takeovers,
        requests=runs.count(ControlState.CALLING),
        rewinds=len(episode.abandoned),
        spec=episode.summary.header.spec.action,
    )


def _states(rows: Rows, level: Level) -> list[ControlState]:
    """Who controlled the arm [T].

    At on-call, an arm that rests although the policy has a usable action is waiting for help.
    """
    waiting = ControlState.CALLING if level is Level.ON_CALL else ControlState.RESTING
    return [
        STATES.get(Driver(driver), waiting if usable(action) else ControlState.RESTING)
        for driver, action in zip(rows["driver"].tolist(), rows["policy_actions"], strict=True)
    ]


def _shares(rows: Rows, states: Sequence[ControlState], spec: ActionSpec) -> list[float]:
    """The policy's share of the motion [T] where both drove; NaN elsewhere."""
    actions = zip(rows["human_actions"], rows["policy_actions"], rows["novelty"], strict=True)
    return [
        blend(human, policy, 1.0 - float(novelty), spec)[1]
        if state is ControlState.BLEND
        else float("nan")
        for state, (human, policy, novelty) in zip(states, actions, strict=True)
    ]
