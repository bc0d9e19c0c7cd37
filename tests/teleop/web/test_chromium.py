"""The served pages in a real browser: Debian's Chromium, with a gamepad put in its own object."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.judgements.judgement import Judgement
from sidestick.datasets.judgements.judgement_state import resolved_by_episode
from sidestick.datasets.judgements.judgements import Judge, Judgements
from sidestick.datasets.step import Driver
from sidestick.datasets.workspace import Workspace
from tests.chromium import PAD, Served, chromium, come_in, invited, people_page, until
from tests.web_rig import web_workspace

pytestmark = pytest.mark.slow
SCRIPT = "<script>document.title='taken'</script>"
LB, A, START = 4, 0, 9
SHAPES = {"desktop": (1280, 860), "phone": (390, 844)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Workspace]]:
    """Made-up episodes, of which the first is gold."""
    workspace = web_workspace(tmp_path_factory.mktemp("judged") / "ws", 6)
    first = workspace.summaries()[0].id
    Judge(workspace, "expert").say(first, "verdict", verdict="success")
    served = Served(workspace.path)
    yield served, workspace
    served.close()


@pytest.fixture(scope="module")
def owner(browser: Any, judged: tuple[Served, Workspace]) -> Any:
    return people_page(browser, judged[0])


@pytest.fixture
def driven(tmp_path: Path) -> Iterator[tuple[Served, Workspace]]:
    """An empty workspace with one item, to drive in."""
    config = WorkspaceConfig("ShelfPick", env_kwargs={"num_items": 1})
    workspace = Workspace.create(tmp_path / "ws", config)
    served = Served(workspace.path, "--level", "demonstrate", "--first-seed", "0", "--view", "gl")
    yield served, workspace
    served.close()


class DrivePage:
    """The page of the seat, and what it shows."""

    def __init__(self, browser: Any, served: Served, name: str, pad: bool = True) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 860})
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        if pad:
            self.page.add_init_script(PAD)
        come_in(self.page, served.address, name)
        self.page.goto(f"{served.base}/drive")
        self.page.click("#sit")
        until(lambda: self.state not in ("closed", ""), 120)
        if self.state == "lesson":
            self.press("p")
            until(lambda: self.state == "ready")

    @property
    def state(self) -> str:
        found: str = self.page.get_attribute("#seat", "data-state")
        return found

    @property
    def seconds(self) -> float:
        minutes, seconds = re.findall(r"(\d+):(\d+\.\d)", self.page.inner_text("#does"))[0]
        return 60 * int(minutes) + float(seconds)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key, delay=60)

    def begin(self) -> None:
        """Record, whatever the machine's load has paused meanwhile."""

        def recording() -> bool:
            if self.state in ("ready", "paused", "stalled"):
                self.press("Enter")
                self.page.wait_for_timeout(400)
            return self.state == "recording"

        until(recording)


def test_keys_and_a_pad_drive_an_episode_to_success(
    browser: Any, driven: tuple[Served, Workspace]
) -> None:
    """The tab is hidden and the socket is cut on the way: the episode is paused, never lost."""
    served, workspace = driven
    seat = DrivePage(browser, served, SCRIPT)
    assert seat.page.title() != "taken"
    assert SCRIPT in seat.page.inner_text(".who")
    seat.begin()
    seat.page.keyboard.down("Space")
    seat.page.keyboard.down("w")
    until(lambda: "DRIVE" in seat.page.inner_text("#banner"))
    seat.page.wait_for_timeout(500)
    seat.page.keyboard.up("w")
    seat.page.keyboard.up("Space")
    _hide(seat.page, True)
    until(lambda: seat.state == "paused")
    driven_s = seat.seconds
    _hide(seat.page, False)
    seat.begin()
    seat.page.evaluate("sidestick.talk.socket.close()")
    until(lambda: seat.state == "paused")
    until(lambda: "round trip" in seat.page.inner_text("#link"))
    assert seat.seconds >= driven_s
    seat.begin()
    seat.page.evaluate(f"push({LB}, true)")
    seat.page.evaluate("stick(0, 0.9)")
    until(lambda: "Injected Pad" in seat.page.inner_text("#rows"))
    seat.page.wait_for_timeout(800)
    seat.page.evaluate(f"push({LB}, false); stick(0, 0); push({A}, true)")
    seat.page.wait_for_timeout(150)
    seat.page.evaluate(f"push({A}, false)")
    until(lambda: seat.state in ("doubted", "ready"))
    if seat.state == "doubted":  # the task looks unsolved: the driver insists
        seat.press("1")
    until(lambda: seat.state == "ready")
    until(lambda: len(workspace.summaries()) == 1)
    assert seat.errors == []
    seat.context.close()
    (summary,) = workspace.summaries()
    assert summary.path is not None
    episode = Episode.read(summary.path, images=False)
    assert summary.header.operator == SCRIPT
    assert summary.success
    assert (episode.driver == Driver.HUMAN).sum() >= 5
    assert np.isfinite(episode.human_actions).any()


