"""A sitting in a window: everything that has to be opened before, and closed after."""

import contextlib

from ..datasets.recorder import Recorder
from ..datasets.workspace import Workspace
from .audit import auditor
from .command import Request
from .desk import Desk, SeatOptions
from .devices.bindings import config_folder, load
from .devices.hands import Hands
from .devices.pads import Pads
from .devices.sdl import pygame
from .driving import DriveReport, alarm_of, load_pilot
from .duty import Duty
from .effort import EffortCount
from .feedback import Feedback
from .handover import Handover
from .ladder import Change, Why
from .ladder_book import LadderBook
from .leaving import leaving_on_signals
from .levels import name
from .pilot import Pilot
from .recording import Recording
from .rollouts import workspace_env
from .scene import Scene
from .screen.artist import Artist
from .screen.prompts import Prompter
from .screen.view import open_view
from .screen.window import open_window
from .seat import Seat
from .tally import Tally
from .witness import Witness

LESSON_MARK = "lesson-seen"


def run_seat(workspace: Workspace, options: SeatOptions) -> DriveReport:
    """Open the window and sit there; returns what the sitting came to.

    Raises NoDisplay without a screen, BadBinding for a bindings file with a mistake,
    PolicyError for a level that needs a policy there is none of.
    """
    bindings = load()
    env = workspace_env(workspace.config)
    with contextlib.ExitStack() as stack:
        stack.callback(env.close)
        pilot = _pilot(workspace, options)
        surface = open_window()
        stack.callback(pygame.quit)
        view = stack.enter_context(contextlib.closing(open_view(env, options.view)))
        recorder = stack.enter_context(Recorder(workspace))
        tally = stack.enter_context(contextlib.closing(Tally(workspace)))
        pads = Pads()
        hands = Hands(env, bindings, pads, options.operator)
        recording = Recording(recorder, options.policy_id)
        effort = EffortCount(auditor(options.audited))
        witness = Witness(LadderBook(workspace), options.policy_id, auditor(options.audited))
        scene = Scene(
            env,
            hands,
            options.level,
            recording,
            pilot,
            tally.refresh,
            options.first_seed,
            listeners=[effort, witness],
            alarm=alarm_of(workspace, options.level, options.policy_id, options.calls),
        )
        handover = Handover(workspace, scene, witness, effort, options.calls)
        duty = Duty(workspace, options.policy_id, options.level, options.follows, handover)
        desk = Desk(hands, tally, Feedback(pads, options.sound), options=options, duty=duty)
        seat = Seat(desk, scene, Artist(surface, view, Prompter(bindings)))
        witness.on_change = lambda change: _obey(seat, change)
        with leaving_on_signals(seat.leave):
            try:
                seat.run()
            finally:
                seat.signal(Request.QUIT)  # whatever happened, the running episode is kept
            recorder.wait()
        handover.close(duty.policy)
        report = DriveReport.of(scene.outcomes, scene.level)
    if seat.lesson.over:
        mark_lesson_seen()
    return report


def lesson_wanted() -> bool:
    """Whether this person has not been through the lesson yet."""
    return not (config_folder() / LESSON_MARK).exists()


def mark_lesson_seen() -> None:
    """Do not offer the lesson by itself again."""
    config_folder().mkdir(parents=True, exist_ok=True)
    (config_folder() / LESSON_MARK).touch()


def _pilot(workspace: Workspace, options: SeatOptions) -> Pilot | None:
    """The asked-for policy."""
    if options.policy_id is None:
        return None  # a level that needs one says so when the session is made
    return load_pilot(workspace, options.policy_id)


def _obey(seat: Seat, change: Change) -> None:
    """Say what the ladder has decided; a level that is lost is left before the next episode."""
    seat.say(f"{change.why.value}: {name(change.after)} is earned now ({change.evidence})", 10.0)
    before, highest = seat.scene.level, min(change.after, seat.options.level)
    if change.why is Why.DEMOTED and change.after < before:
        seat.scene.lower(change.after)
    elif change.why is Why.PROMOTED and highest > before:
        seat.scene.lower(highest)  # a new policy has shown itself: as high as the sitting began
