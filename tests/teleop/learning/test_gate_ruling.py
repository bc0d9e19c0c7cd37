"""A ruling of the gate: its seeds, its reference, and going on after it was killed or undecided."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sidestick.datasets.database import Database, EventEntry, EventKind
from sidestick.datasets.workspace import Workspace
from sidestick.policies.gate_record import GATE as RECORD
from sidestick.policies.gate_record import GateRecord, GateVerdict
from sidestick.policies.store import PolicyStore
from sidestick.sim_envs.errors import DamagedFile
from sidestick.teleop.evaluation.seeds import GATE, LATER_GATE, gate_seeds
from sidestick.teleop.learning.acceptance_gate import AcceptanceCriteria
from sidestick.teleop.learning.gate_pairs import PAIRS, GatePair, GatePairs, used_until
from sidestick.teleop.learning.gate_ruling import reference_of, rule

RULES = AcceptanceCriteria(pairs=20)
"""A budget that shows nothing where both always do equally well."""


@pytest.fixture
def workspace(taught: Path, tmp_path: Path) -> Workspace:
    """A workspace with a first policy, and a second that nobody compared with it."""
    shutil.copytree(taught, tmp_path / "ws")
    made = Workspace.open(tmp_path / "ws")
    shutil.copytree(made.policies_dir / "0001", made.policies_dir / "0002")
    (made.policies_dir / "0002" / RECORD).unlink()
    return made


def ruled(
    workspace: Workspace,
    drives: Callable[[Path, int], bool] = lambda *_: True,
    rules: AcceptanceCriteria = RULES,
) -> GateRecord:
    """The decision on policy 0002, written into its folder."""
    folder = workspace.policies_dir / "0002"
    record = rule(workspace, drives, folder, "0001", rules)
    record.write(folder)
    return record


def test_undecided_is_not_passed_and_more_pairs_go_on_from_there(workspace: Workspace) -> None:
    """Each ruling may add 20 pairs, on seeds of its own; all together 44 ties suffice."""
    driven: list[int] = []

    def drives(policy: Path, seed: int) -> bool:
        driven.append(seed)
        return True

    records = [ruled(workspace, drives)]
    while records[-1].verdict is GateVerdict.UNDECIDED:
        pairs = records[-1].details["pairs"]
        assert not records[-1].verdict.drives
        assert records[-1].reasons[0].startswith(f"undecided after {pairs} pairs: ")
        records.append(ruled(workspace, drives))
        assert records[-1].details["pairs"] > pairs
    assert len(records) > 1
    assert (records[-1].verdict, records[-1].details["pairs"]) == (GateVerdict.NOT_WORSE, 44)
    assert driven == sorted(driven)
    assert len(set(driven)) == 44
    seeds = [e.payload["seeds"] for e in Database(workspace.db_path).events(EventKind.GATE_SEEDS)]
    assert seeds == [[GATE.first + 20 * n, 20] for n in range(len(records))]


def test_a_ruling_that_was_broken_off_goes_on_with_its_pairs(workspace: Workspace) -> None:
    """Whatever ended it: the seed under way is driven again, no other."""
    seen: list[int] = []

    def breaks(policy: Path, seed: int) -> bool:
        if len(seen) == 9:
            raise KeyboardInterrupt
        seen.append(seed)
        return True

    with pytest.raises(KeyboardInterrupt):
        ruled(workspace, breaks)
    again: list[int] = []
    record = ruled(workspace, lambda policy, seed: bool(again.append(seed)) or True)
    assert record.details["pairs"] == 17
    assert again[0] == seen[-1] == GATE.first + 4
    assert len(Database(workspace.db_path).events(EventKind.GATE_SEEDS)) == 1


def test_it_goes_on_by_the_criteria_that_it_began_with(workspace: Workspace) -> None:
    """A wider margin after a look at the pairs would be a second look at chance."""
    ruled(workspace)
    wider = AcceptanceCriteria(pairs=20, margin=0.5)
    assert ruled(workspace, rules=wider).verdict is GateVerdict.UNDECIDED
    assert GatePairs.open(workspace.policies_dir / "0002", ("0001",), wider).margin == 0.10


def test_other_opponents_begin_anew(workspace: Workspace) -> None:
    """Pairs against a policy say nothing about another one."""
    ruled(workspace)
    folder = workspace.policies_dir / "0002"
    assert len(GatePairs.open(folder, ("0001",), RULES).pairs) == 17
    assert GatePairs.open(folder, ("0003", "0001"), RULES).pairs == []


def test_the_first_policy_needs_no_comparison(workspace: Workspace) -> None:
    """Nothing drives and no seeds are drawn."""
    record = rule(workspace, lambda *_: True, workspace.policies_dir / "0002", None, RULES)
    assert record.verdict is GateVerdict.FIRST
    assert Database(workspace.db_path).events(EventKind.GATE_SEEDS) == []


def test_damaged_pairs_are_named(workspace: Workspace) -> None:
    """Not taken for none: that would be a second try."""
    path = workspace.policies_dir / "0002" / PAIRS
    path.write_text('{"opponents": ["0001"], "pairs": [{}]}')
    with pytest.raises(DamagedFile, match=PAIRS):
        ruled(workspace)


def test_pairs_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Opponents that did not drive a seed are not in its pair."""
    database = Database(tmp_path / "sidestick.db")
    pairs = GatePairs.open(tmp_path, ("0002", "0001"), RULES)
    pairs.draw(20, database)
    pairs.add(GatePair(pairs.seeds_left[0], True, {"0002": False, "0001": True}))
    pairs.add(GatePair(pairs.seeds_left[0], True, {"0001": True}))
    again = GatePairs.open(tmp_path, ("0002", "0001"), AcceptanceCriteria())
    assert again == pairs
    assert again.seeds_left == range(GATE.first + 2, GATE.first + 20)
    assert again.test(RULES).tests["0002"].counts.pairs == 1


