"""Which policy drives unasked: laws over any history of publishing, deciding, pinning, removing."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidestick.policies.gate_record import GATE, GateRecord, GateVerdict
from sidestick.policies.policy_choice import PolicyStanding
from sidestick.policies.policy_config import CONFIG, MODEL
from sidestick.policies.store import PIN, PolicyStore
from sidestick.sim_envs.errors import PolicyError, UnknownName

VERDICTS = [None, *GateVerdict]


@pytest.fixture
def store(tmp_path: Path) -> PolicyStore:
    """A folder without policies."""
    return PolicyStore(tmp_path)


def made(folder: Path) -> Path:
    """A folder that the store takes for a policy."""
    folder.mkdir(parents=True)
    settings = {"task": "ShelfPick", "renderer": "tiny", "goal_names": [], "provenance": {}}
    (folder / CONFIG).write_text(json.dumps({"policy": settings}))
    (folder / MODEL).write_bytes(b"")
    return folder


def publish(store: PolicyStore, verdict: GateVerdict | None = None, than: str | None = None) -> str:
    """Publish a policy, with the gate's decision unless that is None."""
    name = store.publish(made(store.folder / "staging" / "made"))
    if verdict is not None:
        GateRecord(verdict, ("for the test",), than).write(store.path(name))
    return name


def driving(store: PolicyStore) -> str | None:
    """The policy that drives unasked."""
    choice = store.choice()
    return None if choice is None else choice.policy_id


@contextmanager
def temporary_store() -> Iterator[PolicyStore]:
    with tempfile.TemporaryDirectory() as folder:
        yield PolicyStore(Path(folder))


ACTIONS = st.one_of(
    st.tuples(st.just("publish"), st.sampled_from(VERDICTS)),
    st.tuples(st.just("decide"), st.integers(1, 6), st.sampled_from(list(GateVerdict))),
    st.tuples(st.sampled_from(["pin", "set_aside", "restore", "remove"]), st.integers(1, 6)),
    st.tuples(st.just("unpin")),
)


def act(store: PolicyStore, action: tuple, verdicts: dict[str, GateVerdict | None]) -> None:
    """Do one thing to the store, if it is possible; `verdicts` are kept by name."""
    kind, *rest = action
    if kind == "publish":
        verdicts[publish(store, *rest)] = rest[0]
    elif kind == "unpin":
        store.unpin()
    else:
        name = store.name(rest[0])
        gone = name not in store.ids()
        if gone and not (kind == "restore" and name in store.removed()):
            return
        if kind == "decide":
            GateRecord(rest[1], ("later",)).write(store.path(name))
            verdicts[name] = rest[1]
        elif kind == "remove":
            if store.pinned() != name:
                store.remove(name)
        elif kind == "restore":
            store.restore(name)
        else:
            getattr(store, kind)(name, {"why": "the law"})


def may_drive(name: str, standing: list[str], verdicts: dict[str, GateVerdict | None]) -> bool:
    """The rule, said once more: the gate let it, or there was nothing to compare it with."""
    verdict = verdicts[name]
    alone = verdict is None and name == min(standing)
    return name in standing and (alone or (verdict is not None and verdict.drives))


@settings(max_examples=150)
@given(st.lists(ACTIONS, max_size=14))
def test_the_choice_obeys_the_rule_after_any_history(actions: list[tuple]) -> None:
    """A pin wins; else never a removed, set-aside, refused, undecided or uncompared one."""
    with temporary_store() as store:
        verdicts: dict[str, GateVerdict | None] = {}
        for action in actions:
            act(store, action, verdicts)
        choice, pinned, standing = store.choice(), store.pinned(), store.standing()
        assert choice == PolicyStore(store.folder).choice()
        allowed = [name for name in standing if may_drive(name, standing, verdicts)]
        if pinned is not None:
            assert choice is not None
            assert (choice.policy_id, choice.why) == (pinned, "pinned")
        elif choice is None:
            assert not allowed
        else:
            assert choice.policy_id == max(allowed)
            assert set(choice.newer) == {n for n in store.ids() if n > choice.policy_id}


@given(st.lists(ACTIONS, max_size=10))
def test_a_number_is_never_given_twice(actions: list[tuple]) -> None:
    """Not that of a removed policy either: its evidence is in the database."""
    with temporary_store() as store:
        given: list[str] = []
        for action in actions:
            before = set(store.ids()) | set(store.removed())
            act(store, action, {})
            given += sorted((set(store.ids()) | set(store.removed())) - before)
        assert len(set(given)) == len(given)


