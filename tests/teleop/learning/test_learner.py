"""The learner: candidates, the gate's decision, and resuming after a kill at any moment."""

import multiprocessing
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from sidestick.datasets.database import Database, EventEntry, EventKind
from sidestick.datasets.workspace import Workspace
from sidestick.policies.policy import load_policy
from sidestick.policies.policy_config import MODEL
from sidestick.policies.store import STAGING, PolicyStore
from sidestick.sim_envs.errors import PolicyError
from sidestick.teleop.evaluation.seeds import GATE
from sidestick.teleop.learning.candidate_store import describe_update
from sidestick.teleop.learning.gate_ruling import reference_of
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
    assert (decision["verdict"], decision["passed"]) == ("first policy", True)
    assert decision["reasons"] == ["it is the first policy"]


def test_a_policy_finetuned_on_a_correction_drives_after_the_gate(workspace: Workspace) -> None:
    """The event gives its kind, parent and results on the gate's seeds."""
    made = learner(workspace)
    event = made.step()
    assert event is not None
    decision = event.payload
    assert (decision["policy"], decision["kind"], decision["parent"]) == ("0002", "nudge", "0001")
    assert decision["verdict"] == "not worse"
    assert decision["seeds"] == [GATE.first, QUICK.gate.pairs]
    assert decision["candidate_solved"] == decision["pairs"] < QUICK.gate.pairs
    assert "not worse by 0.10 or more (against policy 0001" in describe_update(event)
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
    assert event.payload["verdict"] == "worse"
    assert "0 solved by the candidate alone, 7 by 0001 alone" in describe_update(event)
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


def test_every_ruling_drives_seeds_of_its_own_that_the_database_had_before(
    workspace: Workspace,
) -> None:
    """Passed or refused, and in an earlier version's workspace too: no scene is driven twice."""
    database, driven = Database(workspace.db_path), set[int]()
    solved = {"token": "old", "episodes": [], "kind": "nudge", "solved": {"310019": True}}
    database.add_event(EventEntry(EventKind.GATE, solved))

    def drive(policy: Path, seed: int) -> bool:
        first, count = database.events(EventKind.GATE_SEEDS)[-1].payload["seeds"]
        assert first <= seed < first + count
        driven.add(seed)
        return only_present(policy, seed)

    for number, expected in ((7, 310_020), (8, 310_020 + QUICK.gate.pairs)):
        event = learner(workspace, drive).step()
        assert event is not None
        assert event.payload["seeds"] == [expected, QUICK.gate.pairs]
        assert not event.payload["passed"]
        assert min(driven) == expected
        driven.clear()
        add_correction(workspace, number)


def test_the_candidate_meets_the_reference_too_once_that_is_another_policy(
    workspace: Workspace,
) -> None:
    """The second nudge is compared with the first policy on the same seeds, and by its record."""
    learner(workspace).step()
    add_correction(workspace, 7)
    driven: dict[str, set[int]] = {}

    def drive(policy: Path, seed: int) -> bool:
        driven.setdefault(policy.name, set()).add(seed)
        return True

    event = learner(workspace, drive).step()
    assert event is not None
    assert driven["candidate"] == driven["0001"] == driven["0002"]
    assert (event.payload["compared_with"], event.payload["reference"]) == ("0002", "0001")
    assert len(event.payload["reasons"]) == 2


def test_a_candidate_that_the_reference_beats_is_refused_though_it_equals_the_present_policy(
    workspace: Workspace,
) -> None:
    """So many small losses cannot add up."""
    learner(workspace).step()
    add_correction(workspace, 7)
    event = learner(workspace, lambda policy, seed: policy.name == "0001").step()
    assert event is not None
    assert event.payload["verdict"] == "worse"
    assert event.payload["reasons"][0].startswith("undecided after 7 pairs")
    assert event.payload["reasons"][1].startswith("worse (against policy 0001")


def test_one_that_is_shown_better_becomes_the_reference(workspace: Workspace) -> None:
    """The next candidate is compared with it alone."""
    event = learner(workspace, lambda policy, seed: policy.name == "candidate").step()
    assert event is not None
    assert (event.payload["verdict"], event.payload["policy"]) == ("better", "0002")
    store = PolicyStore(workspace.policies_dir)
    assert reference_of(store, "0002") == "0002"
    assert reference_of(store, "0001") == "0001"


def test_a_ruling_that_was_killed_goes_on_with_its_own_seeds(workspace: Workspace) -> None:
    """No pair is lost, no seed is driven again, and none are drawn anew."""
    killed(workspace, "in the ruling")
    driven: list[int] = []
    event = learner(workspace, lambda policy, seed: bool(driven.append(seed)) or True).step()
    assert event is not None
    assert event.payload["pairs"] == 44
    assert min(driven) == GATE.first + 20
    assert len(Database(workspace.db_path).events(EventKind.GATE_SEEDS)) == 1


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
    """Its weights come from the policy that the operator set aside; the ruling ends at once."""
    driven: list[str] = []
    learner(workspace).step()
    add_correction(workspace, 7)

    def roll_back(policy: Path, seed: int) -> bool:
        driven.append(policy.name)
        PolicyStore(workspace.policies_dir).set_aside("0002", {})
        return True

    event = learner(workspace, roll_back).step()
    assert event is not None
    assert not event.payload["passed"]
    assert "does not drive any more" in event.payload["reasons"][0]
    assert driven == ["candidate", "0002", "0001"]


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
