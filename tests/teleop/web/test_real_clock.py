"""The limits of the wire by the real clock: what is older than they say moves nothing."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidestick.datasets.step import Driver
from sidestick.teleop.devices import operator_input
from sidestick.teleop.session.command import Command
from sidestick.teleop.station.states import WindowState
from sidestick.teleop.web.driving.link import OLD_PICTURE_S, SILENT_S
from tests.browser_rig import MESSAGE_S, BrowserRig

pytestmark = pytest.mark.slow
ROUNDS = 3


class RealTime:
    """The clock of this machine."""

    @property
    def now(self) -> float:
        return time.perf_counter()

    def __call__(self) -> float:
        return time.perf_counter()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class RealRig(BrowserRig):
    """The loop in this thread, a driver's messages from another, as the server sends them on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, time=RealTime())
        self.blind, self.ended = False, False
        self.ages_s: list[tuple[float, float]] = []
        """Of the last message and of the picture that it saw, at every tick by hand."""
        self._poll = self.input.poll
        self.input.poll = self._timed  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._send_on)
        self._thread.start()

    def run(self, seconds: float) -> None:
        """Let time pass; the messages come by themselves."""
        until = self.time.now + seconds
        while self.time.now < until:
            self.loop.step()

    def close(self) -> None:
        self.ended = True
        self._thread.join()
        super().close()

    def _send_on(self) -> None:
        while not self.ended:
            if not self.silent:
                self.send()
            time.sleep(MESSAGE_S)

    def _draw(self, loop: object) -> float:
        number = self.link.last_drawn + 1
        self.link.drawn(number)
        if not self.blind:
            self.frame = number
        return 0.004

    def _timed(self, driver: Driver) -> Command:
        link = self.link  # asked before the poll asks it: what is measured is no older
        ages = time.perf_counter() - link._came, link.picture_age_s()
        command = self._poll(driver)
        if command.alive and command.clutch:
            self.ages_s.append(ages)
        return command


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealRig]:
    """An episode that is being recorded; a busy machine alone stops nothing."""
    monkeypatch.setattr(operator_input, "STALE_SAMPLE_S", 60.0)
    made = RealRig(tmp_path / "ws")
    made.run(0.5)
    made.press("enter")
    made.run(0.2)
    yield made
    made.close()


def drive(rig: RealRig) -> None:
    """Close the clutch anew until the arm is driven, whatever the machine's load has paused."""
    until = time.monotonic() + 30
    rig.ages_s.clear()
    while len(rig.ages_s) < 3:
        assert time.monotonic() < until, rig.loop.state
        rig.held = set()
        rig.run(0.2)
        if rig.state in (WindowState.PAUSED, WindowState.READY):
            rig.press("enter")
            rig.run(0.2)
        rig.press("space")
        rig.held = {"space", "w"}
        rig.run(0.4)


def test_no_tick_is_driven_by_a_message_older_than_the_limit(rig: RealRig) -> None:
    words = []
    for _ in range(ROUNDS):
        drive(rig)
        rig.silent = True
        rig.run(SILENT_S + 0.3)
        words.append(rig.loop.lost)
        ticks = len(rig.ages_s)
        rig.run(0.3)
        assert len(rig.ages_s) == ticks
        assert max(age for age, _ in rig.ages_s) <= SILENT_S
        rig.silent = False
    assert all("nothing came from the browser for 250 ms" in found for found in words)


def test_no_tick_is_driven_by_who_saw_a_picture_older_than_the_limit(rig: RealRig) -> None:
    words = []
    for _ in range(ROUNDS):
        drive(rig)
        rig.blind = True
        rig.run(OLD_PICTURE_S + 0.3)
        words.append(rig.loop.lost)
        assert rig.state in (WindowState.STALLED, WindowState.PAUSED)
        assert max(age for _, age in rig.ages_s) <= OLD_PICTURE_S
        rig.blind = False
    assert any("the picture in the browser" in found for found in words)
