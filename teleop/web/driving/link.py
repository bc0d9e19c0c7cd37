"""A `Link` judges what comes from the driver's browser: is it new, young, and seen of late?

It takes the newest input only. Without one for 250 ms, with the tab hidden, or where the person saw
a picture older than 400 ms, it is not to be trusted: the clutch opens and the arm holds.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ...devices.input_sample import Loss
from .input_message import InputMessage

SILENT_S = 0.25
"""Without a new input for so long, or with one that was so long on its way, the arm holds."""
OLD_PICTURE_S = 0.4
"""Whoever drives by an older picture than this drives blind."""
LONG_S = 1.0
"""After a shorter silence than this the clutch alone goes on."""
DRIFT = 1e-3
"""Seconds a second by which two clocks may part; so fast does the shortest way forget."""
FRAMES_KEPT = 256
LOST, HIDDEN = "the connection to the browser is gone", "the tab was hidden"
UNSEEN, FOREVER = "the browser has not shown a picture yet", float("inf")


@dataclass
class LinkCounts:
    """What was counted since the driver sat down."""

    messages: int = 0
    missed: int = 0
    """Numbers that never came: gaps in the sequence."""
    out_of_order: int = 0
    """Not newer than the one before; left out."""
    too_old: int = 0
    """Longer on their way than SILENT_S; left out."""


@dataclass
class Link:
    """The connection to one driver; messages come from the server's thread."""

    clock: Callable[[], float] = time.perf_counter
    counts: LinkCounts = field(default_factory=LinkCounts)
    round_trip_s: float = float("nan")
    """From the drawing of a picture to the input of the person who saw it; NaN before the first."""
    connected: bool = False
    last_drawn: int = 0
    """Number of the newest picture; the next has a higher one, in the next station too."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: InputMessage | None = None
        self._presses: set[str] = set()
        self._pad_presses: dict[int, set[int]] = {}
        self._last_sequence, self._came, self._seen = -1, float("-inf"), -1
        self._shortest, self._shortest_at = float("inf"), 0.0
        self._drawn: deque[tuple[int, float]] = deque(maxlen=FRAMES_KEPT)
        self._hidden = False

    def connect(self) -> None:
        """A driver's browser is there, with numbers and a clock of its own."""
        with self._lock:
            self.connected, self._hidden = True, False
            self._last_sequence, self._came, self._seen = -1, float("-inf"), -1
            self._shortest, self.round_trip_s = float("inf"), float("nan")
            self._forget()

    def disconnect(self) -> None:
        """The driver's browser is gone."""
        with self._lock:
            self.connected = False
            self._forget()

    def drawn(self, number: int) -> None:
        """A picture was drawn now, and goes out with this number."""
        with self._lock:
            self._drawn.append((number, self.clock()))
            self.last_drawn = number

    def receive(self, message: InputMessage) -> bool:
        """Take in a message; False where it is left out."""
        now = self.clock()
        with self._lock:
            self.counts.messages += 1
            if message.sequence <= self._last_sequence:
                self.counts.out_of_order += 1
                return False
            self.counts.missed += message.sequence - self._last_sequence - 1
            self._last_sequence = message.sequence
            if self._age_s(message, now) > SILENT_S:
                self.counts.too_old += 1
                return False
            self._newest, self._came, self._hidden = message, now, message.hidden
            self._presses |= message.key_presses
            for pad in message.pads:
                self._pad_presses.setdefault(pad.index, set()).update(pad.pressed)
            self._note_seen(message.frame, now)
            return True

    def take(self) -> tuple[InputMessage | None, frozenset[str], dict[int, frozenset[int]]]:
        """The newest message, and what was pressed on keys and pads since the last call."""
        with self._lock:
            keys = frozenset(self._presses)
            pads = {index: frozenset(p) for index, p in self._pad_presses.items()}
            self._presses.clear()
            self._pad_presses.clear()
            return self._newest, keys, pads

    def drop_presses(self) -> None:
        """Forget what was pressed and not taken."""
        with self._lock:
            self._presses.clear()
            self._pad_presses.clear()

    def loss(self, by_hand: bool = True) -> Loss | None:
        """Why the driver's input cannot be trusted now; None where it can.

        Where nobody drives `by_hand`, a short silence and an old picture are no reason.
        """
        now = self.clock()
        with self._lock:
            if not self.connected:
                return Loss(LOST)
            if self._hidden:
                return Loss(HIDDEN)
            silent = now - self._came
            if silent > (SILENT_S if by_hand else LONG_S):
                words = f"nothing came from the browser for {SILENT_S * 1000:.0f} ms"
                return Loss(words, stall=True, brief=silent < LONG_S)
            if by_hand and (age := self._picture_age_s(now)) > OLD_PICTURE_S:
                words = f"the picture in the browser was {age * 1000:.0f} ms old"
                return Loss(words if age < FOREVER else UNSEEN, stall=True, brief=age < LONG_S)
            return None

    def picture_age_s(self) -> float:
        """How old the picture is that the driver has seen; infinite before the first."""
        with self._lock:
            return self._picture_age_s(self.clock())

    def _picture_age_s(self, now: float) -> float:
        times = (drawn for number, drawn in self._drawn if number == self._seen)
        return now - next(times, float("-inf"))

    def _note_seen(self, frame: int, now: float) -> None:
        """The message was sent by somebody who saw this picture."""
        if frame <= self._seen:
            return
        for number, drawn in self._drawn:
            if number == frame:
                self._seen, self.round_trip_s = frame, now - drawn

    def _age_s(self, message: InputMessage, now: float) -> float:
        """How much longer a message was on its way than the quickest of late.

        The clocks of two machines cannot be compared, but what was sent together arrives together.
        """
        way = now - message.sent_s
        forgotten = self._shortest + DRIFT * (now - self._shortest_at)
        self._shortest, self._shortest_at = min(way, forgotten), now
        return way - self._shortest

    def _forget(self) -> None:
        self._newest = None
        self._presses.clear()
        self._pad_presses.clear()
