"""What is opened around the session before a person sits down at a window, and closed after."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...datasets.workspace import Workspace
from ...sim_envs.environment import ArmEnv
from ..devices.bindings import load
from ..devices.controls import SEAT
from ..devices.gamepads import Pads
from ..devices.operator_input import Hands
from ..devices.sdl import pygame
from ..devices.simulated_window_input import SimulatedHands
from ..learning.active_policy import Duty
from ..session.assignment import Assignment
from ..session.command import Request
from ..session.open_session import recorded_session
from ..session.session import Session
from ..session.subscriber import Subscriber
from ..ui.window import open_window
from .auto_buttons import Attendant
from .cues import Feedback
from .live_episode import LIMITS_AT_THE_WINDOW, Scene
from .loop import Seat
from .options import Desk, SeatOptions
from .screen.frame_scheduler import Artist
from .screen.prompts import Prompter
from .screen.view import open_view
from .states import State
from .workspace_counts import Tally

OnTurn = Callable[[Seat], object]


@dataclass(frozen=True)
class Cockpit:
    """Everything around the operator."""

    options: SeatOptions
    session: Session
    hands: Hands
    pads: Pads
    tally: Tally
    artist: Artist

    def seat(self, scene: Scene, duty: Duty | None = None) -> Seat:
        """A seat before a scene."""
        feedback = Feedback(self.pads, self.options.sound)
        desk = Desk(self.hands, self.tally, feedback, options=self.options, duty=duty)
        return Seat(desk, scene, self.artist)

    def sit(self, seat: Seat, on_turn: OnTurn = lambda seat: None) -> None:
        """Sit there until the window is closed; what was driven is on the disk after."""
        attend: OnTurn = Attendant() if self.options.simulated else lambda seat: None
        with leaving_on_signals(seat.leave):
            try:
                while seat.state is not State.CLOSED:
                    seat.turn()
                    attend(seat)
                    on_turn(seat)
            finally:
                seat.signal(Request.QUIT)  # whatever happened, the running episode is kept


@contextlib.contextmanager
def open_cockpit(
    workspace: Workspace,
    options: SeatOptions,
    assignment: Assignment,
    subscribers: Sequence[Subscriber] = (),
) -> Iterator[Cockpit]:
    """Open the window, the devices and the session.

    Raises NoDisplay without a screen, BadBinding for a bindings file with a mistake.
    """
    bindings = load(SEAT)
    with contextlib.ExitStack() as stack:
        surface = open_window()
        stack.callback(pygame.quit)
        tally = stack.enter_context(contextlib.closing(Tally(workspace)))
        pads = Pads()

        def hands_of(env: ArmEnv) -> Hands:
            if options.simulated:
                return SimulatedHands(env, bindings, pads)
            return Hands(env, bindings, pads, options.operator)

        opened = recorded_session(
            workspace, hands_of, assignment, subscribers, LIMITS_AT_THE_WINDOW, tally.refresh
        )
        session = stack.enter_context(opened)
        assert isinstance(session.device, Hands)
        view = stack.enter_context(contextlib.closing(open_view(session.env, options.view)))
        artist = Artist(surface, view, Prompter(bindings))
        yield Cockpit(options, session, session.device, pads, tally, artist)


SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def leaving_on_signals(leave: Callable[[], object]) -> Iterator[None]:
    """Call `leave` for every such signal meanwhile; outside the main thread nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(*_: Any) -> None:
        leave()

    before = [signal.signal(number, heard) for number in SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)
