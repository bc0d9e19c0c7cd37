"""These functions list the plugged-in pads, and map one that SDL does not know, without a window.

`sidestick pad` calls them: `GamepadWizard` asks for one control after the other.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping

from .gamepads import Gamepads, mapping_line, remember
from .sdl import controller, pygame


@contextlib.contextmanager
def without_window() -> Iterator[None]:
    """Let SDL deliver events without a window while the context lasts."""
    os.environ.setdefault("SDL_JOYSTICK_ALLOW_BACKGROUND_EVENTS", "1")
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    try:
        yield
    finally:
        controller.quit()  # pygame would leave it running, with the mappings it has read
        pygame.quit()


def plugged_in() -> list[dict[str, object]]:
    """Name, GUID and whether it is mapped, of every pad."""
    with without_window():
        pads = Gamepads()
        mapped: list[dict[str, object]] = [
            {"name": pad.name, "guid": pad.guid, "mapped": True} for pad in pads.pads.values()
        ]
        return mapped + [
            {"name": stranger.get_name(), "guid": stranger.get_guid(), "mapped": False}
            for stranger in pads.strangers.values()
        ]


ASKED: Mapping[str, str] = {
    "a": "the lower face button (A)",
    "b": "the right face button (B)",
    "x": "the left face button (X)",
    "y": "the upper face button (Y)",
    "leftshoulder": "the left shoulder button (LB): the clutch",
    "rightshoulder": "the right shoulder button (RB)",
    "back": "BACK or SELECT",
    "start": "START",
    "guide": "the button in the middle (GUIDE)",
    "leftstick": "the left stick, pressed in (L3)",
    "rightstick": "the right stick, pressed in (R3)",
    "dpup": "D-pad up",
    "dpdown": "D-pad down",
    "dpleft": "D-pad left",
    "dpright": "D-pad right",
    "leftx": "left stick to the RIGHT",
    "lefty": "left stick DOWN",
    "rightx": "right stick to the RIGHT",
    "righty": "right stick DOWN",
    "lefttrigger": "the left trigger (LT)",
    "righttrigger": "the right trigger (RT)",
}
"""SDL's name of each control, and the wizard's text for it."""
NEEDED = ("leftshoulder", "leftx", "lefty")
"""Controls without which a mapping is not kept: the clutch and one stick."""
STICKS = ("leftx", "lefty", "rightx", "righty")
"""Controls that take both directions of an axis."""
PUSHED, LET_GO = 0.7, 0.35
AT_ITS_END = 0.5
"""An axis that rests farther out than this rests at its end, as many triggers do."""
FIRST_REPORTS_S = 0.2
"""Pads report where their axes are some moments after they were opened."""
WAIT_S = 12.0
POLL_S = 0.01
HATS = {(0, 1): 1, (1, 0): 2, (0, -1): 4, (-1, 0): 8}
"""SDL's bit for each direction of a hat."""


class GamepadWizard:
    """Asks for one control of a joystick after the other, and records which input moves."""

    def __init__(
        self, joystick: pygame.joystick.JoystickType, notify: Callable[[str], object]
    ) -> None:
        self._joystick, self._notify = joystick, notify
        _pump(FIRST_REPORTS_S)
        self._rest = [joystick.get_axis(i) for i in range(joystick.get_numaxes())]
        self.bound: dict[str, str] = {}

    def learn(self, wait_s: float = WAIT_S) -> dict[str, str]:
        """Ask for every control; return SDL's sources by control, without those not pressed."""
        for target, words in ASKED.items():
            self._notify(f"press or push {words} (wait to skip)")
            found = self._wait(target, wait_s)
            if found is None:
                self._notify("  skipped")
                continue
            self._notify(f"  {found}")
            if self._let_go(target, found, wait_s):
                self.bound[target] = found
            else:
                self._notify(f"  {found} does not come back to rest: not counted")
        return self.bound

    def _wait(self, target: str, seconds: float) -> str | None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pygame.event.get()
            for found in self.moved(target):
                if self._free(found):
                    return found
            time.sleep(POLL_S)
        return None

    def _free(self, found: str) -> bool:
        """Whether no control has this input, nor, of an axis, a part of it that overlaps."""
        same = [taken for taken in self.bound.values() if taken.strip("+-~") == found.strip("+-~")]
        halves = all(source[0] in "+-" for source in (found, *same))
        return not same or (halves and found not in same)

    def _let_go(self, target: str, found: str, seconds: float) -> bool:
        """Wait until a control is let go; False where it stays, so that nobody has pushed it.

        Another axis that is away from its rest by then had not reported yet where it rests.
        """
        until = time.monotonic() + seconds
        while found in self.moved(target, LET_GO):
            if time.monotonic() > until:
                return False
            pygame.event.get()
            time.sleep(POLL_S)
        for i, rest in enumerate(self._rest):
            now = self._joystick.get_axis(i)
            if abs(now - rest) > LET_GO:
                self._rest[i] = now
        return True

    def moved(self, target: str = "", far: float = PUSHED) -> list[str]:
        """The inputs that are pressed now, in SDL's notation (b0, h0.4, a1, a2~, +a3, -a3).

        A stick takes the whole of an axis, and so does what rests at an axis's end, as triggers
        do. All else takes one half: two triggers or two sides of a D-pad may share an axis.
        """
        pad = self._joystick
        found = [f"b{i}" for i in range(pad.get_numbuttons()) if pad.get_button(i)]
        for i in range(pad.get_numhats()):
            across, along = pad.get_hat(i)
            if bit := HATS.get((round(across), round(along))):
                found.append(f"h{i}.{bit}")
        for i, rest in enumerate(self._rest):
            change = pad.get_axis(i) - rest
            if abs(change) <= far:
                continue
            if target in STICKS or abs(rest) > AT_ITS_END:
                found.append(f"a{i}" if change > 0 else f"a{i}~")
            else:
                found.append(f"+a{i}" if change > 0 else f"-a{i}")
        return found


def _pump(seconds: float) -> None:
    """Take in what devices report for a while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pygame.event.get()
        time.sleep(POLL_S)


def learn_plugged_in(notify: Callable[[str], object], wait_s: float = WAIT_S) -> bool:
    """Map the first pad that SDL does not know, or else the first there is; whether it was kept."""
    with without_window():
        pads = Gamepads()
        joysticks = [*pads.strangers.values()]
        devices = [pad.device for pad in pads.pads.values()]
        joysticks += [d.as_joystick() for d in devices if isinstance(d, controller.Controller)]
        if not joysticks:
            notify("no pad is plugged in")
            return False
        joystick = joysticks[0]
        notify(f"learning {joystick.get_name()}: leave all sticks alone until you are asked")
        bound = GamepadWizard(joystick, notify).learn(wait_s)
        missing = [ASKED[target] for target in NEEDED if target not in bound]
        if missing:
            notify(f"not kept: {'; '.join(missing)} must be there")
            return False
        path = remember(mapping_line(joystick.get_guid(), joystick.get_name(), bound))
        notify(f"kept in {path}")
        return True
