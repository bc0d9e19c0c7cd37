"""These tests rewind episodes at every level, and check the abandoned branch in the file."""

from pathlib import Path

import numpy as np
import pytest

import sidestick.sim_envs
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.frames import Frames
from sidestick.datasets.labels import PRE_INTERVENTION_STEPS, intervention_labels
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.step import ActionMode, Driver, Level
from sidestick.datasets.windows import Windows
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.plan import Plan
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.spaces import CONTROL_HZ, Observation
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.command import Command, zero_action
from sidestick.teleop.session.help_requests import HelpMonitor, HelpRules
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.session.recording import Recording
from sidestick.teleop.session.rewind import RewindBuffer
from sidestick.teleop.session.session import Session

HUMAN = np.array([0, 0.3, 0, 0, 0, 0, -1], np.float32)
POLICY = np.array([0.1, -0.3, 0.1, 0, 0, 0, -1], np.float32)
NEVER = HelpRules(novelty=1.0, stalled_s=1e6, overdue_s=1e6)
LONG_S = 30.0
CONFIG = WorkspaceConfig("ShelfPick", env_kwargs={"num_items": 1})


class ClutchInput:
    """A device whose clutch is held when `held` says so."""

    name = "clutch"
    held = False

    def begin(self, seed: int) -> None:
        """Do nothing."""

    def poll(self, driver: Driver) -> Command:
        return Command(HUMAN if self.held else zero_action(), self.held)


class Slow:
    """A policy that always moves in one direction."""

    chunk, execute = 16, 8

    def reset(self) -> None:
        """Do nothing."""

    def plan(self, observation: Observation) -> Plan:
        actions = np.tile(POLICY, (self.chunk, 1))
        return Plan(actions, np.zeros_like(actions), 0.1)


@pytest.fixture
def env() -> ArmEnv:
    return sidestick.sim_envs.make_task_env("ShelfPick", num_items=1)


@pytest.mark.parametrize("level", Level)
def test_thirty_seconds_can_be_undone_at_every_level(level: Level) -> None:
    """Scene, arm and counters are as they were; the episode goes on from there."""
    env = sidestick.sim_envs.make_task_env("ShelfPick", num_items=1, image_size=32)
    device = ClutchInput()
    device.held = level in (Level.DEMONSTRATE, Level.SHADOW, Level.ASSIST)
    assignment = Assignment(level, runner=PolicyRunner(Slow()), monitor=HelpMonitor(NEVER))
    session = Session(env, device, assignment, max_steps=10_000)
    episode, history, states = session.prepare(3), RewindBuffer(), []
    history.begin()
    for _ in range(round(LONG_S * CONTROL_HZ) + 45):
        history.add_if_due(episode)
        states.append(env.state())
        episode.tick()
    before = episode.steps
    undone = history.rewind(episode, LONG_S)
    assert LONG_S <= undone / CONTROL_HZ <= LONG_S + 0.5
    assert episode.steps == before - undone
    np.testing.assert_array_equal(env.state(), states[episode.steps])
    tick = episode.tick()
    assert tick.step.driver == (Driver.HUMAN if device.held else Driver.POLICY) or (
        level is Level.ASSIST and tick.step.driver == Driver.BLEND
    )
    assert episode.outcome().rewinds == 1


def test_a_branch_that_was_left_is_negative_and_never_a_target(env: ArmEnv, tmp_path: Path) -> None:
    """It is kept with labels of its own; the main line before it keeps its labels."""
    workspace, history = Workspace.create(tmp_path / "ws", CONFIG), RewindBuffer()
    device = ClutchInput()
    with Recorder(workspace) as recorder:
        assignment = Assignment(Level.SUPERVISED, "0001", PolicyRunner(Slow()))
        session = Session(env, device, assignment, [Recording(recorder)])
        episode = session.prepare(3)
        episode.begin()
        history.begin()
        for _ in range(50):
            history.add_if_due(episode)
            episode.tick()
        history.rewind(episode, 1.0)
        kept, device.held = episode.steps, True
        for _ in range(20):
            episode.tick()
        episode.end(verdict=True)
        (path,) = recorder.wait()
    stored = Episode.read(path)
    (branch,) = stored.abandoned
    assert (branch.start, len(branch.columns["actions"])) == (kept, 50 - kept)
    assert set(branch.columns["intv_labels"].tolist()) == {ActionMode.PRE_INTERVENTION}
    assert (
        stored.intv_labels.tolist() == [ActionMode.ROLLOUT] * kept + [ActionMode.INTERVENTION] * 20
    )
    frames = Frames([stored])
    assert len(frames) == kept + 20
    chunks = Windows(frames, chunk=16).batch(np.arange(len(frames)))
    corrections = chunks["index"] >= kept
    np.testing.assert_array_equal(
        chunks["actions"][corrections][:, 0], np.tile(HUMAN, (corrections.sum(), 1))
    )


def test_waiting_for_help_does_not_use_up_the_window_before_it() -> None:
    """The policy's last steps are those before its help request; waiting is no target either."""
    modes = np.array([0] * 30 + [0] * 25 + [1] * 4, np.int64)
    waiting = np.zeros(len(modes), np.bool_)
    waiting[30:55] = True
    labels = intervention_labels(modes, waiting)
    first = 30 - PRE_INTERVENTION_STEPS
    assert labels.tolist() == [0] * first + [-10] * (55 - first) + [1] * 4


def test_the_window_ends_where_a_rewind_came_back() -> None:
    """Steps before that moment keep their labels: the operator chose to go back to it."""
    modes = np.array([0] * 30 + [1] * 4, np.int64)
    labels = intervention_labels(modes, rejoined={24})
    assert labels.tolist() == [0] * 24 + [-10] * 6 + [1] * 4
