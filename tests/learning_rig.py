"""Tests of learning use this tiny workspace, and a learner that kills itself at a given point."""

import itertools
import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database
from sidestick.datasets.workspace import Workspace
from sidestick.policies.perception.network import Perception, PerceptionConfig
from sidestick.policies.store import PolicyStore
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.finetune_config import FinetuneConfig
from sidestick.policies.training.loop import TrainingLoop
from sidestick.teleop.learning import candidate_store
from sidestick.teleop.learning import learner as learner_module
from sidestick.teleop.learning.acceptance_gate import AcceptanceCriteria, GateTest
from sidestick.teleop.learning.candidate_store import CandidateStore
from sidestick.teleop.learning.learner import Learner
from sidestick.teleop.learning.learner_rules import LearnerRules
from sidestick.teleop.learning.workspace_perception import FINETUNED_PERCEPTION
from tests.synthetic import GOALS, made_up_episode

QUICK = LearnerRules(
    gate=AcceptanceCriteria(rise=100.0),
    nudge=FinetuneConfig(steps=5),
    train=TrainConfig(
        steps=12,
        batch=20,
        head_settings={"width": 16, "opinions": 2},
        held_out=0.0,
        candidates=(1.0,),
    ),
    selection=0,
)
"""Rules for a few training steps; the gate ignores losses and compares only solved seeds."""
DEMONSTRATION, ROLLOUT, INTERVENTION = -1, 0, 1


def tiny_workspace(folder: Path) -> Workspace:
    """A workspace of six made-up demonstrations and an untrained perception."""
    workspace = Workspace.create(folder, WorkspaceConfig("ShelfPick", "tiny"))
    for number in range(6):
        add_episode(workspace, number, [DEMONSTRATION] * 20)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        about = PerceptionConfig("ShelfPick", "tiny", ("bg", *GOALS), GOALS, channels=4)
        Perception(about).save(workspace.path / FINETUNED_PERCEPTION)
    return workspace


def add_episode(workspace: Workspace, number: int, modes: list[int]) -> str:
    """Write a successful made-up episode of these action modes; its id."""
    name = f"20250101T0000{number:02d}-{number:08x}"
    made = made_up_episode(modes, number, episode_id=name)
    made.write(workspace.episodes_dir / f"{name}.hdf5")
    return name


def add_correction(workspace: Workspace, number: int) -> str:
    """Write an episode that the policy begins and a person finishes; its id."""
    return add_episode(workspace, number, [ROLLOUT] * 10 + [INTERVENTION] * 60)


def solves(policy: Path, seed: int) -> bool:
    """A rollout in which every policy succeeds."""
    return True


def only_present(policy: Path, seed: int) -> bool:
    """A rollout in which only published policies, which have numbers, succeed."""
    return policy.name.isdigit()


def learner(workspace: Workspace, drives: Callable[[Path, int], bool] = solves) -> Learner:
    torch.set_num_threads(1)
    return Learner(workspace, drives, QUICK)


def die(*_: object, **__: object) -> None:
    """Kill this process without any cleanup."""
    os.kill(os.getpid(), signal.SIGKILL)


def after(steps: int) -> Callable[[TrainingLoop], torch.Tensor]:
    """A replacement of `TrainingLoop.update` that dies after so many steps."""
    update = TrainingLoop.update

    def dying(fit: TrainingLoop) -> torch.Tensor:
        if fit.step == steps:
            die()
        return update(fit)

    return dying


def at_call(calls: int, method: Callable[..., None]) -> Callable[..., None]:
    """A replacement of a method that dies at so many calls."""
    count = itertools.count(1)

    def dying(*given: Any) -> None:
        if next(count) == calls:
            die()
        method(*given)

    return dying


KILL_POINTS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "plan written": lambda: mock.patch.object(Learner, "_make", die),
    "in the training": lambda: mock.patch.object(TrainingLoop, "update", after(3)),
    "weights written, settings not": lambda: mock.patch(
        "sidestick.policies.policy.write_json", die
    ),
    "in the ruling": lambda: mock.patch.object(GateTest, "add", at_call(20, GateTest.add)),
    "candidate whole": lambda: mock.patch.object(learner_module, "rule", die),
    "examined": lambda: mock.patch.object(CandidateStore, "decide", die),
    "ruling written": lambda: mock.patch.object(PolicyStore, "publish", die),
    "published": lambda: mock.patch.object(Database, "add_event", die),
}
"""Points at which learning can be killed while a candidate passes the gate."""
REFUSAL_KILL_POINTS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "ruling written": lambda: mock.patch.object(Database, "add_event", die),
    "told": lambda: mock.patch.object(CandidateStore, "clear", die),
    "half removed": lambda: mock.patch.object(candidate_store.shutil, "rmtree", die),
}
"""Points at which it can be killed while a candidate is refused."""


def die_at(folder: Path, moment: str, refused: bool = False) -> None:
    """Learn, and die at one of `KILL_POINTS` or `REFUSAL_KILL_POINTS`; runs in its own process."""
    moments = REFUSAL_KILL_POINTS if refused else KILL_POINTS
    made = learner(Workspace.open(folder), only_present if refused else solves)
    if refused:  # first up to the decision, without dying
        with mock.patch.object(CandidateStore, "settle", return_value=None):
            made.step()
    with moments[moment]():
        made.step()
