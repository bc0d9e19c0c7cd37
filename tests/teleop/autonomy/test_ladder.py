"""These tests give ladders made-up evidence: what earns a level, what loses it, what is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.step import ActionMode, Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.gate_record import GateRecord, GateVerdict
from sidestick.policies.policy import CONFIG, MODEL
from sidestick.policies.statistics.lower_bound import error_of_stay, lower_bound
from sidestick.policies.statistics.paired import rate_interval
from sidestick.sim_envs.errors import NotEarned, PolicyError, WorkspaceError
from sidestick.teleop.autonomy.criteria import ALPHA, CRITERIA, ENOUGH_DEMONSTRATIONS
from sidestick.teleop.autonomy.episode_evidence import EpisodeEvidence
from sidestick.teleop.autonomy.ladder import ChangeReason, Entry, Ladder, LevelChange
from sidestick.teleop.autonomy.ladder_store import LadderStore
from sidestick.teleop.cli.ladder import LadderVerb
from tests.synthetic import made_up_episode

EVIDENCE = EpisodeEvidence("ShelfPick", "0001", "aa", Level.ASSIST, 0, success=True, clean=True)
AT_ASSIST = LevelChange(
    "ShelfPick", "0001", "aa", ChangeReason.PROMOTED, Level.SHADOW, Level.ASSIST, "for the test"
)


def episodes(clean: int, unclean: int = 0, level: Level = Level.ASSIST) -> list[Entry]:
    """The evidence of so many clean episodes, then of so many others."""
    one = replace(EVIDENCE, level=level)
    return [one] * clean + [replace(one, clean=False)] * unclean


def at(level: Level, *entries: Entry, policy: str = "0001") -> Ladder:
    """The ladder of a policy that has reached a level, and has these entries since."""
    start = replace(AT_ASSIST, after=level, before=Level(max(0, level - 1)))
    return Ladder("ShelfPick", policy, "aa", 9, [start, *entries])


def settled(ladder: Ladder) -> Ladder:
    """The ladder with every change that follows from its evidence."""
    while change := ladder.judge():
        ladder = replace(ladder, entries=[*ladder.entries, change])
    return ladder


def test_a_level_is_earned_by_the_lower_bound() -> None:
    """14 of 20 are not enough for 0.60, and the error says what is missing."""
    ladder = at(Level.ASSIST, *episodes(7, 3), *episodes(7, 3))
    assert ladder.judge() is None
    more = ladder.standing(Level.ASSIST).clean_needed
    with pytest.raises(NotEarned) as refused:
        ladder.authorise(Level.SUPERVISED)
    words = (
        "supervised needs more than 0.60 clean; you have 14 clean of 20: lower bound 0.33 that "
        f"holds at every look, and {more} more clean episodes in a row would do"
    )
    assert words in str(refused.value)
    assert at(Level.ASSIST, *ladder.entries[1:], *episodes((more or 0) - 1)).judge() is None
    change = at(Level.ASSIST, *ladder.entries[1:], *episodes(more or 0)).judge()
    assert change is not None
    assert (change.why, change.after) == (ChangeReason.PROMOTED, Level.SUPERVISED)
    assert "at assist 33 clean of 39: lower bound 0.60" in change.evidence


def test_a_policy_that_never_fails_climbs_in_51_episodes() -> None:
    """Each bar asks for little more than its least number of clean episodes."""
    ladder = settled(at(Level.SHADOW))
    needed = []
    while ladder.level is not Level.AUTONOMOUS:
        level = ladder.level
        needed.append(ladder.standing(level).clean_needed or 0)
        more = episodes(needed[-1], level=level)
        assert settled(replace(ladder, entries=[*ladder.entries, *more[1:]])).level is level
        ladder = settled(replace(ladder, entries=[*ladder.entries, *more]))
        assert ladder.level == level + 1
    assert needed == [8, 10, 10, 23]


@pytest.mark.parametrize("level", [Level.ASSIST, Level.SUPERVISED, Level.ON_CALL, Level.AUTONOMOUS])
def test_a_spoilt_policy_loses_its_level_within_ten_episodes(level: Level) -> None:
    """This holds however good its past was, at every level that can be lost."""
    for past in range(0, 60, 7):
        entries: list[Entry] = episodes(past, level=level)
        ladder = Ladder("ShelfPick", "0001", "aa", 9, [])
        for failures in range(1, 11):
            start = replace(AT_ASSIST, after=level)
            ladder = Ladder(
                "ShelfPick", "0001", "aa", 9, [start, *entries, *episodes(0, failures, level)]
            )
            change = ladder.judge()
            if change and change.why is ChangeReason.DEMOTED:
                break
        assert change is not None
        assert change.after == level - 1


def test_failing_below_the_earned_level_costs_it_too() -> None:
    """A policy that needs takeovers at supervised loses its higher levels."""
    change = at(Level.AUTONOMOUS, *episodes(0, 8, Level.SUPERVISED)).judge()
    assert change is not None
    assert change.after is Level.ASSIST


def test_what_was_lost_must_be_earned_anew() -> None:
    """Evidence from before a demotion does not count."""
    ladder = settled(at(Level.SUPERVISED, *episodes(30), *episodes(0, 8, Level.SUPERVISED)))
    assert ladder.level is Level.ASSIST
    assert ladder.standing(Level.ASSIST).n == 0


def test_each_return_to_a_level_asks_for_more() -> None:
    """So a policy that is not good enough cannot try its luck again and again."""
    ladder = at(Level.ASSIST)
    needed = []
    for _ in range(4):
        more = ladder.standing(Level.ASSIST).clean_needed or 0
        needed.append(more)
        ladder = settled(replace(ladder, entries=[*ladder.entries, *episodes(more)]))
        assert ladder.level is Level.SUPERVISED
        fall = episodes(0, 5, Level.SUPERVISED)
        ladder = settled(replace(ladder, entries=[*ladder.entries, *fall]))
        assert ladder.level is Level.ASSIST
    assert needed == [10, 13, 14, 15]
    assert sum(error_of_stay(ALPHA, stay) for stay in range(1, 10_000)) < ALPHA
    assert "since it came here for time 5" in ladder.lack()


def test_every_episode_since_the_last_change_counts() -> None:
    """A weak beginning is not forgotten: a policy's weights do not change."""
    weak = at(Level.ASSIST, *episodes(3, 3) * 8)
    assert weak.standing(Level.ASSIST).n == 48
    assert settled(replace(weak, entries=[*weak.entries, *episodes(10)])).level is Level.ASSIST


