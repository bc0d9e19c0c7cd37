"""These tests drive with a policy through `policies.api`, as another program does."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.workspace import Workspace
from sidestick.policies.api import ActingPolicy, load_policy
from sidestick.policies.heads import build_head
from sidestick.policies.network import PolicyNetwork
from sidestick.policies.novelty import Novelty
from sidestick.policies.policy import LearnedPolicy
from sidestick.policies.policy_config import PolicyConfig
from sidestick.policies.vision.end_to_end import EndToEnd, EndToEndConfig
from sidestick.sim_envs.errors import BadValue, PolicyError, UnknownName
from tests.synthetic import GOALS, made_up_observation

SIDE = 32


def observation(seed: int = 0) -> dict[str, np.ndarray]:
    return dict(made_up_observation(np.random.default_rng(seed), SIDE))


@pytest.fixture
def learned() -> LearnedPolicy:
    """An untrained policy with plans of 16 actions, 5 of which are executed."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        vision = EndToEnd(EndToEndConfig(num_goals=len(GOALS), image_size=SIDE))
        network = PolicyNetwork(vision, build_head("bc", vision.size, {}))
    config = PolicyConfig("ShelfPick", "tiny", tuple(GOALS), image_size=SIDE, execute=5)
    return LearnedPolicy(config, network, Novelty.fit(np.linspace(0, 1, 9), "held-out"))


def test_actions_are_those_of_the_plans_one_at_a_time(learned: LearnedPolicy) -> None:
    """The first `execute` of a plan, then those of a new one; reset() drops the rest."""
    acting = ActingPolicy(learned)
    acted = np.array([acting.act(observation(tick)) for tick in range(7)])
    plans = [learned.plan(observation(tick)).actions for tick in (0, 5)]
    assert acted.dtype == np.float32
    assert np.array_equal(acted, np.concatenate((plans[0][:5], plans[1][:2])))
    assert not acting.plan_due
    acting.reset()
    assert acting.plan_due
    assert np.array_equal(acting.act(observation(0)), plans[0][0])


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("front_image", None, "no front_image"),
        ("front_image", np.zeros((9, 9, 3), np.uint8), r"front_image: expected uint8\[32, 32, 3\]"),
        ("front_image", np.zeros((SIDE, SIDE, 3)), r"got float64\[32, 32, 3\]"),
        ("ee_pos", np.zeros(2), r"ee_pos: expected float32\[3\], got float64\[2\]"),
        ("ee_pos", [0.0, np.nan, 0.0], "ee_pos: expected finite"),
        ("goal", np.zeros(2), r"goal: expected float32\[3\]"),
    ],
)
@pytest.mark.parametrize("tick", [0, 1])
def test_what_is_wrong_with_an_observation_is_named(
    learned: LearnedPolicy, key: str, value: object, said: str, tick: int
) -> None:
    """At every tick, also where no plan is due; the next good observation drives on."""
    acting = ActingPolicy(learned)
    for _ in range(tick):
        acting.act(observation())
    odd = {name: one for name, one in {**observation(), key: value}.items() if one is not None}
    with pytest.raises(BadValue, match=said):
        acting.act(odd)
    lists = {"ee_pos": observation()["ee_pos"].tolist()}
    plan = learned.plan(observation()).actions
    assert np.array_equal(acting.act({**observation(), **lists}), plan[tick])


def test_a_policy_is_found_by_folder_workspace_and_number(
    learned: LearnedPolicy, tmp_path: Path
) -> None:
    """What is not there is said, with what there is."""
    config = WorkspaceConfig("ShelfPick", image_size=SIDE)
    workspace = Workspace.create(tmp_path / "shelf", config)
    with pytest.raises(PolicyError, match="none yet"):
        load_policy(workspace.path)
    folder = workspace.policies_dir / "0002"
    learned.save(folder)
    for found in (load_policy(folder), load_policy(workspace.path, 2)):
        assert np.array_equal(found.act(observation()), learned.plan(observation()).actions[0])
    with pytest.raises(UnknownName, match="0002"):
        load_policy(workspace.path, 7)
    with pytest.raises(BadValue, match="own folder"):
        load_policy(folder, 2)
    with pytest.raises(PolicyError, match="neither a workspace"):
        load_policy(tmp_path)


def test_neither_the_session_nor_an_engine_is_loaded(
    learned: LearnedPolicy, tmp_path: Path
) -> None:
    """A robot's own computer needs no simulator to drive with a policy."""
    learned.save(tmp_path / "0001")
    program = (
        "import sys\n"
        "from sidestick.policies.api import load_policy\n"
        "load_policy(sys.argv[1]).reset()\n"
        "print([n for n in sys.modules if n.startswith(('pybullet', 'pygame', 'sidestick.tele'))])"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "0001")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