def test_a_copy_under_another_name_is_never_chosen_unasked(store: PolicyStore) -> None:
    """`cp -r policies/0001 policies/best` is somebody's copy; named, it is used."""
    publish(store, GateVerdict.FIRST)
    shutil.copytree(store.path("0001"), store.folder / "best")
    made(store.folder / "7")
    assert driving(store) == "0001"
    publish(store, GateVerdict.BETTER, "0001")
    assert driving(store) == "0002"
    assert store.standings()["best"] is PolicyStanding.UNNUMBERED
    assert store.choose("best").label == "policy best: named"
    assert store.choose("7").policy_id == "7"


def test_a_number_is_a_policy_without_its_zeros_too(store: PolicyStore) -> None:
    """1 is 0001; one that is not there is said as it was asked, with those that are."""
    publish(store, GateVerdict.FIRST)
    assert store.choose("1").policy_id == "0001"
    with pytest.raises(UnknownName, match=r"0002.*known: 0001"):
        store.choose("2")


def test_numbers_are_in_order_beyond_four_digits(store: PolicyStore) -> None:
    """10000 is after 9999, which it is not as text."""
    for name in ("9999", "10000", "0002"):
        GateRecord(GateVerdict.NOT_WORSE, ()).write(made(store.folder / name))
    assert store.ids() == ["0002", "9999", "10000"]
    assert driving(store) == "10000"
    assert publish(store) == "10001"


def test_the_choice_says_why_and_why_no_newer_one_drives(store: PolicyStore) -> None:
    """One sentence for people."""
    publish(store)
    assert store.choose().label == "policy 0001: the first policy"
    publish(store, GateVerdict.NOT_WORSE, "0001")
    publish(store, GateVerdict.UNDECIDED, "0002")
    publish(store)
    publish(store)
    choice = store.choose()
    assert choice.label == (
        "policy 0002: the newest accepted by the gate as not worse than 0001; "
        "0003 is newer and undecided; 0004, 0005 are newer and not compared"
    )
    assert choice.to_gate == "0005"
    store.pin("0001", {})
    assert store.choose().label.startswith("policy 0001: pinned; 0002 is newer and accepted")


def test_policies_of_before_the_gate(store: PolicyStore) -> None:
    """Without any decision the first drives; set aside, the next one counts as the first."""
    publish(store)
    publish(store)
    assert driving(store) == "0001"
    store.set_aside("0001", {})
    assert driving(store) == "0002"
    store.set_aside("0002", {})
    assert driving(store) is None
    with pytest.raises(PolicyError, match="0001 is set aside, 0002 is set aside"):
        store.choose()


@pytest.mark.parametrize("spoilt", [CONFIG, MODEL, GATE])
def test_a_damaged_policy_does_not_drive_unasked(store: PolicyStore, spoilt: str) -> None:
    """It is named as damaged; the one before drives."""
    publish(store, GateVerdict.FIRST)
    publish(store, GateVerdict.BETTER, "0001")
    file = store.path("0002") / spoilt
    file.unlink() if spoilt == MODEL else file.write_text("{}")
    choice = store.choose()
    assert (choice.policy_id, dict(choice.newer)) == ("0001", {"0002": PolicyStanding.DAMAGED})
    assert spoilt in store.state("0002").damage


def test_a_pin_that_cannot_be_followed_says_what_to_do(store: PolicyStore) -> None:
    """It is not passed over in silence: somebody wanted that policy to drive."""
    publish(store, GateVerdict.FIRST)
    with pytest.raises(UnknownName, match="0007"):
        store.pin("0007", {})
    (store.folder / PIN).write_text(json.dumps({"policy": "0007"}))
    with pytest.raises(PolicyError, match=r"0007 is pinned .*--unpin"):
        store.choose()
    assert store.choose("0001").policy_id == "0001"
    store.unpin()
    assert driving(store) == "0001"


def test_a_removed_policy_comes_back_as_it_was(store: PolicyStore) -> None:
    """With its decision, under its number."""
    publish(store, GateVerdict.FIRST)
    publish(store, GateVerdict.BETTER, "0001")
    store.remove("0002")
    assert (store.ids(), store.removed(), driving(store)) == (["0001"], ["0002"], "0001")
    assert publish(store) == "0003"
    store.restore("0002")
    assert (store.ids(), driving(store)) == (["0001", "0002", "0003"], "0002")


def test_policies_published_at_the_same_moment_get_numbers_of_their_own(
    store: PolicyStore,
) -> None:
    """A parameter sweep, or a learner beside a training."""
    staged = [made(store.folder / "staging" / str(number)) for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(store.publish, staged))
    assert sorted(names) == [store.name(number) for number in range(1, 25)]
    assert store.ids() == sorted(names)
