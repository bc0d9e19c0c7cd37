"""`help_request_quality` measures precision and recall of a policy's help requests.

A benchmark calls it with two facts per seed: whether the on-call episode asked for help, and
whether the same policy fails the same seed unattended. Up to its first request an on-call episode
is bit for bit the unattended one, so that the second fact is what would have become of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...policies.statistics.rates import Rate
from ...sim_envs.environment import ArmEnv
from ...sim_envs.errors import BadValue
from ...sim_envs.spaces import Observation
from ..autonomy.help_calibration import UncertaintyTrace
from ..session.authority import usable
from ..session.open_session import unattended_session
from ..session.policy_runner import PolicyRunner
from ..session.subscriber import EpisodeContext, EpisodeOutcome, Subscriber, Tick


@dataclass(frozen=True)
class HelpRequestQuality:
    """Precision and recall of help requests, over episodes."""

    needed: Rate
    """Of the episodes that asked, those that would have failed without help: precision."""
    met: Rate
    """Of the episodes that would have failed without help, those that asked: recall."""

    def to_json(self) -> dict[str, Any]:
        """Both rates with their intervals."""
        return {
            key: {"value": rate.value, "of": rate.n, "interval95": list(rate.interval95)}
            for key, rate in (("precision", self.needed), ("recall", self.met))
        }


def help_request_quality(
    asked: Mapping[int, bool], would_fail: Mapping[int, bool]
) -> HelpRequestQuality:
    """Compare, by seed, which episodes asked with which would have failed without help."""
    if asked.keys() != would_fail.keys():
        raise BadValue("seeds", "the same in both", sorted(asked.keys() ^ would_fail.keys()))
    both = sum(asked[seed] and would_fail[seed] for seed in asked)
    return HelpRequestQuality(
        Rate(both, sum(asked.values())),
        Rate(both, sum(would_fail.values())),
    )


def unattended(env: ArmEnv, runner: PolicyRunner, seeds: Iterable[int]) -> list[UncertaintyTrace]:
    """Let a policy drive alone on every seed; the trace of its uncertainty for each."""
    traces = _TraceRecorder()
    session = unattended_session(env, runner, subscribers=[traces])
    for seed in seeds:
        session.run_episode(seed)
    return traces.found


class _TraceRecorder(Subscriber):
    """Collects novelty, usable actions and end effector positions of every tick."""

    def __init__(self) -> None:
        self.found: list[UncertaintyTrace] = []

    def on_begin(self, context: EpisodeContext) -> None:
        self._ticks: list[tuple[float, bool, NDArray[Any]]] = []

    def on_tick(self, tick: Tick) -> None:
        answered = usable(tick.proposal.action)
        self._ticks.append((tick.proposal.novelty, answered, tick.step.observation["ee_pos"]))

    def on_end(
        self, outcome: EpisodeOutcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        novelty, answered, ee_pos = (np.array(side) for side in zip(*self._ticks, strict=True))
        self.found.append(
            UncertaintyTrace(novelty, answered, ee_pos, outcome.seed, outcome.success)
        )
