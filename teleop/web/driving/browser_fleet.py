"""A fleet in browsers: `FleetScreen` shows all its arms, `FleetBrowserInput` drives one of them.

The states, the queue and the words are those of the fleet's window (`fleet.window`).
"""

from collections.abc import Mapping
from typing import Any

from ....datasets.step import Driver
from ....sim_envs.spaces import Image
from ...devices.input_sample import InputSample
from ...fleet.window.fleet_loop import FleetLoop
from ...fleet.window.seat import Seat
from ...fleet.window.wall import replayed, solved_words, tile_picture, words
from ...session.command import Command
from ...station.screen.dashboard import Dashboard
from ...ui.palette import readable_on
from .board import hex_of
from .browser_input import BrowserInput
from .browser_screen import BrowserScreen
from .frames import FIRST_ARM, REPLAY


class FleetBrowserInput(BrowserInput):
    """One driver's devices, for one arm of many at a time.

    A silence of the wire and an old picture stop an arm that she drives at once. One that its
    policy drives goes on through them, as the arms that are not in focus do: nobody needs to watch.
    """

    def sample(self, driving: bool = True) -> InputSample:
        """Take in the newest message; `driving` is whether the arm in focus is driven by hand."""
        self._by_hand = driving
        return super().sample(driving)

    def poll(self, driver: Driver) -> Command:
        """The command of the last sample, which takes over nothing while it cannot be trusted."""
        drives = driver is Driver.HUMAN
        if not drives and self.link.loss(by_hand=False) is None and self.link.loss() is not None:
            return Command(self._spec.rest())
        return super().poll(driver)


class FleetScreen(BrowserScreen):
    """Draws the seat of one arm while it is in focus, and hands out all arms with it."""

    fleet: FleetLoop | None = None
    """The loop whose arms are shown with every frame."""

    def _wanted(self, board: Dashboard) -> Mapping[int, Image]:
        """The small pictures: cameras, arms, and what led to a call."""
        pictures = dict(super()._wanted(board))
        if self.fleet is None:
            return pictures
        camera = self.fleet.focus.live.env.world_spec.cameras[0]
        for number, seat in enumerate(self.fleet.seats, FIRST_ARM):
            pictures[number] = tile_picture(seat, camera)
        again = replayed(self.fleet.focus, self.fleet.now)
        return pictures if again is None else {**pictures, REPLAY: again[0]}

    def _more(self) -> Mapping[str, Any]:
        """All arms in words."""
        return {} if self.fleet is None else {"fleet": fleet_json(self.fleet)}


def fleet_json(fleet: FleetLoop) -> dict[str, Any]:
    """What the page shows of all arms."""
    again = replayed(fleet.focus, fleet.now)
    return {
        "here": fleet.focus.number,
        "asking": sum(seat is not fleet.focus for seat in fleet.callers),
        "replay": None if again is None else again[1],
        "arms": [_arm_json(seat, fleet.now) for seat in fleet.seats],
    }


def _arm_json(seat: Seat, now: float) -> dict[str, Any]:
    colour, does, why = words(seat, now)
    return {
        "does": does,
        "why": why,
        "solved": solved_words(seat),
        "asks": seat.calling,
        "colour": hex_of(colour),
        "ink": hex_of(readable_on(colour)),
    }
