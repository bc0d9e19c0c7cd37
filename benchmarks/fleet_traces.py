"""Recorded episodes of one policy from which fleets of any size are simulated (`benchmarks.fleet`).

A frozen arm is in no hurry: what an episode does after a call does not depend on how long it
waited. So each seed is driven once alone, once on call with help at once, and once watched; a
`TracedArm` replays these, and waits where the real arm would. Scenes are evaluation seeds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rows import keep_row, read_rows
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.store import PolicyStore
from sidestick.sim_envs.worlds.arm_spec import EE_POS
from sidestick.sim_envs.worlds.contract import TaskWorld
from sidestick.teleop.autonomy.help_calibration import (
    UncertaintyTrace,
    calibrated_rules,
    demonstrated,
)
from sidestick.teleop.devices.simulated_operator import SimulatedOperator
from sidestick.teleop.evaluation.seeds import EVALUATION
from sidestick.teleop.fleet.failure_prediction import ArmSignals, FailurePrediction
from sidestick.teleop.fleet.headless import at_once
from sidestick.teleop.learning.active_policy import load_runner
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.device import InputDevice, NoOperator
from sidestick.teleop.session.environments import workspace_env
from sidestick.teleop.session.help_requests import HelpMonitor, HelpRules
from sidestick.teleop.session.levels import ControlState
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.session.session import Session
from sidestick.teleop.session.subscriber import EpisodeContext, Subscriber, Tick

CALIBRATION, FLEET = 24, 60
"""Seeds that set the thresholds of help requests, and seeds that the fleets drive."""
FIRST_CALIBRATION, FIRST_FLEET = EVALUATION.first + 30_000, EVALUATION.first + 31_000
ALONE, ON_CALL, WATCHED = "alone", "on-call", "watched"
LEVELS = {ALONE: Level.AUTONOMOUS, ON_CALL: Level.ON_CALL, WATCHED: Level.SUPERVISED}
LIMITS = 2
APART = 1_000_000
"""Between the seeds of one policy and the next, where their episodes are mixed."""


@dataclass
class EpisodeTrace(Subscriber):
    """Follows an episode: who drove for how long, and what the arm's signals were at each call."""

    prediction: FailurePrediction | None
    signals: ArmSignals
    segments: list[list[Any]] = field(default_factory=list)
    """[who, ticks] in turn."""
    calls: list[dict[str, Any]] = field(default_factory=list)
    ticks: list[tuple[float, bool, list[float]]] = field(default_factory=list)
    """Novelty, whether the policy had an answer, and where the end effector was."""

    def on_begin(self, context: EpisodeContext) -> None:
        """Begin to follow an episode."""
        self.segments, self.calls, self.ticks = [], [], []
        self.signals.begin()

    def on_tick(self, tick: Tick) -> None:
        """Add a tick."""
        who = {ControlState.HUMAN: "human", ControlState.CALLING: "call"}.get(tick.state, "policy")
        if not self.segments or self.segments[-1][0] != who:
            self.segments.append([who, 0])
        self.segments[-1][1] += 1
        place = np.asarray(tick.step.observation[EE_POS], np.float64)
        self.ticks.append((tick.step.novelty, tick.step.policy_action is not None, place.tolist()))
        if who == "human":
            self.signals.begin()
            return
        self.signals.add(tick.step.novelty, place)
        if tick.asked is not None and self.prediction is not None:
            now = self.signals.now
            self.calls.append(
                {
                    "reason": tick.asked.name,
                    "novelty": None if np.isnan(now.novelty) else now.novelty,
                    "stalled_s": now.stalled_s,
                    "driven_s": now.driven_s,
                    "risk": self.prediction.risk(now),
                }
            )


