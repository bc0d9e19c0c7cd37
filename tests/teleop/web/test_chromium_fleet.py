"""A fleet in a real browser: all arms small, the one in focus large, by keys and clicks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sidestick.datasets.workspace import Workspace
from tests.chromium import STILL_FLEET, Served, chromium, come_in, until
from tests.fleet_rig import fleet_workspace

pytestmark = pytest.mark.slow


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Served, Workspace]]:
    workspace = fleet_workspace(tmp_path / "ws")
    options = ("--arms", "3", "--override", "--first-seed", "0", "--view", "gl")
    served = Served(workspace.path, *options, before=STILL_FLEET)
    yield served, workspace
    served.close()


class FleetPage:
    """The page Drive of a fleet, and what it shows."""

    def __init__(self, browser: Any, served: Served) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 860})
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        come_in(self.page, served.address, "Ada")
        self.page.goto(f"{served.base}/drive")
        self.page.click("#sit")
        until(lambda: self.page.locator("#wall .arm").count() == 3, 120)

    def tiles(self) -> list[str]:
        """What every arm's tile says."""
        found: list[str] = self.page.locator("#wall .arm").all_inner_texts()
        return found

    @property
    def here(self) -> int:
        """Which arm is in focus, from 0."""
        return next(n for n, words in enumerate(self.tiles()) if "here" in words)

    @property
    def banner(self) -> str:
        found: str = self.page.inner_text("#banner")
        return found

    def take_over(self, arm: int) -> None:
        """Close the clutch, push, and let go."""
        self.page.keyboard.down("Space")
        self.page.keyboard.down("w")
        until(lambda: "you drive" in self.tiles()[arm])
        self.page.wait_for_timeout(500)
        self.page.keyboard.up("w")
        self.page.keyboard.up("Space")
        until(lambda: "you drive" not in self.tiles()[arm])


def test_a_call_is_answered_by_keys_and_the_next_by_one_key(
    served: tuple[Served, Workspace], tmp_path: Path
) -> None:
    with chromium() as browser:
        page = FleetPage(browser, served[0])
        until(lambda: all("ASKS" in words for words in page.tiles()))
        assert page.here == 0
        assert "2 arms ask" in page.page.title()
        assert page.page.is_visible("#replay")
        until(lambda: page.page.evaluate(PICTURES) == 4)
        looked(page, tmp_path / "calls")
        page.take_over(0)
        until(lambda: "policy" in page.tiles()[0] or "ASKS" in page.tiles()[0])
        page.page.keyboard.press("Enter", delay=60)
        until(lambda: page.here != 0)
        second = page.here  # the one whose call has waited longer
        page.take_over(second)
        page.page.locator("#wall .arm").nth(3 - second).click()
        until(lambda: page.here == 3 - second)
        page.take_over(3 - second)
        assert page.errors == []
        page.context.close()
    served[0].close()
    summaries = served[1].summaries()
    assert len(summaries) == 3
    assert all(s.takeovers == 1 and s.header.operator == "Ada" for s in summaries)
    assert {s.header.seed for s in summaries} == {0, 1, 2}


PICTURES = """[...document.querySelectorAll("#wall img, #replayed")]
  .filter((image) => image.naturalWidth > 0).length"""


def looked(page: FleetPage, folder: Path) -> None:
    """Screenshots by width and theme; nothing scrolls sideways."""
    folder.mkdir()
    for shape, (width, height) in {"desktop": (1280, 860), "phone": (390, 844)}.items():
        for theme in ("dark", "light"):
            page.page.set_viewport_size({"width": width, "height": height})
            page.page.emulate_media(color_scheme=theme)
            page.page.wait_for_timeout(500)
            page.page.screenshot(path=folder / f"{shape}-{theme}.png", full_page=True)
            assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    page.page.set_viewport_size({"width": 1280, "height": 860})