def judged(verdict: GateVerdict, before: str = "0001") -> GateRecord:
    """A gate's record of a policy that was compared with `before`."""
    return GateRecord(verdict, ("for the test",), before, "0001")


def test_a_new_policy_begins_where_the_gate_puts_it() -> None:
    """Better: the level of the one before. Not worse: that, but watched. Else: at the bottom."""
    old = settled(at(Level.ON_CALL))
    begins = {
        verdict: settled(replace(old, policy="0002", gate=judged(verdict), demonstrations=0))
        for verdict in GateVerdict
    }
    assert {verdict: ladder.level for verdict, ladder in begins.items()} == {
        GateVerdict.FIRST: Level.DEMONSTRATE,
        GateVerdict.BETTER: Level.ON_CALL,
        GateVerdict.NOT_WORSE: Level.SUPERVISED,
        GateVerdict.WORSE: Level.DEMONSTRATE,
        GateVerdict.UNDECIDED: Level.DEMONSTRATE,
    }
    assert all(ladder.probation for ladder in begins.values())
    change = begins[GateVerdict.NOT_WORSE].entries[-1]
    assert isinstance(change, LevelChange)
    assert change.evidence == (
        "the gate: not worse than 0001, which had on-call; "
        "levels above supervised need evidence of its own"
    )
    low = replace(at(Level.ASSIST), policy="0002", gate=judged(GateVerdict.NOT_WORSE))
    assert settled(low).level is Level.ASSIST
    unknown = replace(old, policy="0003", gate=judged(GateVerdict.BETTER, before="0002"))
    assert settled(replace(unknown, demonstrations=0)).level is Level.DEMONSTRATE


def test_an_inherited_level_ends_probation_by_evidence_of_its_own() -> None:
    """From where it began the policy climbs like every other."""
    new = settled(replace(at(Level.ON_CALL), policy="0002", gate=judged(GateVerdict.NOT_WORSE)))
    shown = [replace(e, policy="0002") for e in episodes(10, level=Level.SUPERVISED)]
    new = settled(replace(new, entries=[*new.entries, *shown]))
    assert (new.level, new.probation) == (Level.ON_CALL, False)
    assert settled(replace(new, policy="0001")).level is Level.ON_CALL


