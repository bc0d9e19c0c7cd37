"""An `Outlet` is where a station is shown and driven: the window, or a browser.

States, input, recording and what is shown are the same for every outlet; `run` opens one.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from ...datasets.step import Level
from ...sim_envs.worlds.contract import TaskWorld
from ..devices.bindings import Bindings
from ..devices.controls import Control
from ..devices.device_window_input import DeviceWindowInput
from ..devices.gamepads import Gamepads
from ..devices.keyboard_layout import present_layout
from ..devices.operator_input import OperatorInput
from ..devices.sdl import pygame
from ..devices.simulated_window_input import SimulatedWindowInput
from ..session.attendance import require_person
from ..session.subscriber import Subscriber
from ..ui.window import open_window
from .cues import CuePlayer
from .options import StationOptions
from .screen.frame_scheduler import FrameScheduler
from .screen.prompts import Prompter
from .screen.view import ViewSource
from .voice import Voice
from .window_events import PygameEvents, WindowEvents


class Outlet(Protocol):
    """What a station needs of the place where it is shown."""

    pads: Gamepads
    subscribers: Sequence[Subscriber]
    """What else follows the session."""
    window: WindowEvents

    def layout(self) -> Mapping[str, str]:
        """What the keys say at the places of an American keyboard; see `Bindings.on_layout`."""
        ...

    def operator_input(
        self, world: TaskWorld, bindings: Bindings[Control], options: StationOptions
    ) -> OperatorInput:
        """The operator's devices."""
        ...

    def screen(self, view: ViewSource | None, prompter: Prompter) -> FrameScheduler:
        """What draws, whenever the loop has time."""
        ...

    def cues(self, options: StationOptions) -> CuePlayer:
        """What plays tones and rumble."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class WindowOutlet:
    """The operator's window on this machine's screen; NoDisplay where there is none."""

    def __init__(self, options: StationOptions) -> None:
        self._surface = open_window(options.size)
        self.pads = Gamepads()
        self.subscribers: Sequence[Subscriber] = ()
        self.window: WindowEvents = PygameEvents()

    def layout(self) -> Mapping[str, str]:
        """As SDL knows it."""
        return present_layout()

    def operator_input(
        self, world: TaskWorld, bindings: Bindings[Control], options: StationOptions
    ) -> OperatorInput:
        """Pads and keyboard of this machine, and the simulated operator or a device beside them."""
        if options.simulated:
            require_person(world, Level.AUTONOMOUS, "with the simulated operator")
            return SimulatedWindowInput(world, bindings, self.pads)
        if options.device is not None:
            device = options.device(world)
            return DeviceWindowInput(world, bindings, self.pads, device, latch=options.latch)
        return OperatorInput(world, bindings, self.pads, options.operator, latch=options.latch)

    def screen(self, view: ViewSource | None, prompter: Prompter) -> FrameScheduler:
        """Draws into the window."""
        return FrameScheduler(self._surface, view, prompter)

    def cues(self, options: StationOptions) -> CuePlayer:
        """Plays on this machine."""
        voice = Voice() if options.voice else None
        return CuePlayer(self.pads, options.sound, voice=voice)

    def close(self) -> None:
        """Close the window, and SDL with it."""
        pygame.quit()
