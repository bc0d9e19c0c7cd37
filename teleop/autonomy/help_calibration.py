"""`calibrated_rules` sets the thresholds of help requests from episodes a policy solved alone.

Thresholds that are set on training data are too low: a policy that drives meets scenes that its
data did not show, and most of them end well. So each signal may reach what it reaches in the
policy's own successes (ThriftyDAgger 2021 re-estimates its quantile online, for the same reason).
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
"""Successes without help that a calibration needs; with fewer the rules stay as they are."""
ALLOWED = 0.98
"""Quantile over successes that each signal may reach without a request."""
MARGIN = 1.15
"""Factor on the quantiles of times, which are estimated from few successes."""
SHORTEST_STALL_S = 1.5
UNCENSORED = frozenset({Level.SUPERVISED, Level.AUTONOMOUS})
"""Levels at which a policy drives and does not ask; autonomous practice is recorded as such."""


@dataclass(frozen=True)
class UncertaintyTrace:
    """The signals of help requests over one episode (T ticks) that a policy drove alone."""

    novelty: NDArray[np.float64]
    """(T,) in [0, 1]; NaN where it is not known."""
    answered: NDArray[np.bool_]
    """(T,) whether the policy had a usable action."""
    ee_m: NDArray[np.float64]
    """(T, 3) position of the end effector, m."""
    seed: int
    success: bool
    """Whether it succeeded, without help."""

    def __len__(self) -> int:
        return len(self.novelty)

    def longest_stall_s(self, within_m: float) -> float:
        """The longest time that the end effector stayed in a box with a diagonal `within_m`, s."""
        longest, start = 0, 0
        for end in range(1, len(self) + 1):
            while extent_m(self.ee_m[start:end]) >= within_m:
                start += 1
            longest = max(longest, end - start)
        return longest / CONTROL_HZ

    def sustained_novelty(self, rules: HelpRules) -> float:
        """The highest novelty reached on `alarmed` of `of` ticks; unknown novelty counts as 0."""
        known = np.nan_to_num(self.novelty, nan=0.0)
        windows = np.lib.stride_tricks.sliding_window_view(known, min(rules.of, len(known)))
        ordered = np.sort(windows, axis=1)[:, ::-1]
        return float(ordered[:, min(rules.alarmed, ordered.shape[1]) - 1].max())


def calibrated_rules(traces: Sequence[UncertaintyTrace], rules: HelpRules) -> HelpRules:
    """The rules with thresholds that the policy's successes seldom exceed.

    Unchanged with fewer than LEAST_SUCCESSES. A novelty that successes reach is no reason any more.
    """
    solved = [trace for trace in traces if trace.success]
    if len(solved) < LEAST_SUCCESSES:
        return rules
    lengths = [len(trace) / CONTROL_HZ for trace in solved]
    stalls = [trace.longest_stall_s(rules.stalled_m) for trace in solved]
    novelty = float(np.quantile([trace.sustained_novelty(rules) for trace in solved], ALLOWED))
    return replace(
        rules,
        novelty=max(rules.novelty, novelty),
        stalled_s=max(SHORTEST_STALL_S, MARGIN * float(np.quantile(stalls, ALLOWED))),
        overdue_s=MARGIN * float(np.quantile(lengths, ALLOWED)),
    )


def recorded_uncertainty(workspace: Workspace, policy_id: str) -> list[UncertaintyTrace]:
    """The traces of a policy's recorded episodes without takeover.

    Those at on-call are left out: there, long ones led to help requests and are missing, so the
    rules would become ever stricter.
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