def test_a_new_policy_that_nobody_compared_inherits_nothing() -> None:
    """The highest that it gets without evidence of its own is shadow, by the demonstrations."""
    new = settled(replace(at(Level.AUTONOMOUS), policy="0002"))
    assert new.level is Level.SHADOW
    first = new.entries[-2]
    assert isinstance(first, LevelChange)
    assert first.evidence == "it was not compared with another policy"


def test_the_first_policy_needs_demonstrations() -> None:
    """Without enough of them it stays at demonstrate; with enough it earns shadow."""
    few = settled(Ladder("ShelfPick", "0001", "aa", ENOUGH_DEMONSTRATIONS - 1))
    assert few.level is Level.DEMONSTRATE
    with pytest.raises(NotEarned, match="5 successful demonstrations; there are 4"):
        few.authorise(Level.SHADOW)
    assert settled(Ladder("ShelfPick", "0001", "aa", ENOUGH_DEMONSTRATIONS)).level is Level.SHADOW


def test_without_a_policy_there_is_nothing_to_earn() -> None:
    """The error names the policy, not the evidence."""
    ladder = Ladder("ShelfPick", None, "", 50)
    assert ladder.judge() is None
    assert ladder.authorise(None) == (Level.DEMONSTRATE, None)
    with pytest.raises(PolicyError, match="no policy"):
        ladder.authorise(Level.SUPERVISED, override=True)


def test_the_operator_may_go_down_and_up_only_with_an_override() -> None:
    """An override is a change with its evidence, and earns nothing."""
    ladder = at(Level.SUPERVISED)
    assert ladder.authorise(Level.DEMONSTRATE) == (Level.DEMONSTRATE, None)
    with pytest.raises(NotEarned, match="autonomous comes after on-call, and on-call needs"):
        ladder.authorise(Level.AUTONOMOUS)
    level, change = ladder.authorise(Level.AUTONOMOUS, override=True)
    assert level is Level.AUTONOMOUS
    assert change is not None
    after = replace(ladder, entries=[*ladder.entries, change])
    assert after.level is Level.SUPERVISED


def test_stages_are_judged_where_there_is_enough_evidence() -> None:
    """Ten episodes are enough; nine are not."""
    one = replace(EVIDENCE, level=Level.SUPERVISED, stages={"grasp": False, "reach": True})
    few = at(Level.SUPERVISED, *[one] * 9).stages(Level.SUPERVISED)
    assert [(found.enough, found.test) for found in few] == [(False, None)] * 2
    found = at(Level.SUPERVISED, *[one] * 10).stages(Level.SUPERVISED)
    assert {e.stage: str(e.passed)[:5] for e in found if e.enough and e.test} == {
        "reach": "10/10",
        "grasp": "0/10 ",
    }
    assert [e.stage for e in found] == ["reach", "grasp"]


@given(
    st.lists(
        st.tuples(st.sampled_from(Level), st.booleans(), st.sampled_from(["0001", "0002"])),
        max_size=120,
    )
)
def test_every_promotion_reaches_its_bound_and_goes_one_level(
    events: list[tuple[Level, bool, str]],
) -> None:
    """In any order of episodes, no level is skipped and none is given without evidence."""
    entries: list[Entry] = []
    for level, clean, policy in events:
        entries.append(replace(EVIDENCE, level=level, clean=clean, policy=policy))
        ladder = Ladder("ShelfPick", policy, "aa", 9, entries)
        while change := ladder.judge():
            before = ladder.standing(ladder.level)
            bar = CRITERIA[change.after].bar
            if change.why is ChangeReason.PROMOTED:
                assert change.after == change.before + 1
                assert (
                    bar is None or lower_bound(before.clean, before.n, before.alpha) >= bar - 1e-6
                )
            else:
                assert change.after <= change.before
            entries = [*entries, change]
            ladder = replace(ladder, entries=entries)


@given(st.sampled_from(Level), st.booleans())
def test_entries_come_back_from_json_as_they_were(level: Level, clean: bool) -> None:
    """Evidence and changes are stored and read without loss."""
    evidence = replace(EVIDENCE, level=level, clean=clean, stages={"reach": clean})
    assert EpisodeEvidence.from_json(evidence.to_json()) == evidence
    change = replace(AT_ASSIST, after=level)
    assert LevelChange.from_json(change.to_json()) == change


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick"))
    add_policy(made, "0001", b"weights")
    return made


