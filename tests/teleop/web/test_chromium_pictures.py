"""Plans and clicks judged in a real browser: by keys, by a mouse, and by touch on a phone."""

from collections.abc import Iterator
from typing import Any

import pytest

from sidestick.datasets.judgements.judgement import Judgement
from sidestick.datasets.judgements.judgements import Judgements
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.review.click_review import stored_clicks
from tests.chromium import STRAIGHT, Served, chromium, come_in, invited, people_page, until
from tests.simulated import simulated_workspace

pytestmark = pytest.mark.slow
SIDE = 96
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Workspace]]:
    folder = tmp_path_factory.mktemp("pictures") / "ws"
    workspace = simulated_workspace(folder, "ShelfPick", (0, 1, 2, 3), 60, (), SIDE)
    started = Served(workspace.path, before=STRAIGHT)
    yield started, workspace
    started.close()


@pytest.fixture(scope="module")
def owner(browser: Any, served: tuple[Served, Workspace]) -> Any:
    return people_page(browser, served[0])


class JudgePage:
    """The page Judge of somebody, and what they have said."""

    def __init__(self, browser: Any, owner: Any, workspace: Workspace, name: str, **screen: Any):
        self.page = browser.new_context(**screen).new_page()
        self.workspace, self.name = workspace, name
        come_in(self.page, invited(owner, "judge"), name)

    def said(self) -> list[Judgement]:
        """What they have judged, in order."""
        events = Judgements(self.workspace.db_path).all()
        return [event for event in events if event.operator == self.name]

    def begin(self, kind: str) -> None:
        """Choose a kind, and wait for its first picture."""
        self.page.select_option("#kind", kind)
        self._wait()

    def _wait(self) -> None:
        until(lambda: self.page.evaluate(SHOWN))
        self.page.wait_for_timeout(100)

    def after(self, act: Any) -> Judgement:
        """The judgement that something they do becomes; the next picture is there then."""
        before, question = len(self.said()), self.page.evaluate(LEASE)
        act()
        until(lambda: len(self.said()) == before + 1)
        until(lambda: self.page.evaluate(LEASE) != question)
        self._wait()
        return self.said()[-1]


SHOWN = """document.querySelector("#picture").checkVisibility()
  && document.querySelector("#picture").width > 400"""
LEASE = "document.querySelector('#item').dataset.lease"


def test_a_plan_is_accepted_and_rejected_by_keys_and_by_mouse(
    browser: Any, owner: Any, served: tuple[Served, Workspace]
) -> None:
    judge = JudgePage(browser, owner, served[1], "Ada", **DESKTOP)
    judge.begin("prediction")
    assert judge.page.evaluate(ORANGE) > 50
    assert judge.after(lambda: judge.page.keyboard.press("a")).payload["grade"] == "accept"
    assert judge.after(lambda: judge.page.keyboard.press("r")).payload["grade"] == "reject"
    accept = judge.page.get_by_role("button", name="Accept")
    assert judge.after(accept.click).payload["grade"] == "accept"
    assert len({(e.episode, e.start) for e in judge.said()}) == 3
    assert all(e.payload["policy"] == "0001" for e in judge.said())
    judge.page.keyboard.press("u")
    until(lambda: judge.said()[-1].kind == "undo")


ORANGE = """(() => {
  const canvas = document.querySelector("#picture");
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let count = 0;
  for (let i = 0; i < data.length; i += 4)
    count += data[i] === 230 && data[i + 1] === 159 && data[i + 2] === 0;
  return count;
})()"""
"""So many pixels of the path's colour are drawn."""


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["mouse", "touch"])
def test_a_click_lands_where_it_was_made(
    browser: Any, owner: Any, served: tuple[Served, Workspace], screen: dict[str, Any]
) -> None:
    """A quarter from the left and three quarters down, whatever the size of the screen."""
    touch = "has_touch" in screen
    judge = JudgePage(browser, owner, served[1], "Finger" if touch else "Mouse", **screen)
    judge.begin("click")
    box = judge.page.locator("#picture").bounding_box()
    assert box["width"] == pytest.approx(box["height"], abs=1)
    place = {"x": box["width"] / 4, "y": box["height"] * 3 / 4}
    picture = judge.page.locator("#picture")
    given = judge.after(
        lambda: picture.tap(position=place) if touch else picture.click(position=place)
    ).payload
    assert (given["x"], given["y"]) == pytest.approx((SIDE / 4, SIDE * 3 / 4), abs=0.5)
    taught = [(click.x, click.y) for click in stored_clicks(served[1])]  # of two, the middle
    assert any((given["x"], given["y"]) == pytest.approx(place, abs=0.5) for place in taught)


def test_arrow_keys_move_the_cursor_and_enter_clicks(
    browser: Any, owner: Any, served: tuple[Served, Workspace]
) -> None:
    judge = JudgePage(browser, owner, served[1], "Keys", **DESKTOP)
    judge.begin("click")

    def walk() -> None:
        for key in ("ArrowLeft", "ArrowLeft", "ArrowDown", "Enter"):
            judge.page.keyboard.press(key)

    given = judge.after(walk).payload
    assert (given["x"], given["y"]) == (SIDE / 2 - 4, SIDE / 2 + 2)
