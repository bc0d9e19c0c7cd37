"""Accept or reject a plan, and click the item, over HTTP: from the picture to what is learnt."""

import io
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from sidestick.datasets.episode import Episode
from sidestick.datasets.judgements.judgement_state import TrainingSelection
from sidestick.datasets.judgements.judgements import Judge, Judgements
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.cli.review import Review
from sidestick.teleop.learning.workspace_perception import FINETUNED_PERCEPTION
from sidestick.teleop.review.click_review import stored_clicks
from sidestick.teleop.web.access import Access
from sidestick.teleop.web.app import make_app
from sidestick.teleop.web.judging import items, network_items, stock
from tests.simulated import simulated_workspace
from tests.straight_policy import Straight
from tests.web_rig import FREE, Browsers

STEPS = 40


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two short episodes of the simulator, with the pictures that perception takes."""
    folder = tmp_path_factory.mktemp("recorded") / "ws"
    return simulated_workspace(folder, "ShelfPick", (0, 1), STEPS, (), 96)


@pytest.fixture
def workspace(recorded: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The same without judgements; a policy that goes straight on drives there."""
    recorded.db_path.unlink(missing_ok=True)
    store = SimpleNamespace(
        choose=lambda _: SimpleNamespace(policy_id="0001"), load=lambda *_: Straight()
    )
    monkeypatch.setattr(network_items, "PolicyStore", lambda _: store)
    yield recorded
    recorded.db_path.unlink(missing_ok=True)
    (recorded.path / FINETUNED_PERCEPTION).unlink(missing_ok=True)


class Desk(Browsers):
    """A server of a workspace; another one of the same is that server started anew."""

    def __init__(self, workspace: Workspace) -> None:
        self.access = Access()
        self.app, _ = make_app(workspace, self.access, FREE)
        super().__init__(self.app, self.access)


