"""These tests make many corrections of one takeover, and look at how they are labelled."""

from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.effort_ledger import effort_entries
from sidestick.datasets.episode import Episode
from sidestick.datasets.step import ActionMode, Driver, Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.plan import Plan
from sidestick.policies.engines.local import LocalEngine
from sidestick.policies.training.class_weights import human, raw_shares
from sidestick.sim_envs.errors import BadValue
from sidestick.sim_envs.spaces import Observation
from sidestick.teleop.autonomy.ladder_store import LadderStore
from sidestick.teleop.evaluation.replay import verify
from sidestick.teleop.generation.correcting_operator import CorrectingOperator
from sidestick.teleop.generation.generate import generate
from sidestick.teleop.generation.sources import corrections_of, sources_of
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.station.headless import drive_simulated


class StrayPolicy:
    """A policy that drives off to the left."""

    chunk, execute = 16, 8

    def reset(self) -> None:
        """Nothing to forget."""

    def plan(self, observation: Observation) -> Plan:
        """The same motion, whatever is seen."""
        actions = np.zeros((self.chunk, 7), np.float32)
        actions[:, :3] = (0.1, 0.2, -0.05)
        return Plan(actions, np.zeros_like(actions), 0.2)


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One supervised episode, in which the operator takes over at least once and succeeds."""
    config = WorkspaceConfig("ShelfPick", image_size=16, env_kwargs={"num_items": 1})
    workspace = Workspace.create(tmp_path_factory.mktemp("corrected") / "ws", config)
    runner = PolicyRunner(StrayPolicy())
    drive_simulated(workspace, Level.SUPERVISED, [0], "0001", runner=runner)
    (summary,) = workspace.summaries()
    assert summary.success
    assert summary.takeovers >= 1
    return workspace


def test_one_takeover_becomes_several(corrected: Workspace) -> None:
    """The failure is a rollout's, the correction an intervention; nobody's effort or evidence."""
    corrections = corrections_of(sources_of(corrected))
    (failed,) = (correction.failed for correction in corrections)
    assert failed is not None
    assert len(failed.way) > 5
    effort = effort_entries(corrected)
    report = generate(corrected, 2, corrections, LocalEngine(1), kind=CorrectingOperator)
    assert report.recorded == 2
    assert effort_entries(corrected) == effort
    assert LadderStore(corrected).open_contexts() == []
    made = [s for s in corrected.summaries() if s.header.operator == "generated"]
    lengths = set()
    for summary in made:
        assert summary.path is not None
        assert (summary.header.level, summary.header.policy_id) == (Level.SUPERVISED, None)
        episode = Episode.read(summary.path, images=False)
        assert verify(episode).identical
        begin = int(np.flatnonzero(episode.takeover_id == 0)[0])
        lengths.add(begin)
        assert set(episode.driver[:begin].tolist()) <= {Driver.POLICY, Driver.NOBODY}
        assert (episode.driver[begin:] == Driver.HUMAN).all()
        assert (episode.action_modes[:begin] == ActionMode.ROLLOUT).all()
        assert (episode.action_modes[begin:] == ActionMode.INTERVENTION).all()
        shares = human(raw_shares(episode.intv_labels))
        assert shares[ActionMode.INTERVENTION] > 0
        assert ActionMode.ROLLOUT not in shares
        move = np.abs(episode.actions[: begin - 1, :3]).max(axis=1)
        assert (move > 0).all()
    assert len(lengths) == 2  # taken over at another point of the way


def test_demonstrations_hold_no_correction(tmp_path: Path) -> None:
    """It is said what to record instead."""
    config = WorkspaceConfig("ShelfPick", image_size=16, env_kwargs={"num_items": 1})
    workspace = Workspace.create(tmp_path / "ws", config)
    drive_simulated(workspace, Level.DEMONSTRATE, [0])
    with pytest.raises(BadValue, match="--level supervised"):
        corrections_of(sources_of(workspace))