def add_policy(workspace: Workspace, number: str, weights: bytes) -> None:
    """Make a folder that the ladder takes for a policy."""
    folder = workspace.policies_dir / number
    folder.mkdir()
    (folder / CONFIG).write_text("{}")
    (folder / MODEL).write_bytes(weights)


def test_the_ladder_is_there_again_after_a_restart(workspace: Workspace) -> None:
    """All changes and evidence are in the database before the next episode begins."""
    ladder_store = LadderStore(workspace)
    ladder_store.apply_evidence()
    start = replace(AT_ASSIST, fingerprint=ladder_store.fingerprint("0001"))
    ladder_store.add_change(start)
    one = replace(EVIDENCE, fingerprint=start.fingerprint)
    changes = [change for _ in range(10) for change in ladder_store.add(one)]
    assert [change.after for change in changes] == [Level.SUPERVISED]
    again = LadderStore(Workspace.open(workspace.path)).ladder()
    assert again.level is Level.SUPERVISED
    assert len(Database(workspace.db_path).events(EventKind.TRIAL)) == 10


def test_evidence_of_another_task_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    """A database that was copied from elsewhere does not let a policy drive."""
    LadderStore(workspace).add_change(replace(AT_ASSIST, task="SortClothes"))
    with pytest.raises(WorkspaceError, match="SortClothes"):
        LadderStore(workspace).ladder()


def test_evidence_of_other_weights_is_refused(workspace: Workspace) -> None:
    """A policy that was replaced under its number has earned nothing."""
    ladder_store = LadderStore(workspace)
    ladder_store.apply_evidence()
    (workspace.policies_dir / "0001" / MODEL).write_bytes(b"others")
    with pytest.raises(WorkspaceError, match="another policy 0001"):
        ladder_store.ladder()
    add_policy(workspace, "0002", np.random.default_rng(0).bytes(9))
    assert ladder_store.apply_evidence("0002")[0].level is Level.DEMONSTRATE


def test_a_poor_policy_after_a_good_one_starts_at_the_bottom(workspace: Workspace) -> None:
    """One of 20 updates that solved 0 of 4, whether the gate was not asked or could not tell."""
    ladder_store = LadderStore(workspace)
    ladder_store.apply_evidence()
    own = {"fingerprint": ladder_store.fingerprint("0001")}
    ladder_store.add_change(replace(AT_ASSIST, after=Level.ON_CALL, before=Level.SUPERVISED, **own))
    add_policy(workspace, "0002", b"20 updates")
    assert ladder_store.apply_evidence("0002")[0].level is Level.DEMONSTRATE
    add_policy(workspace, "0003", b"20 other updates")
    judged(GateVerdict.UNDECIDED).write(workspace.policies_dir / "0003")
    ladder, changes = ladder_store.apply_evidence("0003")
    assert ladder.level is Level.DEMONSTRATE
    assert "the gate: undecided, compared with 0001" in changes[0].evidence
    add_policy(workspace, "0004", b"many updates")
    judged(GateVerdict.BETTER).write(workspace.policies_dir / "0004")
    assert ladder_store.apply_evidence("0004")[0].level is Level.ON_CALL


def test_with_demonstrations_a_poor_policy_gets_shadow_and_no_more(workspace: Workspace) -> None:
    """Shadow only watches, so demonstrations suffice for it."""
    for number in range(ENOUGH_DEMONSTRATIONS):
        episode_id = f"demonstration-{number}"
        made = made_up_episode([ActionMode.DEMONSTRATION] * 4, number, episode_id=episode_id)
        made.write(workspace.episodes_dir / f"{episode_id}.hdf5")
    ladder_store = LadderStore(workspace)
    ladder_store.apply_evidence()
    own = {"fingerprint": ladder_store.fingerprint("0001")}
    ladder_store.add_change(replace(AT_ASSIST, after=Level.ASSIST, before=Level.SHADOW, **own))
    add_policy(workspace, "0002", b"20 updates")
    assert ladder_store.apply_evidence("0002")[0].level is Level.SHADOW


def test_an_override_is_recorded(workspace: Workspace) -> None:
    """The database says afterwards that the operator chose the level."""
    ladder_store = LadderStore(workspace)
    assert ladder_store.authorise(Level.AUTONOMOUS, override=True) is Level.AUTONOMOUS
    _, last = ladder_store.events()[-1]
    assert isinstance(last, LevelChange)
    assert last.why is ChangeReason.OVERRIDE
    assert ladder_store.authorise(None) is Level.DEMONSTRATE