def asked(client: TestClient, kind: str, **more: Any) -> dict[str, Any] | None:
    """The next item of a kind."""
    answer = client.post("/api/judge/next", json={"kind": kind, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] | None = answer.json()["item"]
    return found


def answered(client: TestClient, item: dict[str, Any], value: object) -> int:
    """Answer an item; the status."""
    body = {"lease": item["lease"], "answer": item["lease"] * 2, "value": value}
    return client.post("/api/judge/answers", json=body).status_code


def picture(client: TestClient, item: dict[str, Any]) -> np.ndarray:
    """The picture of an item."""
    answer = client.get(f"/api/judge/leases/{item['lease']}/image")
    assert answer.headers["content-type"] == "image/jpeg"
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def test_an_accepted_plan_is_an_example_for_training(workspace: Workspace) -> None:
    """What the judge sees tells neither the episode nor the policy."""
    client = Desk(workspace).browser("judge", "Ada")
    item = asked(client, "prediction")
    assert item is not None
    assert picture(client, item).shape == (96, 96, 3)
    assert len(item["shown"]["path"]) > 1
    assert not any(word in str(item) for word in ("0001", *names_of(workspace)))
    assert answered(client, item, "accept") == 200
    (written,) = Judgements(workspace.db_path).all()
    assert (written.payload["grade"], written.payload["policy"]) == ("accept", "0001")
    ((name, step, actions),) = selected(workspace).examples()
    assert (name, step) == (written.episode, written.start)
    np.testing.assert_allclose(actions, Straight().plan({"ee_pos": np.zeros(3)}).actions)


def test_a_rejected_plan_is_no_example(workspace: Workspace) -> None:
    client = Desk(workspace).browser("judge", "Ada")
    item = asked(client, "prediction")
    assert item is not None
    assert answered(client, item, "correct") == 400
    assert answered(client, item, "reject") == 200
    assert selected(workspace).examples() == []
    assert [e.payload["grade"] for e in selected(workspace).predictions] == ["reject"]


def selected(workspace: Workspace) -> TrainingSelection:
    """What training reads of the workspace."""
    return TrainingSelection.of(Judgements(workspace.db_path), workspace.summaries())


def names_of(workspace: Workspace) -> list[str]:
    return [summary.id for summary in workspace.summaries()]


def test_a_click_is_what_perception_learns_from(workspace: Workspace) -> None:
    client = Desk(workspace).browser("judge", "Ada")
    item = asked(client, "click")
    assert item is not None
    seen = picture(client, item)
    assert item["shown"]["side"] == len(seen)
    assert answered(client, item, {"x": 31.26, "y": 40.0}) == 200
    (click,) = stored_clicks(workspace)
    assert (click.x, click.y) == (31.3, 40.0)
    assert click.item in item["question"]
    (written,) = Judgements(workspace.db_path).all()
    episode = Episode.read(workspace.find(written.episode))
    np.testing.assert_array_equal(click.image, episode.observations["front_image"][written.start])
    assert np.abs(seen.astype(int) - click.image).mean() < 6  # JPEG


def test_perception_learns_from_the_desks_clicks_without_a_window(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A research machine has no screen; the owner's command there takes what judges clicked."""
    monkeypatch.setattr("sidestick.policies.perception.click_finetuning.STEPS", 2)
    for step in range(8):
        place = {"camera": "front", "item": "red can", "x": 20.0 + step, "y": 30.0, "desk": "judge"}
        Judge(workspace, "Ada").say(names_of(workspace)[0], "click", step, **place)
    assert Review(workspace.path, of="clicks", headless=True, json=True).run() == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["clicks"], found["taught"] + found["held_out"]) == (0, 8)
    with pytest.raises(BadValue, match="simulated"):
        Review(workspace.path, of="predictions", headless=True).run()


@pytest.mark.parametrize(
    "value",
    ['{"x": 97, "y": 3}', '{"x": -1, "y": 3}', '{"x": 1e999, "y": 3}', '{"x": NaN, "y": 3}',
     '{"x": "3", "y": 3}', '{"x": true, "y": 3}', '{"x": 3}', '"accept"'],
)  # fmt: skip
def test_a_click_beside_the_picture_is_refused(workspace: Workspace, value: str) -> None:
    client = Desk(workspace).browser("judge", "Ada")
    item = asked(client, "click")
    assert item is not None
    body = f'{{"lease": "{item["lease"]}", "answer": "{"a" * 16}", "value": {value}}}'
    answer = client.post(
        "/api/judge/answers", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400, answer.text
    assert Judgements(workspace.db_path).all() == []


def test_the_judges_of_one_picture_meet_and_an_expert_settles_what_lies_apart(
    workspace: Workspace,
) -> None:
    """Clicks that lie apart teach nothing until then; the simulated reviewer counts least."""
    name = names_of(workspace)[0]

    def click(judge: str, x: float, desk: str = "judge") -> list[tuple[float, float]]:
        Judge(workspace, judge).say(
            name, "click", 3, camera="front", item="can", x=x, y=10.0, desk=desk
        )
        return [(found.x, found.y) for found in stored_clicks(workspace)]

    assert click("simulated", 90.0) == [(90.0, 10.0)]
    assert click("Ada", 20.0) == [(20.0, 10.0)]
    assert click("Bo", 24.0) == [(22.0, 10.0)]
    assert click("Bo", 60.0) == []
    assert click("Owner", 61.0, "expert") == [(61.0, 10.0)]
    assert click("Cy", 5.0) == [(61.0, 10.0)]


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        ("prediction", ("accept", "reject")),
        ("click", ({"x": 10, "y": 10}, {"x": 60, "y": 60})),
    ],
)
def test_disagreement_comes_back_to_an_expert_after_a_restart(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, kind: str, answers: tuple[object, object]
) -> None:
    """And whoever is the second judge of an item finds it there as well, drawn as it was."""
    monkeypatch.setattr(items, "OVERLAP", 1.0)
    ada, seen = Desk(workspace).browser("judge", "Ada"), []
    while (item := asked(ada, kind)) is not None:
        seen.append(item["shown"])
        assert answered(ada, item, answers[0]) == 200
    bo = Desk(workspace).browser("judge", "Bo")
    second = asked(bo, kind)
    assert second is not None
    assert any(alike(second["shown"], shown) for shown in seen)
    assert answered(bo, second, answers[1]) == 200
    owner = Desk(workspace).browser("owner", "Owner")
    disputed = asked(owner, kind, settle=True)
    assert disputed is not None
    assert alike(disputed["shown"], second["shown"])
    assert answered(owner, disputed, answers[0]) == 200
    assert asked(owner, kind, settle=True) is None
    records = {one["name"]: one for one in owner.get("/api/judge/agreement").json()["judges"]}
    assert (records["Ada"]["gold"], records["Ada"]["right"]) == (1, 1)
    assert (records["Bo"]["gold"], records["Bo"]["right"]) == (1, 0)


def test_used_up_pictures_are_chosen_anew(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Episodes that were recorded since the server began have pictures as well."""
    monkeypatch.setattr(stock, "RENEWED_S", -1.0)
    monkeypatch.setattr(network_items, "CLICKS", 1)
    ada = Desk(workspace).browser("judge", "Ada")
    for _ in range(3):
        item = asked(ada, "click")
        assert item is not None
        assert answered(ada, item, {"x": 1, "y": 1}) == 200
    assert len(Judgements(workspace.db_path).all()) == 3


def alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two items show the same: a path is rounded when it is written."""
    if "path" not in one:
        return one == other
    return one["grips"] == other["grips"] and np.allclose(one["path"], other["path"], atol=2e-4)
