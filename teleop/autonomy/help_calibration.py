"""When to ask for help, calibrated: on what a policy felt in episodes that it solved alone.

Thresholds that were set on training data are optimistic: a policy that drives sees scenes that its
data did not show, and most of them end well. So each signal is allowed what the policy's own
successes show (ThriftyDAgger 2021 re-estimates its quantile as it goes on, for the same reason).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...datasets.episode import Episode
from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ...sim_envs.spaces import CONTROL_HZ
from ..session.help_requests import HelpRules, extent_m

LEAST_SUCCESSES = 6
"""Successes without help that a calibration needs; before that the rules stay as they are."""
ALLOWED = 0.98
"""Quantile over successes that each signal may reach without a request."""
MARGIN = 1.15
"""Times are allowed so much more than the quantile: there are few successes to estimate it from."""
SHORTEST_STALL_S = 1.5
UNCENSORED = frozenset({Level.SUPERVISED, Level.AUTONOMOUS})
"""Levels at which a policy drives and does not ask; practice is recorded as autonomous."""


@dataclass(frozen=True)
class UncertaintyTrace:
    """What a policy that drove alone felt in one episode; rules can be tried on it afterwards."""

    novelty: NDArray[np.float64]
    """(T,) in [0, 1]; NaN where it did not know."""
    answered: NDArray[np.bool_]
    """(T,) whether the policy had a usable answer."""
    hand_m: NDArray[np.float64]
    """(T, 3) where the hand was."""
    seed: int
    success: bool
    """How it ended, without help."""

    def __len__(self) -> int:
        return len(self.novelty)

    def longest_stall_s(self, within_m: float) -> float:
        """The longest time that the hand stayed in a box with this diagonal, s."""
        longest, start = 0, 0
        for end in range(1, len(self) + 1):
            while extent_m(self.hand_m[start:end]) >= within_m:
                start += 1
            longest = max(longest, end - start)
        return longest / CONTROL_HZ

    def sustained_novelty(self, rules: HelpRules) -> float:
        """The highest novelty that was reached on `alarmed` of `of` ticks; 0 if never known."""
        known = np.nan_to_num(self.novelty, nan=0.0)
        windows = np.lib.stride_tricks.sliding_window_view(known, min(rules.of, len(known)))
        ordered = np.sort(windows, axis=1)[:, ::-1]
        return float(ordered[:, min(rules.alarmed, ordered.shape[1]) - 1].max())


def calibrated_rules(felt: Sequence[UncertaintyTrace], rules: HelpRules) -> HelpRules:
    """The rules, with thresholds that the policy's successes seldom reach; or as they were.

    A novelty that its successes reach as well says nothing, and asks for nothing any more.
    """
    solved = [feelings for feelings in felt if feelings.success]
    if len(solved) < LEAST_SUCCESSES:
        return rules
    lengths = [len(feelings) / CONTROL_HZ for feelings in solved]
    stalls = [feelings.longest_stall_s(rules.stalled_m) for feelings in solved]
    novelty = float(np.quantile([f.sustained_novelty(rules) for f in solved], ALLOWED))
    return replace(
        rules,
        novelty=max(rules.novelty, novelty),
        stalled_s=max(SHORTEST_STALL_S, MARGIN * float(np.quantile(stalls, ALLOWED))),
        overdue_s=MARGIN * float(np.quantile(lengths, ALLOWED)),
    )


def recorded_uncertainty(workspace: Workspace, policy_id: str) -> list[UncertaintyTrace]:
    """What a policy felt in its recorded episodes without takeover.

    Those on call are left out: what lasted longer there was asked about, so they would make the
    rules ever stricter.
    """
    return [
        _of_episode(Episode.read(summary.path, images=False))
        for summary in workspace.summaries()
        if summary.path is not None
        and summary.header.policy_id == policy_id
        and summary.header.level in UNCENSORED
        and summary.complete
        and not summary.takeovers
    ]


def _of_episode(episode: Episode) -> UncertaintyTrace:
    return UncertaintyTrace(
        episode.novelty.astype(np.float64),
        np.asarray(np.isfinite(episode.policy_actions).all(axis=1)),
        episode.observations["ee_pos"].astype(np.float64),
        episode.summary.header.seed,
        episode.summary.success,
    )
