"""The `Seat` runs one station in a thread, and knows who drives, who asks and who left.

One drives. The seat is handed on when the driver gives it, or has been gone for a minute; until
then it waits for the driver with the episode paused.
"""

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from ....sim_envs.errors import SidestickError
from ...fleet.window.outlet import FleetOutlet
from ...station.options import StationOptions
from .browser_outlet import BrowserOutlet
from .frames import FrameFeed
from .input_message import InputMessage
from .link import Link

GONE_S = 60.0
"""A driver who was gone for so long does not come back."""
CLOSING_S = 20.0
SWITCH_S = 0.0005
"""Python's threads take turns so often: a tick shall not wait for a page of somebody else."""
OpenOutlet = Callable[[StationOptions], FleetOutlet]
RunStation = Callable[[str, OpenOutlet], object]
"""Runs a station for an operator until it is closed; the outlet is opened in the same thread."""


class SeatTaken(SidestickError):
    """Somebody else drives."""


class Seat:
    """Open or closed; all methods may be called from any thread."""

    def __init__(self, run: RunStation, clock: Callable[[], float] = time.monotonic) -> None:
        self.feed, self.link = FrameFeed(), Link()
        self.driver, self.error = "", ""
        self.asking: list[str] = []
        """Who wants the seat, in the order of asking."""
        self._run, self._clock = run, clock
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._outlet: BrowserOutlet | None = None
        self._gone_since: float | None = None
        self._present: dict[str, int] = {}
        self._pages = 0

    @property
    def is_open(self) -> bool:
        """Whether a station runs."""
        return self._thread is not None and self._thread.is_alive()

    def sit(self, name: str) -> None:
        """Take the seat, opened if it is closed; SeatTaken where somebody else drives."""
        with self._lock:
            if not self._is_free(name):
                if name not in self.asking:
                    self.asking.append(name)
                self.feed.wake()
                raise SeatTaken(f"{self.driver} drives; they were asked to give you the seat")
            self._seat(name)
            if not self.is_open:
                self.error = ""
                self._thread = threading.Thread(target=self._station, args=(name,), name="seat")
                self._thread.start()

    def give(self, name: str, to: str) -> None:
        """Hand the seat on to somebody who asked for it."""
        with self._lock:
            if name != self.driver or to not in self.asking:
                raise SeatTaken("only who drives can hand the seat on, to somebody who asked")
            self.link.disconnect()
            self._seat(to)

    def rise(self, name: str) -> None:
        """Leave the seat to whoever comes; the episode waits, paused."""
        with self._lock:
            if name in self.asking:
                self.asking.remove(name)
            if name == self.driver:
                self.link.disconnect()
                self.driver, self._gone_since = "", None
            self.feed.wake()

    def turn(self, name: str, arm: int) -> None:
        """Turn to an arm of the fleet, from 0; where there is none of this number, stay."""
        with self._lock:
            if name != self.driver:
                raise SeatTaken("only who drives can turn to another arm")
            if self._outlet is not None:
                self._outlet.wanted_arm = arm

    def come(self, name: str) -> int:
        """A page of somebody is there, and gets a number; of two pages the newer one counts.

        The driver's goes on where it was cut off.
        """
        with self._lock:
            self._pages += 1
            self._present[name] = self._pages
            if name == self.driver:
                self._gone_since = None
                self.link.connect()
            return self._pages

    def go(self, name: str, page: int) -> None:
        """A page of somebody is gone."""
        with self._lock:
            if self._present.get(name) != page:
                return
            del self._present[name]
            if name in self.asking:
                self.asking.remove(name)
            if name == self.driver:
                self.link.disconnect()
                self._gone_since = self._clock()

    def receive(self, name: str, page: int, message: InputMessage) -> None:
        """Take in the driver's input; that of others, and of older pages, is left out."""
        if name == self.driver and self._present.get(name) == page:
            self.link.receive(message)

    def close(self) -> None:
        """Save, and end the station."""
        thread, outlet = self._thread, self._outlet
        if outlet is not None:
            outlet.leaving = True
        if thread is not None:
            thread.join(CLOSING_S)

    def status(self, name: str, page: int = 0) -> dict[str, Any]:
        """What a page of somebody shows of the seat."""
        trip, counts = self.link.round_trip_s, self.link.counts
        return {
            "open": self.is_open,
            "driver": self.driver,
            "you_drive": bool(name) and name == self.driver,
            "elsewhere": bool(name) and self._present.get(name) != page,
            "asking": list(self.asking),
            "free": self._is_free(name),
            "error": self.error,
            "round_trip_ms": None if trip != trip else round(trip * 1000),
            "missed": counts.missed,
            "too_old": counts.too_old,
        }

    def _is_free(self, name: str) -> bool:
        if self.driver in ("", name) or not self.is_open:
            return True
        return self._gone_since is not None and self._clock() - self._gone_since > GONE_S

    def _seat(self, name: str) -> None:
        self.driver, self._gone_since = name, None
        if name in self.asking:
            self.asking.remove(name)
        if self._outlet is not None:
            self._outlet.driver = name
        if name in self._present:
            self.link.connect()
        else:
            self._gone_since = self._clock()
        self.feed.wake()

    def _station(self, name: str) -> None:
        """Run the station in its thread."""
        sys.setswitchinterval(SWITCH_S)
        try:
            self._run(name, self._open_outlet)
        except SidestickError as error:
            self.error = str(error)[:400]
        except BaseException as error:
            self.error = f"the seat broke: {type(error).__name__}; the episodes are kept"
            raise
        finally:
            with self._lock:
                self._outlet, self.driver = None, ""
                self.link.disconnect()
            self.feed.clear()

    def _open_outlet(self, options: StationOptions) -> BrowserOutlet:
        self._outlet = BrowserOutlet(self.feed, self.link)
        return self._outlet
