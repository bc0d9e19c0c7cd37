"""The judging desk: leases, overlap, gold, disagreement, and what training reads of it."""

import random
from typing import Any

import pytest
from starlette.testclient import TestClient

from sidestick.datasets.judgements.judgement_state import TrainingSelection, resolved_by_episode
from sidestick.datasets.judgements.judgements import Judge, Judgements
from sidestick.teleop.web.dataset.library import Library
from sidestick.teleop.web.judging.agreement import alpha, records
from sidestick.teleop.web.judging.answer_book import AnswerBook
from sidestick.teleop.web.judging.desk import LEASE_S, Desk, TooLate
from sidestick.teleop.web.judging.items import OVERLAP, ItemKind, drawn
from sidestick.teleop.web.judging.stock import Stock
from tests.web_rig import FakeClock, WebRig

MANY = 30


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> WebRig:
    return WebRig(tmp_path_factory.mktemp("web") / "ws", count=MANY)


@pytest.fixture
def desk(rig: WebRig) -> Desk:
    """The server's desk, at which nobody has answered anything yet."""
    rig.workspace.db_path.unlink(missing_ok=True)
    library = Library(rig.workspace)
    made = Desk(library, Stock(library), FakeClock(), random.Random(0), gold_share=0.0)
    rig.state.library, rig.state.desk = library, made
    return made


def names_of(desk: Desk) -> list[str]:
    """The episodes that there are outcomes to judge of."""
    return [item.episode for item in desk.stock.items(ItemKind.OUTCOME)]


def number(count: int) -> str:
    return f"{count:016x}"


def answer_all(desk: Desk, judges: dict[str, str], kind: ItemKind = ItemKind.OUTCOME) -> int:
    """Let judges answer in turn, each always the same word, until nothing is left; how often."""
    given, busy = 0, True
    while busy:
        busy = False
        for name, word in judges.items():
            lease = desk.next(name, kind)
            if lease is not None:
                desk.answer(name, lease.id, number(given), word)
                given, busy = given + 1, True
    return given


def test_an_item_is_with_one_judge_until_its_lease_is_over(desk: Desk) -> None:
    first = desk.next("Ada", ItemKind.OUTCOME)
    assert first is not None
    once = [i for i in desk.stock.items(ItemKind.OUTCOME) if i.needed == 1]
    taken = {lease.item.key for _ in once if (lease := desk.next("Bo", ItemKind.OUTCOME))}
    assert first.item.needed == 2 or first.item.key not in taken
    assert isinstance(desk.clock, FakeClock)
    desk.clock.now += LEASE_S + 1
    after = desk.next("Bo", ItemKind.OUTCOME)
    assert after is not None
    assert after.item.key == first.item.key


def test_one_in_five_is_answered_by_two_and_none_by_more(desk: Desk) -> None:
    given = answer_all(desk, dict.fromkeys(("Ada", "Bo", "Cy", "Di"), "success"))
    twice = sum(drawn(f"outcome:{name}") < OVERLAP for name in names_of(desk))
    counts = [len(answers.judges) for answers in desk.book.items().values()]
    assert (len(counts), counts.count(2), max(counts)) == (MANY, twice, 2)
    assert given == MANY + twice
    assert 0 < twice < MANY


def test_a_late_answer_counts_only_where_it_is_needed(desk: Desk) -> None:
    lease = desk.next("Ada", ItemKind.OUTCOME)
    assert lease is not None
    assert isinstance(desk.clock, FakeClock)
    desk.clock.now += LEASE_S + 1
    answer_all(desk, dict.fromkeys(("Bo", "Cy"), "success"))
    with pytest.raises(TooLate):
        desk.answer("Ada", lease.id, number(999), "failure")


def test_an_answer_sent_again_counts_once_even_after_a_restart(desk: Desk) -> None:
    lease = desk.next("Ada", ItemKind.OUTCOME)
    assert lease is not None
    written = [desk.answer("Ada", lease.id, number(7), "success").id for _ in range(3)]
    again = Desk(desk.library, Stock(desk.library))
    written.append(again.answer("Ada", "gone", number(7), "success").id)
    assert len({*written}) == 1
    assert len(Judgements(desk.library.workspace.db_path).all()) == 1


def test_nobody_answers_with_a_strangers_lease(desk: Desk) -> None:
    lease = desk.next("Ada", ItemKind.OUTCOME)
    assert lease is not None
    with pytest.raises(TooLate):
        desk.answer("Eve", lease.id, number(1), "failure")


