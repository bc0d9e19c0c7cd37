"""The learner: candidates, the gate's decision, and resuming after a kill at any moment."""

import multiprocessing
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from sidestick.datasets.workspace import Workspace
from sidestick.policies.policy import MODEL, load_policy
from sidestick.policies.store import STAGING, PolicyStore
from sidestick.sim_envs.errors import PolicyError
from sidestick.teleop.learning.candidate_store import describe_update
from sidestick.teleop.learning.learner import Learner
from tests.learning_rig import (
    KILL_POINTS,
    QUICK,
    REFUSAL_KILL_POINTS,
    add_correction,
    add_episode,
    die_at,
    learner,
    only_present,
    solves,
    tiny_workspace,
)

CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload(["tests.learning_rig"])


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose first policy passed the gate."""
    workspace = tiny_workspace(tmp_path_factory.mktemp("taught") / "ws")
    event = learner(workspace).step()
    assert event is not None
    assert event.payload["policy"] == "0001"
    return workspace.path


@pytest.fixture
def workspace(taught: Path, tmp_path: Path) -> Workspace:
    """The same with a correction to learn from."""
    shutil.copytree(taught, tmp_path / "ws")
    made = Workspace.open(tmp_path / "ws")
    add_correction(made, 6)
    return made


@pytest.fixture(scope="module")
def undisturbed(taught: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The weights of the finetuned policy of a learner that is not killed."""
    folder = tmp_path_factory.mktemp("undisturbed") / "ws"
    shutil.copytree(taught, folder)
    made = Workspace.open(folder)
    add_correction(made, 6)
    learner(made).step()
    return (made.policies_dir / "0002" / MODEL).read_bytes()


def killed(workspace: Workspace, moment: str, refused: bool = False) -> None:
    """Run a learner that dies at the moment."""
    process = CHILDREN.Process(target=die_at, args=(workspace.path, moment, refused))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def whole(workspace: Workspace) -> list[str]:
    """Numbers of all policies of the workspace, each of which can be loaded."""
    store = PolicyStore(workspace.policies_dir)
    for name in store.ids():
        load_policy(store.path(name), "ShelfPick", "tiny")
    return store.ids()


def test_the_first_policy_comes_from_the_demonstrations(taught: Path) -> None:
    """It has its provenance and the gate's decision; nothing more is due."""
    workspace = Workspace.open(taught)
    policy = load_policy(workspace.policies_dir / "0001")
    assert len(policy.config.provenance.episodes) == 6
    again = learner(workspace)
    assert again.step() is None
    (decision,) = again.staging.decisions()
    assert decision["passed"]
    assert decision["reasons"] == ["it is the first policy"]


def test_a_policy_finetuned_on_a_correction_drives_after_the_gate(workspace: Workspace) -> None:
    """The event gives its kind, parent and results on the gate's seeds."""
    made = learner(workspace)
    event = made.step()
    assert event is not None
    decision = event.payload
    assert (decision["policy"], decision["kind"], decision["parent"]) == ("0002", "nudge", "0001")
    assert len(decision["solved"]) >= 5
    assert "seeds solved" in describe_update(event)
    assert whole(workspace) == ["0001", "0002"]
    assert load_policy(workspace.policies_dir / "0002").config.provenance.kind == "nudge"
    assert made.step() is None


def test_a_candidate_that_loses_on_the_seeds_is_refused_and_not_tried_again(
    workspace: Workspace,
) -> None:
    """Its figures are kept, its folder is not; the next candidate needs new episodes."""
    made = learner(workspace, only_present)
    event = made.step()
    assert event is not None
    assert not event.payload["passed"]
    assert event.payload["policy"] is None
    assert "0 of 5 seeds solved, now 5" in describe_update(event)
    assert whole(workspace) == ["0001"]
    assert not made.staging.candidate.exists()
    assert made.step() is None
    add_correction(workspace, 7)
    assert made.step() is not None


