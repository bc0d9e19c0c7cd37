"""`calibrated_rules` sets the thresholds of help requests from episodes that needed no help.

Each signal may reach what it reaches in the policy's own successes, up to a quantile with the
finite-sample correction of conformal prediction, as in FAIL-Detect (Xu et al. 2025, section IV-C);
ThriftyDAgger (Hoque 2021) re-estimates its quantile online for the same reason: thresholds that are
set on training data are too low. Until there are enough successes, times come from demonstrations
and novelty from a ratio, both widened to what the few successes show.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...datasets.episode import Episode
from ...datasets.judgements.exclusion import used_episodes
from ...datasets.step import Level
from ...datasets.summary import EpisodeSummary
from ...datasets.workspace import Workspace
from ...policies.statistics.conformal import conformal_limit
from ...sim_envs.spaces import CONTROL_HZ
from ...sim_envs.worlds.arm_spec import EE_POS
from ..session.help_requests import LEAST_SUCCESSES, HelpRules, extent_m

NEEDLESS = 0.05
"""Share of successes in which a signal asks, at most; with three signals at most three times it.
19 successes are the fewest for which such a limit exists."""
MARGIN = 1.15
"""Factor on times from successes: scenes of tomorrow are not quite exchangeable with these."""
START_MARGIN = 1.5
"""Factor on times from demonstrations: policies hesitate and retry more than operators."""
SHORTEST_STALL_S = 1.5
LEAST_NOVELTY = 0.99
"""No lower novelty is a reason, however familiar a policy's successes were."""
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

    @property
    def is_saturated(self) -> bool:
        """Whether its novelty is of an earlier version, which gave 1 to all scenes beyond training.

        How far beyond, it does not say, so that it sets no limit.
        """
        return bool((self.novelty >= 1.0).any())

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


def calibrated_rules(
    traces: Sequence[UncertaintyTrace],
    rules: HelpRules,
    demonstrations: Sequence[UncertaintyTrace] = (),
) -> HelpRules:
    """The rules with thresholds that the policy's successes seldom exceed.

    With fewer than LEAST_SUCCESSES successes those of `start_rules`, as far up as the few reach.
    """
    rules, solved = start_rules(demonstrations, rules), [t for t in traces if t.success]
    lengths = [len(trace) / CONTROL_HZ for trace in solved]
    stalls = [trace.longest_stall_s(rules.stalled_m) for trace in solved]
    novelty = [t.sustained_novelty(rules) for t in solved if not t.is_saturated]
    return replace(
        rules,
        novelty=max(LEAST_NOVELTY, _limit(novelty, rules.novelty)),
        stalled_s=max(SHORTEST_STALL_S, _limit(stalls, rules.stalled_s, MARGIN)),
        overdue_s=_limit(lengths, rules.overdue_s, MARGIN),
        successes=len(novelty),
    )


def start_rules(demonstrations: Sequence[UncertaintyTrace], rules: HelpRules) -> HelpRules:
    """The rules with times that demonstrations do not come near; unchanged without any.

    Demonstrations say how long the task takes, and that a pause may be longer than `stalled_s`;
    short pauses of theirs say nothing of a policy's.
    """
    solved = [trace for trace in demonstrations if trace.success]
    if not solved:
        return rules
    stall = max(trace.longest_stall_s(rules.stalled_m) for trace in solved)
    return replace(
        rules,
        stalled_s=max(rules.stalled_s, START_MARGIN * stall),
        overdue_s=START_MARGIN * max(map(len, solved)) / CONTROL_HZ,
    )


def _limit(values: Sequence[float], start: float, margin: float = 1.0) -> float:
    """The conformal limit of values of successes; of too few, `start` or the highest of them."""
    if len(values) < LEAST_SUCCESSES:
        return max([start, *(margin * value for value in values)])
    return margin * conformal_limit(values, NEEDLESS)


def rules_for(workspace: Workspace, policy_id: str, rules: HelpRules) -> HelpRules:
    """The rules for a policy, by what the workspace holds of it and of demonstrations."""
    return calibrated_rules(
        recorded_uncertainty(workspace, policy_id), rules, demonstrated(workspace)
    )


def recorded_uncertainty(workspace: Workspace, policy_id: str) -> list[UncertaintyTrace]:
    """The traces of a policy's recorded episodes without takeover.

    Those at on-call are left out: there, long ones led to help requests and are missing, so the
    rules would become ever stricter.
    """
    return _traces(
        workspace,
        lambda summary: (
            summary.header.policy_id == policy_id
            and summary.header.level in UNCENSORED
            and summary.complete
            and not summary.takeovers
        ),
    )


def demonstrated(workspace: Workspace) -> list[UncertaintyTrace]:
    """The traces of an operator's own successes; their novelty is not known."""
    return _traces(
        workspace,
        lambda summary: summary.header.level is Level.DEMONSTRATE and summary.success,
    )


def _traces(
    workspace: Workspace, wanted: Callable[[EpisodeSummary], bool]
) -> list[UncertaintyTrace]:
    return [
        _of_episode(Episode.read(summary.path, images=False))
        for summary in used_episodes(workspace)
        if summary.path is not None and wanted(summary)
    ]


def _of_episode(episode: Episode) -> UncertaintyTrace:
    nowhere = np.full((len(episode), 1), np.nan, np.float32)
    return UncertaintyTrace(
        episode.novelty.astype(np.float64),
        np.asarray(np.isfinite(episode.policy_actions).all(axis=1)),
        episode.observations.get(EE_POS, nowhere).astype(np.float64),
        episode.summary.header.seed,
        episode.summary.success,
    )