def supervised(passes: str, stages: tuple[str, ...]) -> list[Entry]:
    """The evidence of episodes at supervised; those that fail (`x`) do so in `stages` by turns."""
    order = ("reach", "grasp", "carry", "place")
    entries: list[Entry] = []
    for mark in passes:
        if mark == ".":
            ends, success = "place", True
        else:
            ends, success = stages[len(entries) % len(stages)], False
        reached = order[: order.index(ends) + 1]
        entries.append(
            replace(
                EVIDENCE,
                level=Level.SUPERVISED,
                success=success,
                clean=success,
                stages={stage: success or stage != ends for stage in reached},
                last_stage=ends,
            )
        )
    return entries


def test_a_stage_that_is_lost_too_often_costs_the_level() -> None:
    """Three failures of five in one stage do; spread over the stages they do not."""
    passes = "xx.x." * 11
    fallen = settled(at(Level.SUPERVISED, *supervised(passes, ("grasp",))))
    change = fallen.entries[-1]
    assert isinstance(change, LevelChange)
    assert (change.why, change.after) == (ChangeReason.DEMOTED, Level.ASSIST)
    assert "'grasp' was not passed alone in 33 of 55 episodes that came to it" in change.evidence
    spread = at(Level.SUPERVISED, *supervised(passes, ("reach", "grasp", "carry", "place")))
    assert spread.judge() is None


def test_a_lost_level_says_where_most_was_lost() -> None:
    """The change's text names the stage, where the evidence has stages."""
    fallen = settled(at(Level.SUPERVISED, *supervised("xxxxxxxx", ("carry", "carry", "reach"))))
    change = fallen.entries[-1]
    assert isinstance(change, LevelChange)
    assert change.evidence.endswith("; most were lost at 'carry', 6 of 6 that came to it")
    unknown = settled(at(Level.SUPERVISED, *episodes(0, 8, Level.SUPERVISED))).entries[-1]
    assert isinstance(unknown, LevelChange)
    assert "lost at" not in unknown.evidence


def test_no_stage_takes_a_level_from_a_policy_that_is_good_enough() -> None:
    """All of its failures are in one stage, at the rate at which whole episodes may fail."""
    good = at(Level.SUPERVISED, *supervised("x.x.." * 40, ("place",)))
    assert good.judge() is None


def test_where_episodes_failed_is_counted_with_intervals() -> None:
    """The counts are of all episodes, and only those that failed count."""
    found = at(Level.SUPERVISED, *supervised("x...x" * 4, ("carry",))).stages(Level.SUPERVISED)
    assert {e.stage: str(e.died)[:5] for e in found} == {
        "reach": "0/20 ",
        "grasp": "0/20 ",
        "carry": "8/20 ",
        "place": "0/20 ",
    }
    carry = found[2]
    assert carry.to_json()["died_interval95"] == list(rate_interval(8, 20))
    assert carry.passed.n == 20
    assert found[3].passed.n == 12


def test_evidence_of_earlier_versions_is_read() -> None:
    """It has no recording and no last stage."""
    payload = {k: v for k, v in EVIDENCE.to_json().items() if k not in ("episode", "last_stage")}
    assert EpisodeEvidence.from_json(payload) == EVIDENCE


def test_the_subcommand_prints_where_episodes_failed(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """It prints a table of the stages, or with --json the same figures."""
    ladder_store = LadderStore(workspace)
    ladder_store.apply_evidence()
    own = {"fingerprint": ladder_store.fingerprint("0001")}
    ladder_store.add_change(replace(AT_ASSIST, after=Level.SUPERVISED, before=Level.ASSIST, **own))
    for evidence in supervised("x...x" * 2 + "...", ("carry",)):
        assert isinstance(evidence, EpisodeEvidence)
        ladder_store.add(replace(evidence, **own))
    LadderVerb(workspace.path).run()
    lines = [line.split() for line in capsys.readouterr().err.splitlines()]
    assert ["Stages", "at", "supervised"] in lines
    (carry,) = (line for line in lines if line[:1] == ["carry"])
    assert carry[1] == "9/13"
    assert "4/13" in carry
    LadderVerb(workspace.path, json=True).run()
    stages = json.loads(capsys.readouterr().out)["stages"]
    assert (stages["carry"]["died"], stages["carry"]["died_of"]) == (4, 13)
    assert stages["place"]["log_ratio"] is None