def test_ten_new_episodes_are_a_refit(workspace: Workspace) -> None:
    """It is trained from the base, with the parent in its provenance."""
    for number in range(7, 16):
        add_episode(workspace, number, [0] * 10 + [1] * 10)
    event = learner(workspace).step()
    assert event is not None
    assert (event.payload["kind"], event.payload["policy"]) == ("refit", "0002")
    provenance = load_policy(workspace.policies_dir / "0002").config.provenance
    assert (provenance.parent, provenance.round, len(provenance.episodes)) == ("0001", 1, 16)


def test_what_the_policy_did_alone_makes_no_refit_due(workspace: Workspace) -> None:
    """The training uses human steps only: ten more autonomous episodes change nothing."""
    assert learner(workspace).step() is not None  # the correction
    for number in range(7, 20):
        add_episode(workspace, number, [0] * 20)
    assert learner(workspace).step() is None


def test_checking_for_updates_reads_a_policy_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It checks every two seconds, beside a control loop; a published policy never changes."""
    made, read = Learner(workspace, solves, replace(QUICK, train=None)), []
    load = made.store.load
    monkeypatch.setattr(made.store, "load", lambda *given: read.append(given[0]) or load(*given))
    for _ in range(3):
        made.due()
    assert sorted(read) == sorted(set(read))


def test_what_the_active_policy_solved_as_a_candidate_is_not_driven_again(
    workspace: Workspace,
) -> None:
    """Its results are in its folder."""
    learner(workspace).step()
    add_correction(workspace, 7)
    driven: list[str] = []
    learner(workspace, lambda policy, seed: bool(driven.append(policy.name)) or True).step()
    assert set(driven) == {"candidate"}


def test_a_policy_that_was_set_aside_is_learnt_from_no_more(workspace: Workspace) -> None:
    """Its corrections count as taken up; the next candidate comes from the one before."""
    made = learner(workspace)
    made.step()
    made.store.set_aside("0002", {})
    assert made.step() is None
    add_correction(workspace, 7)
    event = made.step()
    assert event is not None
    assert (event.payload["policy"], event.payload["parent"]) == ("0003", "0001")


def test_a_rollback_while_a_candidate_is_evaluated_refuses_it(workspace: Workspace) -> None:
    """Its weights come from the policy that the operator set aside."""
    learner(workspace).step()
    add_correction(workspace, 7)

    def roll_back(policy: Path, seed: int) -> bool:
        PolicyStore(workspace.policies_dir).set_aside("0002", {})
        return True

    event = learner(workspace, roll_back).step()
    assert event is not None
    assert not event.payload["passed"]
    assert "does not drive any more" in event.payload["reasons"][0]


@pytest.mark.parametrize("moment", KILL_POINTS)
def test_killed_anywhere_the_next_learner_comes_to_the_same(
    workspace: Workspace, undisturbed: bytes, moment: str
) -> None:
    """No half policy, no lost episode, no second entry; bit for bit the same weights."""
    episodes = {path.name: path.read_bytes() for path in workspace.episodes()}
    killed(workspace, moment)
    assert whole(workspace) in (["0001"], ["0001", "0002"])
    made = learner(workspace)
    while made.step() is not None:
        pass
    assert whole(workspace) == ["0001", "0002"]
    assert (workspace.policies_dir / "0002" / MODEL).read_bytes() == undisturbed
    assert [decision["policy"] for decision in made.staging.decisions()] == ["0001", "0002"]
    assert list((workspace.policies_dir / STAGING).iterdir()) == []
    assert {path.name: path.read_bytes() for path in workspace.episodes()} == episodes


@pytest.mark.parametrize("moment", REFUSAL_KILL_POINTS)
def test_killed_while_it_refuses_it_still_refuses_once(workspace: Workspace, moment: str) -> None:
    """The candidate never drives, and is never tried again."""
    killed(workspace, moment, refused=True)
    assert whole(workspace) == ["0001"]
    made = learner(workspace)
    while made.step() is not None:
        pass
    assert whole(workspace) == ["0001"]
    assert [decision["passed"] for decision in made.staging.decisions()] == [True, False]


def test_a_folder_that_is_no_policy_is_never_published(tmp_path: Path) -> None:
    """The store checks before it renames."""
    (tmp_path / "staged").mkdir()
    with pytest.raises(PolicyError, match="not a whole policy"):
        PolicyStore(tmp_path).publish(tmp_path / "staged")