def earlier_record(store: PolicyStore, number: str, parent: str | None, passed: bool) -> None:
    """A record as earlier versions wrote it."""
    if number not in store.ids():
        shutil.copytree(store.folder / "0001", store.folder / number)
    about = {"passed": passed, "reasons": ["so"], "kind": "nudge", "parent": parent}
    (store.folder / number / RECORD).write_text(json.dumps(about))


def test_the_reference_of_earlier_records_is_the_first_policy(workspace: Workspace) -> None:
    """They do not say which policy was better; each leads to its parent."""
    store = PolicyStore(workspace.policies_dir)
    for number, parent in (("0001", None), ("0002", "0001"), ("0003", "0002")):
        earlier_record(store, number, parent, True)
    assert GateRecord.read(store.path("0001")).verdict is GateVerdict.FIRST  # type: ignore[union-attr]
    assert reference_of(store, "0003") == "0001"
    better = GateRecord(GateVerdict.BETTER, ("so",), "0001")
    better.write(store.path("0002"))
    assert reference_of(store, "0003") == "0002"
    GateRecord(GateVerdict.NOT_WORSE, ("so",), "0003", "0002").write(store.path("0003"))
    assert reference_of(store, "0003") == "0002"


def test_a_reference_that_is_gone_is_sought_further_back(workspace: Workspace) -> None:
    """And where records lead nowhere, or in a circle, the policy is its own."""
    store = PolicyStore(workspace.policies_dir)
    GateRecord(GateVerdict.NOT_WORSE, ("so",), "0001", "0009").write(store.path("0002"))
    assert reference_of(store, "0002") == "0001"
    GateRecord(GateVerdict.NOT_WORSE, ("so",), "0009", "0009").write(store.path("0002"))
    assert reference_of(store, "0002") == "0002"
    for one, other in (("0001", "0002"), ("0002", "0001")):
        GateRecord(GateVerdict.NOT_WORSE, ("so",), other).write(store.path(one))
    assert reference_of(store, "0002") == "0002"


def test_after_its_first_range_the_gate_has_seeds_without_end(tmp_path: Path) -> None:
    """A ruling's seeds lie in one range."""
    assert gate_seeds(GATE.first, 150) == range(310_000, 310_150)
    assert gate_seeds(399_850, 150) == range(399_850, 400_000)
    assert gate_seeds(399_851, 150) == range(LATER_GATE.first, LATER_GATE.first + 150)
    later = LATER_GATE.first + 150
    assert gate_seeds(later, 150).start == later
    database = Database(tmp_path / "sidestick.db")
    assert used_until(database) == GATE.first
    database.add_event(EventEntry(EventKind.GATE_SEEDS, {"seeds": [later, 20]}))
    assert used_until(database) == later + 20