def test_disagreement_comes_back_to_an_expert_and_training_reads_the_end(desk: Desk) -> None:
    answer_all(desk, {"Ada": "success", "Bo": "failure"})
    disputed = [key for key, found in desk.book.items().items() if found.disputed]
    assert disputed
    settled = 0
    while (lease := desk.next("Expert", ItemKind.OUTCOME, expert=True)) is not None:
        desk.answer("Expert", lease.id, number(10_000 + settled), "failure")
        settled += 1
    assert settled == len(disputed)
    library = desk.library
    selection = TrainingSelection.of(library.judgements, library.summaries())
    names = [key.partition(":")[2] for key in disputed]
    assert not any(selection.success[name] for name in names)
    assert len(selection.success) == MANY


def test_gold_items_tell_how_far_a_judge_is_right(desk: Desk) -> None:
    """An item that somebody judged at the window is gold: nobody has to answer it."""
    names = names_of(desk)
    for name in names[:10]:
        Judge(desk.library.workspace, "Expert").say(name, "verdict", verdict="success")
    desk.gold_share = 1.0
    for count, (judge, word) in enumerate([("Ada", "success"), ("Bo", "failure")] * 6):
        lease = desk.next(judge, ItemKind.OUTCOME)
        assert lease is not None
        assert lease.item.episode in names[:10]
        desk.answer(judge, lease.id, number(count), word)
    with desk.reading() as items:
        found = {one.name: one for one in records(items)}
    assert (found["Ada"].gold, found["Ada"].right) == (6, 6)
    assert (found["Bo"].gold, found["Bo"].right) == (6, 0)
    assert desk.library.trust().accuracy("Ada") > 0.8 > desk.library.trust().accuracy("Bo")
    desk.gold_share = 0.0
    assert desk.open_count("Cy", ItemKind.OUTCOME) == MANY - 10


def test_an_answer_that_is_taken_back_is_asked_again(desk: Desk) -> None:
    lease = desk.next("Ada", ItemKind.OUTCOME)
    assert lease is not None
    desk.answer("Ada", lease.id, number(1), "failure")
    undone = desk.undo("Ada")
    assert undone is not None
    assert undone.episode == lease.item.episode
    again = desk.next("Ada", ItemKind.OUTCOME)
    assert again is not None
    assert again.item.key == lease.item.key
    assert desk.undo("Bo") is None


def test_alpha_is_one_for_agreement_and_low_for_guesses(desk: Desk) -> None:
    chance = random.Random(1)
    for name in names_of(desk):
        for judge in ("Ada", "Bo"):
            for kind, word in (("quality", 1 + (name[-1] > "7")), ("verdict", chance.random())):
                said: Any = {"quality": word} if kind == "quality" else {}
                if kind == "verdict":
                    said = {"verdict": "success" if word < 0.5 else "failure"}
                judges = Judge(desk.library.workspace, judge)
                judges.say(name, kind, desk="judge", **said)
    book = AnswerBook(desk.library.judgements)
    book.refresh()
    assert alpha(book.items(), "quality") == pytest.approx(1.0)
    assert (alpha(book.items(), "outcome") or 0.0) < 0.5
    assert alpha(book.items(), "pair") is None


@pytest.mark.parametrize(("kind", "near", "far"), [("trim", 4, 30), ("stage", 4, 30)])
def test_steps_of_two_judges_meet_in_the_middle_until_an_expert_says_otherwise(
    desk: Desk, kind: str, near: int, far: int
) -> None:
    """What lies near is agreement; a judge who answers a known item later changes nothing."""
    name = names_of(desk)[0]
    more: dict[str, Any] = {"stage": "grasp"} if kind == "stage" else {}

    def say(judge: str, start: int, role: str = "judge") -> None:
        stop = start + 40 if kind == "trim" else None
        Judge(desk.library.workspace, judge).say(name, kind, start, stop, desk=role, **more)

    def starts_at() -> int | None:
        state = resolved_by_episode(desk.library.judgements)[name]
        return state.stages["grasp"] if kind == "stage" else (state.kept or (None,))[0]

    def disputed() -> bool:
        with desk.reading() as items:
            (answers,) = items.values()
            return answers.disputed

    say("Ada", 10)
    say("Bo", 10 + near)
    assert (starts_at(), disputed()) == (12, False)
    say("Bo", 10 + far)
    assert (starts_at(), disputed()) == (25, True)
    say("Owner", 11, role="expert")
    assert (starts_at(), disputed()) == (11, False)
    say("Cy", 60)
    assert starts_at() == 11
    with desk.reading() as items:
        assert {r.name: (r.gold, r.right) for r in records(items)} == {
            "Ada": (1, 1), "Bo": (1, 0), "Cy": (1, 0),
        }  # fmt: skip


