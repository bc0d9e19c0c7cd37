"""A tiny workspace to learn from, and a learner that dies where it is told to."""

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from unittest import mock

import torch

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database
from sidestick.datasets.workspace import Workspace
from sidestick.policies.perception.network import Perception, PerceptionConfig
from sidestick.policies.store import PolicyStore
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.finetune import FinetuneConfig
from sidestick.policies.training.loop import TrainingLoop
from sidestick.teleop.learning import candidate_store
from sidestick.teleop.learning.acceptance_gate import AcceptanceCriteria
from sidestick.teleop.learning.candidate_evaluation import CandidateEvaluation
from sidestick.teleop.learning.candidate_store import CandidateStore
from sidestick.teleop.learning.learner import Learner, LearnerRules
from sidestick.teleop.learning.workspace_training import TAUGHT
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
"""Learns next to nothing, in no time; the gate only looks at who solves which seed."""
DEMONSTRATION, ROLLOUT, INTERVENTION = -1, 0, 1


def tiny_workspace(folder: Path) -> Workspace:
    """Six demonstrations of nothing in particular, and perception that has learnt nothing."""
    workspace = Workspace.create(folder, WorkspaceConfig("ShelfPick", "tiny"))
    for number in range(6):
        add_episode(workspace, number, [DEMONSTRATION] * 20)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        about = PerceptionConfig("ShelfPick", "tiny", ("bg", *GOALS), GOALS, channels=4)
        Perception(about).save(workspace.path / TAUGHT)
    return workspace


def add_episode(workspace: Workspace, number: int, modes: list[int]) -> str:
    """Record an episode that ended well; its id."""
    name = f"20250101T0000{number:02d}-{number:08x}"
    made = made_up_episode(modes, number, episode_id=name)
    made.write(workspace.episodes_dir / f"{name}.hdf5")
    return name


def add_correction(workspace: Workspace, number: int) -> str:
    """An attempt of the policy that a person brought to its end."""
    return add_episode(workspace, number, [ROLLOUT] * 10 + [INTERVENTION] * 60)


def solves(policy: Path, seed: int) -> bool:
    """Everybody can do it."""
    return True


def only_present(policy: Path, seed: int) -> bool:
    """Only what has a number can do it: candidates cannot."""
    return policy.name.isdigit()


def learner(workspace: Workspace, drives: Callable[[Path, int], bool] = solves) -> Learner:
    torch.set_num_threads(1)
    return Learner(workspace, drives, QUICK)


def die(*_: object, **__: object) -> None:
    """As nobody expects it."""
    os.kill(os.getpid(), signal.SIGKILL)


def after(steps: int) -> Callable[[TrainingLoop], torch.Tensor]:
    """An update that dies once so many have been made, and saved."""
    update = TrainingLoop.update

    def dying(fit: TrainingLoop) -> torch.Tensor:
        if fit.step == steps:
            die()
        return update(fit)

    return dying


MOMENTS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "plan written": lambda: mock.patch.object(Learner, "_make", die),
    "in the training": lambda: mock.patch.object(TrainingLoop, "update", after(3)),
    "weights written, settings not": lambda: mock.patch(
        "sidestick.policies.policy.write_json", die
    ),
    "candidate whole": lambda: mock.patch.object(CandidateEvaluation, "evaluate", die),
    "examined": lambda: mock.patch.object(CandidateStore, "decide", die),
    "ruling written": lambda: mock.patch.object(PolicyStore, "publish", die),
    "published": lambda: mock.patch.object(Database, "add_event", die),
}
"""Where a candidate that passes can be cut short."""
REFUSAL_MOMENTS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "ruling written": lambda: mock.patch.object(Database, "add_event", die),
    "told": lambda: mock.patch.object(CandidateStore, "clear", die),
    "half removed": lambda: mock.patch.object(candidate_store.shutil, "rmtree", die),
}
"""Where one that is refused can be."""


def die_at(folder: Path, moment: str, refused: bool = False) -> None:
    """Learn until the moment has come; runs in a process of its own."""
    moments = REFUSAL_MOMENTS if refused else MOMENTS
    made = learner(Workspace.open(folder), only_present if refused else solves)
    if refused:  # to the moment before, without dying
        with mock.patch.object(CandidateStore, "settle", return_value=None):
            made.step()
    with moments[moment]():
        made.step()
