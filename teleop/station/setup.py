"""`open_station` opens window, devices, session and view for the operator, and closes them after.

`run` and `blind_comparison` call it, and get a Station that makes and runs the event loop.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...datasets.workspace import Workspace
from ...sim_envs.environment import ArmEnv
from ..devices.bindings import load
from ..devices.controls import DRIVING
from ..devices.gamepads import Gamepads
from ..devices.operator_input import OperatorInput
from ..devices.sdl import pygame
from ..devices.simulated_window_input import SimulatedWindowInput
from ..learning.active_policy import ActivePolicy
from ..session.assignment import Assignment
from ..session.command import Request
from ..session.open_session import recorded_session
from ..session.session import Session
from ..session.subscriber import Subscriber
from ..ui.window import open_window
from .auto_buttons import AutoButtons
from .cues import CuePlayer
from .live_episode import LIMITS_AT_THE_WINDOW, OperatorEpisode
from .loop import StationLoop
from .options import OperatorContext, StationOptions
from .screen.frame_scheduler import FrameScheduler
from .screen.prompts import Prompter
from .screen.view import open_view
from .states import WindowState
from .workspace_counts import WorkspaceCounts

OnTurn = Callable[[StationLoop], object]


@dataclass(frozen=True)
class Station:
    """What is open while the operator is at the window."""

    options: StationOptions
    session: Session
    operator_input: OperatorInput
    pads: Gamepads
    tally: WorkspaceCounts
    frame_scheduler: FrameScheduler

    def loop(self, live: OperatorEpisode, active_policy: ActivePolicy | None = None) -> StationLoop:
        """An event loop that drives these episodes."""
        feedback = CuePlayer(self.pads, self.options.sound)
        context = OperatorContext(
            self.operator_input,
            self.tally,
            feedback,
            options=self.options,
            active_policy=active_policy,
        )
        return StationLoop(context, live, self.frame_scheduler)

    def run(self, loop: StationLoop, on_turn: OnTurn = lambda loop: None) -> None:
        """Step the loop until the window is closed; what was driven is on the disk then."""
        press_buttons: OnTurn = AutoButtons() if self.options.simulated else lambda loop: None
        with leaving_on_signals(loop.leave):
            try:
                while loop.state is not WindowState.CLOSED:
                    loop.step()
                    press_buttons(loop)
                    on_turn(loop)
            finally:
                loop.signal(Request.QUIT)  # whatever was raised, the present episode is kept


@contextlib.contextmanager
def open_station(
    workspace: Workspace,
    options: StationOptions,
    assignment: Assignment,
    subscribers: Sequence[Subscriber] = (),
) -> Iterator[Station]:
    """Open the window, the devices and the session.

    Raises NoDisplay without a screen, BadBinding for a bindings file with a mistake.
    """
    bindings = load(DRIVING)
    with contextlib.ExitStack() as stack:
        surface = open_window()
        stack.callback(pygame.quit)
        tally = stack.enter_context(contextlib.closing(WorkspaceCounts(workspace)))
        pads = Gamepads()

        def open_input(env: ArmEnv) -> OperatorInput:
            if options.simulated:
                return SimulatedWindowInput(env, bindings, pads)
            return OperatorInput(env, bindings, pads, options.operator)

        opened = recorded_session(
            workspace, open_input, assignment, subscribers, LIMITS_AT_THE_WINDOW, tally.refresh
        )
        session = stack.enter_context(opened)
        assert isinstance(session.device, OperatorInput)
        view = stack.enter_context(contextlib.closing(open_view(session.env, options.view)))
        frame_scheduler = FrameScheduler(surface, view, Prompter(bindings))
        yield Station(options, session, session.device, pads, tally, frame_scheduler)


SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def leaving_on_signals(leave: Callable[[], object]) -> Iterator[None]:
    """Call `leave` on SIGINT and SIGTERM meanwhile; outside the main thread nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(*_: Any) -> None:
        leave()

    before = [signal.signal(number, handle) for number in SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)
