"""The dataset in the browser: lists, tracks, clips, and edits that training reads."""

import io

import av
import pytest

from sidestick.datasets.judgements.judgement_state import TrainingSelection
from sidestick.datasets.judgements.judgements import Judgements
from tests.web_rig import WebRig, edit


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> WebRig:
    return WebRig(tmp_path_factory.mktemp("web") / "ws")


def test_filters_find_takeovers_and_text(rig: WebRig) -> None:
    client = rig.browser()
    listed = client.get("/api/episodes").json()
    assert [row["id"] for row in listed["episodes"]] == rig.ids()[::-1]
    taken = client.get("/api/episodes?takeovers=some&driver=both").json()
    assert [row["id"] for row in taken["episodes"]] == [rig.ids()[1]]
    assert client.get("/api/episodes?text=nobody-has-this").json()["total"] == 0
    assert client.get("/api/episodes?first=1&count=1").json()["episodes"][0]["id"] == rig.ids()[1]


@pytest.mark.parametrize("query", ["outcome=maybe", "count=0", "first=-1", "count=9999999999"])
def test_a_filter_that_makes_no_sense_is_refused(rig: WebRig, query: str) -> None:
    client = rig.browser("watch")
    assert client.get(f"/api/episodes?{query}").status_code == 400


def test_tracks_tell_who_drove_and_both_actions(rig: WebRig) -> None:
    client = rig.browser()
    shown = client.get(f"/api/episodes/{rig.ids()[1]}").json()
    assert shown["drivers"] == [[0, 6, "policy"], [6, 12, "human"]]
    assert shown["takeover_steps"] == [6]
    assert shown["human_actions"][0][0] is None
    assert len(shown["policy_actions"]) == len(shown["novelty"]) == 12
    assert shown["cameras"] == list(rig.workspace.config.cameras)


def test_a_clip_has_a_frame_for_each_step_and_comes_in_parts(rig: WebRig) -> None:
    client = rig.browser()
    path = f"/api/episodes/{rig.ids()[0]}/clip"
    whole = client.get(path)
    with av.open(io.BytesIO(whole.content)) as video:
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    size = rig.workspace.config.image_size
    assert len(frames) == 8
    assert frames[0].shape == (size, size * len(rig.workspace.config.cameras), 3)
    part = client.get(path, headers={"range": "bytes=4-9"})
    assert (part.status_code, part.content) == (206, whole.content[4:10])
    assert client.get(path, headers={"range": "bytes=-5"}).content == whole.content[-5:]
    assert client.get(path, headers={"range": "bytes=999999999-"}).status_code == 416


@pytest.mark.parametrize("name", ["..%2f..%2fsidestick.db", "nothing", "%00", "20250101"])
def test_a_browser_names_episodes_and_no_files(rig: WebRig, name: str) -> None:
    client = rig.browser("watch")
    for path in (f"/api/episodes/{name}", f"/api/episodes/{name}/clip"):
        assert client.get(path).status_code == 404


def test_edits_are_what_training_reads_and_undo_takes_them_back(rig: WebRig) -> None:
    client, (first, second, _) = rig.browser(), rig.ids()
    for body in (
        edit(first, "verdict", "1" * 16, payload={"verdict": "failure"}),
        edit(first, "trim", "2" * 16, start=2, stop=6),
        edit(second, "exclusion", "3" * 16, payload={"excluded": True, "why": ""}),
    ):
        assert client.post("/api/edits", json=body).status_code == 200
    judgements, summaries = Judgements(rig.workspace.db_path), rig.workspace.summaries()
    selection = TrainingSelection.of(judgements, summaries)
    assert selection.success[first] is False
    assert selection.dropped[first] == ((0, 2), (6, 8))
    assert selection.excluded == {second}
    excluded = client.get("/api/episodes?excluded=yes").json()["episodes"]
    assert [row["id"] for row in excluded] == [second]
    assert client.post("/api/undo", json={}).json()["kind"] == "exclusion"
    assert client.post("/api/undo", json={}).json()["kind"] == "trim"
    now = TrainingSelection.of(judgements, summaries)
    assert (now.excluded, first in now.dropped) == (frozenset(), False)


def test_an_edit_that_is_sent_twice_counts_once(rig: WebRig) -> None:
    """A browser that lost the answer sends again."""
    client, body = rig.browser(), edit(rig.ids()[2], "tag", payload={"tag": "look again"})
    numbers = {client.post("/api/edits", json=body).json()["id"] for _ in range(3)}
    assert len(numbers) == 1


def test_an_undo_takes_back_ones_own_alone(rig: WebRig) -> None:
    one, other = rig.browser(), rig.browser()
    body = edit(rig.ids()[0], "quality", "9" * 16, payload={"quality": 4})
    one.post("/api/edits", json=body)
    assert other.post("/api/undo", json={}).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "prediction"},
        {"kind": "undo", "payload": {"of": 1}},
        {"answer": "../../x"},
        {"stop": 9999, "start": 0, "kind": "trim"},
        {"payload": {"verdict": "maybe"}},
        {"payload": {"verdict": "success", "text": "short"}},
        {"payload": {"verdict": "success", "desk": "judge"}},
        {"kind": "reason", "payload": {"reasons": [], "text": "x" * 2000}},
        {"kind": "reason", "payload": {"reasons": ["slipped"] * 99}},
        {"kind": "tag", "payload": {"tag": "x" * 2000}},
        {"kind": "trim", "start": 0, "stop": 4, "payload": {"tag": "x"}},
        {"strange": 1},
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(rig: WebRig, wrong: dict[str, object]) -> None:
    client = rig.browser()
    good = edit(rig.ids()[0], "verdict", "f" * 16, payload={"verdict": "success"})
    before = len(Judgements(rig.workspace.db_path).all())
    assert client.post("/api/edits", json={**good, **wrong}).status_code == 400
    assert len(Judgements(rig.workspace.db_path).all()) == before


def test_the_page_takes_the_keys_of_the_review_window(rig: WebRig) -> None:
    page = rig.browser().get("/dataset").text
    assert '"trim-start", ["i"]' in page
    assert '"success", ["s", "enter"]' in page
