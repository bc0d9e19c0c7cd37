"""A session at the window from its beginning to its end, and what is written of it."""

from ...datasets.database import Database
from ...datasets.workspace import Workspace
from ..autonomy.audit_sampling import auditor
from ..autonomy.evidence_recorder import Witness
from ..autonomy.ladder import Change, Why
from ..autonomy.ladder_store import LadderBook
from ..devices.bindings import config_folder
from ..learning.active_policy import Duty
from ..session.assignment import Assignment
from ..session.human_effort import EffortLedger
from ..session.levels import name
from .headless import DriveReport
from .live_episode import Scene
from .loop import Seat
from .options import SeatOptions
from .setup import open_cockpit

LESSON_MARK = "lesson-seen"


def run_seat(workspace: Workspace, assignment: Assignment, options: SeatOptions) -> DriveReport:
    """Open the window and drive there; returns what the session came to.

    Raises NoDisplay without a screen, BadBinding for a bindings file with a mistake.
    """
    audited = auditor(options.audited)
    effort = EffortLedger(audited, database=Database(workspace.db_path))
    witness = Witness(LadderBook(workspace), audited)
    with open_cockpit(workspace, options, assignment, [effort, witness]) as cockpit:
        scene = Scene(cockpit.session, options.seeds.start)
        duty = Duty(workspace, assignment, options.follows, options.calls)
        seat = cockpit.seat(scene, duty)
        witness.on_change = lambda change: _obey(seat, duty, change)
        cockpit.sit(seat)
        effort.enter(scene.assignment)
        report = DriveReport.of(scene.outcomes, scene.assignment.level)
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


def _obey(seat: Seat, duty: Duty, change: Change) -> None:
    """Say what the ladder has decided; a level that is lost is left before the next episode."""
    seat.say(f"{change.why.value}: {name(change.after)} is earned now ({change.evidence})", 10.0)
    session = seat.scene.session
    before, highest = session.assignment.level, min(change.after, duty.highest)
    if change.why is Why.DEMOTED and change.after < before:
        session.assign(session.assignment.at(change.after))
    elif change.why is Why.PROMOTED and highest > before:
        session.assign(session.assignment.at(highest))  # a new policy has shown itself
