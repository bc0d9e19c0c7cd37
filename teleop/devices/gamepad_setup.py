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
PUSHED, LET_GO = 0.7, 0.35
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
        self._rest = [joystick.get_axis(i) for i in range(joystick.get_numaxes())]
        self.bound: dict[str, str] = {}

    def learn(self, wait_s: float = WAIT_S) -> dict[str, str]:
        """Ask for every control; return SDL's sources by control, without those not pressed."""
        for target, words in ASKED.items():
            self._notify(f"press or push {words} (wait to skip)")
            found = self._wait(wait_s)
            if found is None:
                self._notify("  skipped")
                continue
            self.bound[target] = found
            self._notify(f"  {found}")
            self._wait_for_rest()
        return self.bound

    def _wait(self, seconds: float) -> str | None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pygame.event.get()
            found = self.moved()
            if found and found not in self.bound.values():
                return found
            time.sleep(POLL_S)
        return None

    def _wait_for_rest(self) -> None:
        until = time.monotonic() + WAIT_S
        while self.moved(LET_GO) and time.monotonic() < until:
            pygame.event.get()
            time.sleep(POLL_S)

    def moved(self, far: float = PUSHED) -> str | None:
        """The input that is pressed now, in SDL's notation (b0, a1, a2~, h0.4), or None."""
        pad = self._joystick
        for i in range(pad.get_numbuttons()):
            if pad.get_button(i):
                return f"b{i}"
        for i in range(pad.get_numhats()):
            across, along = pad.get_hat(i)
            if bit := HATS.get((round(across), round(along))):
                return f"h{i}.{bit}"
        for i, rest in enumerate(self._rest):
            change = pad.get_axis(i) - rest
            if abs(change) > far:
                return f"a{i}" if change > 0 else f"a{i}~"
        return None


def learn_plugged_in(notify: Callable[[str], object], wait_s: float = WAIT_S) -> bool:
    """Map the first pad that SDL does not know, or else the first there is; whether it was kept."""
    with without_window():
        pads = Gamepads()
        joysticks = [*pads.strangers.values()]
        joysticks += [pad.device.as_joystick() for pad in pads.pads.values()]
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