def record(folder: Path, name: str, out: Path) -> None:
    """Drive every seed that `out` does not have yet with the policy of a workspace."""
    workspace = Workspace.open(folder)
    policy = PolicyStore(workspace.policies_dir).choose(None).policy_id
    runner, env = load_runner(workspace, policy), workspace_env(workspace.config)
    hz = env.world_spec.control_hz
    common = {"policy": name, "task": workspace.config.task}

    def drive(kind: str, seed: int, monitor: HelpMonitor, trace: EpisodeTrace) -> dict[str, Any]:
        session = _session(env, kind, runner, monitor, trace)
        outcome = session.run_episode(seed)
        row = {**common, "kind": kind, "seed": seed, "success": outcome.success}
        row |= {"segments": trace.segments, "calls": trace.calls}
        return row

    known = [row for row in read_rows(out) if row["policy"] == name]
    done = {(row["kind"], row["seed"]) for row in known}
    blank = EpisodeTrace(None, ArmSignals(HelpRules(), hz))
    for seed in range(FIRST_CALIBRATION, FIRST_CALIBRATION + CALIBRATION):
        if ("calibration", seed) not in done:
            row = drive(ALONE, seed, HelpMonitor(), blank)
            keep_row(out, {**row, "kind": "calibration", "per_episode": blank.ticks})
    traces = [_uncertainty(row) for row in read_rows(out) if _calibrates(row, name)]
    rules = calibrated_rules(traces, HelpRules(), demonstrated(workspace))
    trace = EpisodeTrace(FailurePrediction.of(traces, rules, hz), ArmSignals(rules, hz))
    for seed in range(FIRST_FLEET, FIRST_FLEET + FLEET):
        for kind in LEVELS:
            if (kind, seed) not in done:
                keep_row(out, drive(kind, seed, HelpMonitor(rules), trace))
    env.close()


def _session(
    env: TaskWorld, kind: str, runner: PolicyRunner, monitor: HelpMonitor, trace: EpisodeTrace
) -> Session:
    assignment = Assignment(LEVELS[kind], None, runner, monitor)
    if kind == ALONE:
        return Session(env, NoOperator(), assignment, [trace])
    device: InputDevice = SimulatedOperator(env, Level.SUPERVISED)
    if kind == ON_CALL:
        device = at_once(env)
        device.attended = True
    limit = env.world_spec.max_steps * LIMITS
    return Session(env, device, assignment, [trace], max_steps=limit)


def _calibrates(row: Mapping[str, Any], name: str) -> bool:
    return row["policy"] == name and row["kind"] == "calibration"


def _uncertainty(row: Mapping[str, Any]) -> UncertaintyTrace:
    novelty, answered, places = zip(*row["per_episode"], strict=True)
    return UncertaintyTrace(
        np.array(novelty, np.float64),
        np.array(answered, np.bool_),
        np.array(places, np.float64),
        row["seed"],
        row["success"],
    )


@dataclass(frozen=True)
class Traces:
    """The episodes of one policy, by kind and seed."""

    episodes: Mapping[str, Mapping[int, Mapping[str, Any]]]
    hz: float = 20.0

    @classmethod
    def read(cls, path: Path, *names: str) -> "Traces":
        """Those of a policy in a file, on seeds that were driven in every way.

        Of several policies half, a third, ... of the episodes each: a policy in between.
        """
        all_rows, episodes = (
            read_rows(path),
            {kind: dict[int, Mapping[str, Any]]() for kind in LEVELS},
        )
        for place, name in enumerate(names):
            rows = [row for row in all_rows if row["policy"] == name]
            found = {k: {r["seed"]: r for r in rows if r["kind"] == k} for k in LEVELS}
            seeds = sorted(set.intersection(*(set(by_seed) for by_seed in found.values())))
            for kind, by_seed in found.items():
                episodes[kind] |= {APART * place + seed: by_seed[seed] for seed in seeds}
        return cls(episodes)

    @property
    def seeds(self) -> list[int]:
        """The seeds that were driven."""
        return [*self.episodes[ALONE]]

    def success_alone(self) -> float:
        """The share of episodes that the policy solves alone; of mixed ones as much of each."""
        shares: dict[int, list[bool]] = {}
        for seed, episode in self.episodes[ALONE].items():
            shares.setdefault(seed // APART, []).append(episode["success"])
        return float(np.mean([np.mean(solved) for solved in shares.values()]))


def resampled(seeds: Sequence[int], repeat: int) -> Iterator[int]:
    """Seeds without an end, drawn from a resample of its own for each repeat (bootstrap).

    Of mixed policies the resample has as many of each.
    """
    rng = np.random.default_rng([repeat, 29])
    groups = [
        [seed for seed in seeds if seed // APART == g] for g in sorted({s // APART for s in seeds})
    ]
    drawn = [rng.choice(group, len(group)) for group in groups]
    while True:
        group = drawn[int(rng.integers(len(drawn)))]
        yield int(group[int(rng.integers(len(group)))])
