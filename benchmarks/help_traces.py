"""Traces of a policy that drives alone, with and without faults, for `help_requests`.

    python -m benchmarks.help_traces WS FOLDER --condition drop --first-seed 400000 --episodes 40

A trace holds, tick by tick, what a help monitor may read (novelty, spread of the plans, the end
effector, the fingers) and, for the judge alone, when the fault began and when the item was lost.
One NPZ file an episode; what is there is not driven again.
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.threads import limit_threads
from sidestick.policies.store import PolicyStore
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.making import make_task_env
from sidestick.sim_envs.rotations import matrix_from_quat
from sidestick.sim_envs.spaces import Observation
from sidestick.sim_envs.tasks.shelf_pick import TOTE, ShelfPick
from sidestick.teleop.session.authority import usable
from sidestick.teleop.session.open_session import unattended_session
from sidestick.teleop.session.subscriber import EpisodeContext, EpisodeOutcome, Subscriber, Tick

from .help_faults import Drop, Fault, FaultyRunner, SpoiltGrasp
from .help_trace import NONE, SIGNALS, DrivenTrace

CONDITIONS: dict[str, tuple[type[Fault] | None, str]] = {
    "plain": (None, "none"),
    "drop": (Drop, "none"),
    "spoilt grasp": (SpoiltGrasp, "none"),
    "new scene": (None, "strong"),
}
"""Fault and variation of each condition."""
FALLEN_M = 0.06
"""An item so far below where it stood, and not above the tote, has fallen."""
TOPPLED_RAD = np.radians(45.0)


def is_lost(env: ArmEnv) -> bool:
    """Whether the named item has fallen off the shelf, or a wrong one is in the tote."""
    task = _shelf(env)
    item = env.world.pose(task.target).position
    fallen = item[2] < task.start_height_m - FALLEN_M and not TOTE.is_under(item)
    held = env.arm.fingers_touching(task.target) == 2
    wrong = any(TOTE.holds(env.world.pose(name).position) for name in _others(task))
    return bool(wrong or (fallen and not held))


def is_toppled(env: ArmEnv) -> bool:
    """Whether the named item lies on its side, neither held nor in the tote."""
    task = _shelf(env)
    pose = env.world.pose(task.target)
    upright = matrix_from_quat(pose.quat)[2, 2] > np.cos(TOPPLED_RAD)
    held = env.arm.fingers_touching(task.target) == 2
    return bool(not upright and not held and not TOTE.is_under(pose.position))


def holds_wrong(env: ArmEnv) -> bool:
    """Whether the fingers hold another item than the one that is asked for."""
    task = _shelf(env)
    return any(env.arm.fingers_touching(name) == 2 for name in _others(task))


ENDS = {"lost": is_lost, "toppled": is_toppled, "wrong": holds_wrong}
"""What a person who watches takes for the end; the task would go on to its time limit."""


def _shelf(env: ArmEnv) -> ShelfPick:
    assert isinstance(env.task, ShelfPick)
    return env.task


def _others(task: ShelfPick) -> list[str]:
    return [name for name in task.present if name != task.target]


class _Recorder(Subscriber):
    """Collects the traces of one condition."""

    def __init__(self, condition: str, fault: Fault | None) -> None:
        self._condition, self._fault = condition, fault
        self.trace: DrivenTrace | None = None

    def on_begin(self, context: EpisodeContext) -> None:
        self._env, self._rows = context.env, list[tuple[Any, ...]]()
        self._fault_tick = NONE
        self._ends = dict.fromkeys(ENDS, NONE)

    def on_tick(self, tick: Tick) -> None:
        before, proposal = tick.step.observation, tick.proposal
        spread = float("nan") if proposal.plan is None else float(proposal.plan.spread.mean())
        row = (
            proposal.novelty,
            usable(proposal.action),
            before["ee_pos"],
            before["gripper_qpos"].sum(),
            self._env.arm.controller.closing,
            spread,
        )
        self._rows.append(row)
        here = len(self._rows) - 1
        if self._fault_tick == NONE and self._fault is not None and self._fault.since is not None:
            self._fault_tick = here
        for name, over in ENDS.items():
            if self._ends[name] == NONE and over(self._env):
                self._ends[name] = here

    def on_end(
        self, outcome: EpisodeOutcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        columns = [np.array(column) for column in zip(*self._rows, strict=True)]
        ends: dict[str, Any] = {f"{name}_tick": tick for name, tick in self._ends.items()}
        self.trace = DrivenTrace(
            self._condition,
            outcome.seed,
            outcome.success,
            self._fault_tick,
            **ends | dict(zip(SIGNALS, columns, strict=True)),
        )


def drive(
    workspace: Workspace, policy: str, condition: str, seeds: Iterable[int], folder: Path
) -> list[DrivenTrace]:
    """The traces of the seeds, of which those in the folder are read.

    With a fault, seeds are left out whose plain episode is there and never closes the gripper.
    """
    kind, variation = CONDITIONS[condition]
    config = workspace.config
    known = {**config.env_kwargs, "variation": variation}
    env = make_task_env(config.task, config.renderer, config.image_size, **known)
    fault = kind() if kind else None
    loaded = PolicyStore(workspace.policies_dir).load(policy, config)
    recorder = _Recorder(condition, fault)
    session = unattended_session(
        env, FaultyRunner(loaded, env, fault), policy, subscribers=[recorder]
    )
    folder.mkdir(parents=True, exist_ok=True)
    traces = []
    for seed in seeds:
        path = _path(folder, condition, seed)
        plain = _path(folder, "plain", seed)
        if fault and plain.exists() and not DrivenTrace.load(plain).closing.any():
            continue  # it never grasps: the fault would not begin
        if not path.exists():
            if fault:
                fault.begin(seed)
            session.run_episode(seed)
            assert recorder.trace is not None
            recorder.trace.save(path)
        traces.append(DrivenTrace.load(path))
    env.close()
    return traces


def _path(folder: Path, condition: str, seed: int) -> Path:
    return folder / f"{condition.replace(' ', '_')}_{seed}.npz"


def main() -> int:
    """Drive what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--policy", default="0001")
    parser.add_argument("--condition", choices=CONDITIONS, nargs="+", default=list(CONDITIONS))
    parser.add_argument("--first-seed", type=int, default=400_000)
    parser.add_argument("--episodes", type=int, default=40)
    options = parser.parse_args()
    limit_threads()
    workspace = Workspace.open(options.workspace)
    seeds = range(options.first_seed, options.first_seed + options.episodes)
    for condition in options.condition:
        traces = drive(workspace, options.policy, condition, seeds, options.folder)
        print(condition, sum(t.success for t in traces), "of", len(traces), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