def _hide(page: Any, hidden: bool) -> None:
    """What the browser does when another tab comes to the front, or goes."""
    word = "hidden" if hidden else "visible"
    page.evaluate(
        "([hidden, word]) => { for (const [name, value] of [['hidden', hidden],"
        " ['visibilityState', word]]) Object.defineProperty(document, name,"
        " { value, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }",
        [hidden, word],
    )


def test_two_judges_and_a_gold_item(
    browser: Any, owner: Any, judged: tuple[Served, Workspace]
) -> None:
    served, workspace = judged
    pages = []
    for name in (SCRIPT, "Bo"):
        page = browser.new_context().new_page()
        come_in(page, invited(owner, "judge"), name)
        pages.append(page)
    for page, key in ((pages[0], "s"), (pages[1], "f")):
        while True:
            until(lambda p=page: p.is_visible("#item") or p.is_visible("#nothing"))
            if page.is_visible("#nothing"):
                break
            left = page.inner_text("#left")
            page.keyboard.press(key)
            until(lambda p=page, w=left: p.inner_text("#left") != w or p.is_visible("#nothing"))
    verdicts = [e for e in Judgements(workspace.db_path).all() if "answer" in e.payload]
    assert {event.operator for event in verdicts} <= {SCRIPT, "Bo"}
    assert len({(e.operator, e.episode) for e in verdicts}) == len(verdicts)
    assert len({event.episode for event in verdicts}) >= 5
    told = owner.context.new_page()
    told.goto(f"{served.base}/judge")
    until(lambda: SCRIPT in told.inner_text("#judges"))
    assert told.title() == "Judge · Sidestick"


def test_steps_are_judged_by_keys(
    browser: Any, owner: Any, judged: tuple[Served, Workspace]
) -> None:
    """Where a stage begins, and what is worth keeping, as training reads it."""
    served, workspace = judged
    page = browser.new_context().new_page()
    come_in(page, invited(owner, "judge"), "Steps")
    page.goto(f"{served.base}/judge")
    for kind, keys in (
        ("stage", ("ArrowRight", "ArrowRight", "Enter")),
        ("trim", ("ArrowRight", "i", "ArrowRight", "ArrowRight", "o")),
    ):
        page.select_option("#kind", kind)
        until(lambda: page.is_visible("#scrub"))
        page.keyboard.press("Home")
        until(lambda: page.inner_text("#at").startswith("1 of"))
        for key in keys:
            page.keyboard.press(key)
            page.wait_for_timeout(200)
        until(lambda k=kind: any(e.kind == k for e in own_of(workspace, "Steps")))
    stage, trim = own_of(workspace, "Steps")
    assert (stage.kind, stage.start) == ("stage", 2)
    assert (trim.start, trim.stop) == (1, 4)
    states = resolved_by_episode(Judgements(workspace.db_path))
    assert states[stage.episode].stages[stage.payload["stage"]] == 2
    assert states[trim.episode].kept == (1, 4)


def own_of(workspace: Workspace, name: str) -> list[Judgement]:
    """What somebody has judged, in order."""
    return [e for e in Judgements(workspace.db_path).all() if e.operator == name]


def test_the_dataset_is_edited_by_keys(
    browser: Any, owner: Any, judged: tuple[Served, Workspace]
) -> None:
    served, _ = judged
    page = browser.new_context().new_page()
    come_in(page, invited(owner, "owner"), "Keys")
    page.goto(f"{served.base}/dataset")
    page.wait_for_selector("#episodes button")
    page.keyboard.press("n")
    until(lambda: page.is_visible("#detail"))
    until(lambda: page.evaluate("document.querySelector('#clip').readyState") >= 2)
    steps = int(page.get_attribute("#step", "max")) + 1
    for key in ("End", "ArrowLeft", "ArrowLeft", "o", "x"):
        page.keyboard.press(key)
        page.wait_for_timeout(300)
    until(lambda: "excluded" in page.inner_text("#stands"))
    assert f"steps 1 to {steps - 2}" in page.inner_text("#stands")
    page.keyboard.press("u")
    until(lambda: "excluded" not in page.inner_text("#stands"))
    page.keyboard.press("u")
    until(lambda: "all steps" in page.inner_text("#stands"))


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_page_fits_and_names_what_can_be_used(
    browser: Any,
    owner: Any,
    judged: tuple[Served, Workspace],
    tmp_path: Path,
    shape: str,
    theme: str,
) -> None:
    """No page scrolls sideways, and whatever takes input has a name for screen readers."""
    served, _ = judged
    width, height = SHAPES[shape]
    address = invited(owner, "owner")
    page = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme
    ).new_page()
    come_in(page, address, f"Looks {shape} {theme}")
    for name in ("drive", "judge", "dataset", "watch", "people"):
        page.goto(f"{served.base}/{name}")
        page.wait_for_timeout(700)
        page.screenshot(path=tmp_path / f"{name}-{shape}-{theme}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate(UNNAMED) == [], name


UNNAMED = """[...document.querySelectorAll("button, input, select, canvas, video, img, a")]
  .filter((one) => one.offsetParent !== null)
  .filter((one) => !(one.getAttribute("aria-label") || one.alt || one.textContent.trim()
    || one.labels?.length || one.title))
  .map((one) => one.outerHTML)"""
"""The elements that are shown and have no name."""
