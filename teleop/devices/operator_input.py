"""The operator's hands: every pad and the keyboard as one device, one of which drives at a time."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from ...datasets.step import Driver
from ...sim_envs.environment import ArmEnv
from ...sim_envs.experts.expert import ExpertTarget
from ...sim_envs.spaces import Action
from ..session.command import Command, Request, zero_action
from .bindings import Bindings
from .controls import KEYBOARD, PAD, UNTOUCHED, Control, ControlReadings, is_moving, is_neutral
from .gamepads import Gamepad, Gamepads
from .input_lock import HoldButton, InputLock, Repeat
from .keyboard import Keyboard, Ramp
from .sdl import pygame
from .stick_motion import BASE, StickFrame, picture_frame

SPEEDS = (("slow", 0.3), ("normal", 0.6), ("fast", 1.0))
PRECISION_LEAST = 0.2
"""Share of the speed that is left when the precision trigger is fully pulled."""
HOME_SPEED = 0.8
SILENCE_S = 0.15
"""A device that has not been heard for this long does not drive."""
FRAMES = ("picture", "base")

REQUESTS = {
    Control.START: Request.START,
    Control.SUCCESS: Request.SAVE_SUCCESS,
    Control.FAILURE: Request.SAVE_FAILURE,
    Control.FREEZE: Request.FREEZE,
    Control.REWIND: Request.REWIND,
    Control.UNDO: Request.UNDO,
    Control.FREE: Request.FREE_DRIVE,
    Control.TUTORIAL: Request.TUTORIAL,
    Control.SLOW: Request.SLOW,
    Control.SOUND: Request.SOUND,
    Control.ROLL_BACK: Request.ROLL_BACK,
    Control.HELP: Request.HELP,
    Control.QUIT: Request.QUIT,
    Control.CLUTCH: Request.DRIVE,
    Control.HOME: Request.DRIVE,
}


@dataclass(frozen=True)
class InputSample:
    """What the hands did since the last look."""

    requests: frozenset[Request] = frozenset()
    pressed: frozenset[Control] = frozenset()
    lost: str = ""
    """Why the hands cannot be trusted any more; empty when they can."""


class OperatorInput:
    """Looks at the devices between ticks, and answers a tick's poll from the last look."""

    def __init__(
        self,
        env: ArmEnv,
        bindings: Bindings[Control],
        pads: Gamepads,
        operator: str = "human",
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.name = operator
        self.bindings, self.pads, self.keyboard = bindings, pads, Keyboard()
        self.camera, self.frame, self.speed = "front", FRAMES[0], 1
        self.source: Hashable = next(iter(pads.pads), KEYBOARD)
        """Who drives, or drove last: the instance id of a pad, or the keyboard."""
        self.reading, self.neutral = UNTOUCHED, True
        self.guard, self.discard = InputLock(), HoldButton()
        self._env, self._clock, self._ramp, self._scrub = env, clock, Ramp(clock), Repeat()
        self._looked = clock()
        self._closing = False
        self._followed = (self.camera, self.frame)
        self._gone: Gamepad | None = None
        self.focused = True

    def begin(self, seed: int) -> None:
        """A new episode: home is where its arm begins."""
        self._home = self._env.arm.tool()
        self._looked = self._clock()

    def handle(self, event: pygame.event.Event) -> None:
        """Take note of an event of a device or of the window's focus."""
        self.keyboard.handle(event)
        gone = self.pads.handle(event)
        if gone and gone.instance_id == self.source:
            self._gone = gone
        if event.type in (pygame.WINDOWFOCUSLOST, pygame.WINDOWMINIMIZED):
            self.focused = False
        elif event.type in (pygame.WINDOWFOCUSGAINED, pygame.WINDOWRESTORED):
            self.focused = True
            self.guard.lock_all(self._clock())
            self.keyboard.release()
            self.pads.forget_presses()

    def sample(self, driving: bool = True) -> InputSample:
        """Read every device; call it often, and right before a tick."""
        now = self._clock()
        lost, elapsed = self._loss(now, driving), now - self._looked
        self._looked = now
        if lost:
            self.guard.lock_all(now)
            self.keyboard.release()
        readings: dict[Hashable, ControlReadings[Control]] = {
            pad: self.bindings.read(PAD, touch) for pad, touch in self.pads.read(elapsed).items()
        }
        keys = self.bindings.read(KEYBOARD, self.keyboard.read())
        readings[KEYBOARD] = self._ramp(keys)
        self.neutral = all(is_neutral(reading) for reading in readings.values())
        heard = self.guard.filter(readings, now)
        self._choose(heard)
        self.reading = heard[self.source]
        pressed = frozenset().union(*(reading.pressed for reading in heard.values()))
        self._turn_knobs(pressed)
        if not is_moving(self.reading):  # a change of view in mid-motion does not turn the motion
            self._followed = (self.camera, self.frame)
        return InputSample(self._requests(heard, pressed, now), pressed, lost)

    def reset_timeout(self) -> None:
        """Work that took long was done on purpose; the silence meanwhile means nothing."""
        self._looked = self._clock()

    def poll(self, driver: Driver) -> Command:
        """What the hands want on this tick."""
        if self._clock() - self._looked > SILENCE_S or not self.focused:
            return Command(zero_action(), alive=False)
        if driver is not Driver.HUMAN:
            self._closing = self._env.arm.controller.closing
        if self.reading.held(Control.HOME):
            return Command(self._homeward(), clutch=True)
        if not self.reading.held(Control.CLUTCH):
            return Command(zero_action())
        grip = 1.0 if self._closing else -1.0
        return Command(self._axes().action(self.reading, self.scale, grip), clutch=True)

    @property
    def scale(self) -> float:
        """How much of the full speed a fully pushed stick gives."""
        slowed = 1.0 - (1.0 - PRECISION_LEAST) * self.reading.values.get(Control.PRECISION, 0.0)
        return SPEEDS[self.speed][1] * slowed

    @property
    def label(self) -> str:
        """Which device drives, for people."""
        if self.source in self.pads.pads:
            pads = list(self.pads.pads)
            which = f" ({pads.index(self.source) + 1} of {len(pads)})" if len(pads) > 1 else ""
            return f"{self.pads.pads[self.source].name}{which}"
        if self.pads.pads:
            return "keyboard"
        if self.pads.unmapped:
            return (
                f"keyboard ({next(iter(self.pads.unmapped.values()))}: run `sidestick pad --learn`)"
            )
        return "keyboard (no pad)"

    @property
    def device(self) -> str:
        """Whose words the help shall use: pad or keyboard."""
        return KEYBOARD if self.source == KEYBOARD else PAD

    def _loss(self, now: float, driving: bool) -> str:
        gone, self._gone = self._gone, None
        if not self.focused:
            return "the window lost the focus"
        if gone:
            return f"{gone.name} was unplugged"
        silent = now - self._looked
        if driving and silent > SILENCE_S:
            return f"the computer was busy for {silent * 1000:.0f} ms"
        return ""

    def _choose(self, heard: dict[Hashable, ControlReadings[Control]]) -> None:
        """The device that drives keeps driving; else the one whose clutch is pressed takes over."""
        if self.source not in heard:
            self.source = next(iter(self.pads.pads), KEYBOARD)
        if heard[self.source].held(Control.CLUTCH) or heard[self.source].held(Control.HOME):
            return
        for source, reading in heard.items():
            if reading.pressed:
                self.source = source

    def _turn_knobs(self, pressed: frozenset[Control]) -> None:
        if Control.GRIPPER in self.reading.pressed and self.reading.held(Control.CLUTCH):
            self._closing = not self._closing
        if Control.SPEED in pressed:
            self.speed = (self.speed + 1) % len(SPEEDS)
        if Control.FRAME in pressed:
            self.frame = FRAMES[1 - FRAMES.index(self.frame)]
        if Control.CAMERA in pressed:
            cameras = list(self._env.task.cameras)
            self.camera = cameras[(cameras.index(self.camera) + 1) % len(cameras)]

    def _requests(
        self,
        heard: dict[Hashable, ControlReadings[Control]],
        pressed: frozenset[Control],
        now: float,
    ) -> frozenset[Request]:
        requests = {request for control, request in REQUESTS.items() if control in pressed}
        if self.discard.update(any(r.held(Control.DISCARD) for r in heard.values()), now):
            requests.add(Request.DISCARD)
        if self._scrub.update(any(r.held(Control.REWIND) for r in heard.values()), now):
            requests.add(Request.SCRUB)
        return frozenset(requests)

    def _axes(self) -> StickFrame:
        camera, frame = self._followed
        if frame == "base":
            return BASE
        return picture_frame(self._env.task.cameras[camera].view(self._env.arm))

    def _homeward(self) -> Action:
        intent = ExpertTarget(self._home, self._env.arm.controller.closing, HOME_SPEED)
        return intent.action(self._env.arm.tool())
