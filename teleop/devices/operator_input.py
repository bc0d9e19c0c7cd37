"""`OperatorInput` merges all pads and the keyboard into the one device of the operator's window.

The window passes it events and samples it often; a session polls it for a `Command` on every tick.
"""

import time
from collections.abc import Callable, Hashable

from ...datasets.step import Driver
from ...sim_envs.spaces import Action
from ...sim_envs.world import Pose
from ...sim_envs.worlds.contract import Capability, TaskWorld
from ..session.command import Command, Request
from .bindings import Bindings
from .clutch_latch import ClutchLatch
from .control_requests import REQUESTS
from .controls import KEYBOARD, PAD, UNTOUCHED, Control, ControlReadings, is_moving, is_neutral
from .gamepads import Gamepad, Gamepads
from .gripper_toggle import GripperToggle
from .input_lock import HoldButton, InputLock, Repeat
from .input_sample import InputSample, Loss
from .keyboard import Keyboard, Ramp
from .sdl import pygame
from .stick_motion import BASE, StickFrame, picture_frame

SPEEDS = (("slow", 0.3), ("normal", 0.6), ("fast", 1.0))
PRECISION_LEAST = 0.2
"""Share of the speed that is left when the precision trigger is fully pulled."""
HOME_SPEED = 0.8
STALE_SAMPLE_S = 0.15
"""The arm holds still when the devices have not been sampled for this long."""
LONG_STALL_S = 1.0
"""After a stall shorter than this, the clutch alone goes on."""
FRAMES = ("picture", "base")