def test_a_judges_grade_of_a_known_item_does_not_outweigh_the_experts(desk: Desk) -> None:
    name, workspace = names_of(desk)[0], desk.library.workspace
    Judge(workspace, "Owner").say(name, "quality", quality=2, desk="expert")
    Judge(workspace, "Ada").say(name, "quality", quality=5, desk="judge")
    assert resolved_by_episode(desk.library.judgements)[name].quality == 2


def test_a_trim_at_the_desk_is_what_training_reads(rig: WebRig, desk: Desk) -> None:
    client = rig.browser("judge")
    item = asked(client, "trim")["item"]
    body = {"lease": item["lease"], "answer": number(77), "value": {"start": 1, "stop": 6}}
    assert client.post("/api/judge/answers", json=body).status_code == 200
    selection = TrainingSelection.of(desk.library.judgements, desk.library.summaries())
    ((name, dropped),) = selection.dropped.items()
    steps = next(s.steps for s in desk.library.summaries() if s.id == name)
    assert dropped == ((0, 1), (6, steps))


def asked(client: TestClient, kind: str, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/judge/next", json={"kind": kind, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("outcome", "failure"),
        ("quality", 3),
        ("stage", {"step": 4}),
        ("trim", {"start": 1, "stop": 6}),
    ],
)
def test_each_kind_becomes_its_judgement(rig: WebRig, desk: Desk, kind: str, value: object) -> None:
    client = rig.browser("judge")
    item = asked(client, kind)["item"]
    body = {"lease": item["lease"], "answer": number(len(kind)), "value": value}
    assert client.post("/api/judge/answers", json=body).status_code == 200
    (written,) = Judgements(rig.workspace.db_path).all()
    assert written.payload["desk"] == "judge"
    assert client.post("/api/judge/answers", json=body).json()["id"] == written.id


def test_a_judge_is_not_told_whose_episode_it_is(rig: WebRig, desk: Desk) -> None:
    client = rig.browser("judge")
    found = asked(client, "outcome")
    assert not any(name in str(found) for name in rig.ids())
    clip = client.get(f"/api/judge/leases/{found['item']['lease']}/clip/a")
    assert clip.headers["content-type"].startswith("video/")
    other = rig.browser("judge")
    assert other.get(f"/api/judge/leases/{found['item']['lease']}/clip/a").status_code == 409


def test_under_an_experts_name_a_judge_takes_back_nothing_of_theirs(
    rig: WebRig, desk: Desk
) -> None:
    answer_all(desk, {"Ada": "success", "Bo": "failure"})
    owner = rig.browser("owner", "Expert")
    item = asked(owner, "outcome", settle=True)["item"]
    body = {"lease": item["lease"], "answer": number(1), "value": "failure"}
    assert owner.post("/api/judge/answers", json=body).status_code == 200
    assert owner.post("/api/leave", json={}).status_code == 200
    judge = rig.browser("judge", "Expert")
    assert judge.post("/api/judge/undo", json={}).status_code == 400
    again = rig.browser("owner", "Expert 2")
    assert again.post("/api/judge/undo", json={}).status_code == 400


def test_a_number_that_no_step_has_is_refused(rig: WebRig, desk: Desk) -> None:
    client = rig.browser("judge")
    item = asked(client, "stage")["item"]
    for step in (10**400, -(10**400), 1e300):
        body = {"lease": item["lease"], "answer": number(5), "value": {"step": step}}
        assert client.post("/api/judge/answers", json=body).status_code == 400


@pytest.mark.parametrize("value", ["maybe", 7, True, {"step": 3}, ["success"], "x" * 500])
def test_what_is_no_answer_is_refused(rig: WebRig, desk: Desk, value: object) -> None:
    client = rig.browser("judge")
    item = asked(client, "outcome")["item"]
    body = {"lease": item["lease"], "answer": number(5), "value": value}
    assert client.post("/api/judge/answers", json=body).status_code == 400
    assert not Judgements(rig.workspace.db_path).all()


def test_only_an_editor_settles(rig: WebRig, desk: Desk) -> None:
    item = asked(rig.browser("judge"), "outcome", settle=True)["item"]
    assert item is not None
    assert asked(rig.browser("owner"), "outcome", settle=True)["item"] is None