class OperatorInput:
    """All of the operator's devices, of which one drives at a time.

    It is sampled between ticks, and answers a tick's poll from the last sample.
    """

    def __init__(
        self,
        env: TaskWorld,
        bindings: Bindings[Control],
        pads: Gamepads,
        operator: str = "human",
        clock: Callable[[], float] = time.perf_counter,
        latch: bool = False,
    ) -> None:
        self.name = operator
        self.bindings, self.pads = bindings, pads
        self.keyboard = Keyboard(bindings.inputs(KEYBOARD))
        self.camera, self.frame, self.speed = env.shown_cameras[0], FRAMES[0], 1
        self.source: Hashable = next(iter(pads.pads), KEYBOARD)
        """The device that drives, or drove last: a pad's instance id, or KEYBOARD."""
        self.reading, self.touched = UNTOUCHED, ""
        self.guard, self.discard = InputLock(), HoldButton()
        self._env, self._clock, self._ramp, self._scrub = env, clock, Ramp(clock), Repeat()
        self._spec = env.world_spec.action
        self._latch = ClutchLatch() if latch else None
        self._looked = clock()
        self._closing, self._gripper = False, GripperToggle()
        self._followed = (self.camera, self.frame)
        self._gone: Gamepad | None = None
        self.focused = True

    def begin(self, seed: int) -> None:
        """Take the arm's present pose as home, for a new episode."""
        self._home = self._env.tool() if Capability.HAND in self._env.capabilities else None
        self._looked = self._clock()

    def turn_to(self, env: TaskWorld, home: Pose | None) -> None:
        """Drive another world of the same task from now on; what is held must be let go first."""
        self._env, self._home = env, home
        self._gripper.forget()
        self.guard.lock_motion()
        self._looked = self._clock()

    def handle(self, event: pygame.event.Event) -> None:
        """Take in an event of a device or of the window's focus."""
        self.keyboard.handle(event)
        gone = self.pads.handle(event)
        if gone and gone.instance_id == self.source:
            self._gone = gone
        if event.type in (pygame.WINDOWFOCUSLOST, pygame.WINDOWMINIMIZED):
            self.focused = False
        elif event.type in (pygame.WINDOWFOCUSGAINED, pygame.WINDOWRESTORED):
            self.regain_focus()

    def regain_focus(self) -> None:
        """Trust the devices again, once each was let go of: what was pressed meanwhile is lost."""
        self.focused = True
        self.guard.lock_all(self._clock())
        self.keyboard.release()
        self.pads.forget_presses()

    def sample(self, driving: bool = True) -> InputSample:
        """Read every device; call it often, and right before a tick.

        Without `driving`, a long time since the last sample does not lock the devices.
        """
        now = self._clock()
        elapsed, self._looked = now - self._looked, now
        loss = self._loss(elapsed if driving else 0.0)
        if loss and loss.stall:
            self.guard.lock_motion()
        elif loss:
            self.guard.lock_all(now)
            self.keyboard.release()
        readings: dict[Hashable, ControlReadings[Control]] = {
            pad: self.bindings.read(PAD, raw) for pad, raw in self.pads.read(elapsed).items()
        }
        keys = self.bindings.read(KEYBOARD, self.keyboard.read())
        readings[KEYBOARD] = self._ramp(keys)
        unlocked = self.guard.filter(readings, now)
        self.touched = next((self._name(s) for s, r in unlocked.items() if not is_neutral(r)), "")
        for number, pad in self.pads.pads.items():
            if number in self.guard.waiting_for:
                pad.widen_deadzones(elapsed)
        self._choose(unlocked)
        self.reading = unlocked[self.source]
        if self._latch is not None:
            self.reading = self._latch(self.reading, (self.source, self.guard.locks))
        pressed = frozenset().union(*(reading.pressed for reading in unlocked.values()))
        unclutched = self._grip(now)
        self._apply_settings(pressed)
        if not is_moving(self.reading):  # a change of view in mid-motion does not turn the motion
            self._followed = (self.camera, self.frame)
        requests = self._requests(unlocked, pressed, now)
        return InputSample(requests, pressed, loss, unclutched)

    def reset_timeout(self) -> None:
        """Count the time from now on, after work that was meant to take long."""
        self._looked = self._clock()

    def poll(self, driver: Driver) -> Command:
        """The command of the last sample; not alive when that is too old or the focus is lost."""
        if self._clock() - self._looked > STALE_SAMPLE_S or not self.focused:
            self._gripper.forget()
            return Command(self._spec.rest(), alive=False)
        if driver is not Driver.HUMAN:
            self._closing = self._env.closing
        if self.reading.held(Control.HOME):
            return Command(self._home_action(), clutch=True)
        if not self.reading.held(Control.CLUTCH):
            return Command(self._spec.rest())
        self._closing = self._gripper.wish(self._closing)
        grip = 1.0 if self._closing else -1.0
        return Command(self._axes().action(self.reading, self.scale, grip, self._spec), clutch=True)

    @property
    def scale(self) -> float:
        """Share of full speed, in [0, 1], that a fully pushed stick gives."""
        slowed = 1.0 - (1.0 - PRECISION_LEAST) * self.reading.values.get(Control.PRECISION, 0.0)
        return SPEEDS[self.speed][1] * slowed

    @property
    def label(self) -> str:
        """The name of the device that drives."""
        if self.source in self.pads.pads:
            pads = list(self.pads.pads)
            which = f" ({pads.index(self.source) + 1} of {len(pads)})" if len(pads) > 1 else ""
            worn = ", ".join(self.pads.pads[self.source].worn)
            return f"{self._name(self.source)}{which}{worn and f', worn {worn}'}"
        if self.pads.pads:
            return "keyboard"
        if self.pads.unmapped:
            return (
                f"keyboard ({next(iter(self.pads.unmapped.values()))}: run `sidestick pad --map`)"
            )
        return "keyboard (no pad)"

    @property
    def device(self) -> str:
        """The kind of device whose bindings the help shows: PAD or KEYBOARD."""
        return KEYBOARD if self.source == KEYBOARD else PAD

    def _name(self, source: Hashable) -> str:
        """What people call a device."""
        return next((p.name for number, p in self.pads.pads.items() if number == source), KEYBOARD)

    def _loss(self, silent_s: float) -> Loss | None:
        gone, self._gone = self._gone, None
        if not self.focused:
            return Loss("the window lost the focus")
        if gone:
            return Loss(f"{gone.name} was unplugged")
        if silent_s > STALE_SAMPLE_S:
            busy = f"the computer was busy for {silent_s * 1000:.0f} ms"
            return Loss(busy, stall=True, brief=silent_s < LONG_STALL_S)
        return None

    def _grip(self, now: float) -> bool:
        """Pass the gripper's button on; True where it stays without effect."""
        pressed, clutch = (
            Control.GRIPPER in self.reading.pressed,
            self.reading.held(Control.CLUTCH),
        )
        return self._gripper.sample(pressed, clutch, now)

    def _choose(self, readings: dict[Hashable, ControlReadings[Control]]) -> None:
        """Keep the device that drives; where none does, take one on which a control was pressed."""
        if self.source not in readings:
            self.source = next(iter(self.pads.pads), KEYBOARD)
        if readings[self.source].held(Control.CLUTCH) or readings[self.source].held(Control.HOME):
            return
        for source, reading in readings.items():
            if reading.pressed:
                self.source = source

    def _apply_settings(self, pressed: frozenset[Control]) -> None:
        if Control.SPEED in pressed:
            self.speed = (self.speed + 1) % len(SPEEDS)
        if Control.FRAME in pressed:
            self.frame = FRAMES[1 - FRAMES.index(self.frame)]
        if Control.CAMERA in pressed:
            cameras = self._env.shown_cameras
            self.camera = cameras[(cameras.index(self.camera) + 1) % len(cameras)]

    def _requests(
        self,
        readings: dict[Hashable, ControlReadings[Control]],
        pressed: frozenset[Control],
        now: float,
    ) -> frozenset[Request]:
        requests = {request for control, request in REQUESTS.items() if control in pressed}
        if self.discard.update(any(r.held(Control.DISCARD) for r in readings.values()), now):
            requests.add(Request.DISCARD)
        if self._scrub.update(any(r.held(Control.REWIND) for r in readings.values()), now):
            requests.add(Request.SCRUB)
        return frozenset(requests)

    def _axes(self) -> StickFrame:
        camera, frame = self._followed
        if frame == "base":
            return BASE
        view = self._env.camera_view(camera)
        return BASE if view is None else picture_frame(view)

    def _home_action(self) -> Action:
        if self._home is None:
            return self._spec.rest()
        return self._env.towards(self._home, self._env.closing, HOME_SPEED)
