"""A sitting at the window: who drives there, who listens, and what comes of it."""

from ...datasets.workspace import Workspace
from ..autonomy.audit_sampling import auditor
from ..autonomy.evidence_recorder import Witness
from ..autonomy.ladder import Change, Why
from ..autonomy.ladder_store import LadderBook
from ..devices.bindings import config_folder
from ..devices.simulated_window_input import SimulatedHands
from ..learning.active_policy import Duty
from ..session.human_effort import EffortCount
from ..session.levels import name
from ..session.policy_runner import Pilot
from ..session.recording import Recording
from ..session.session import Subscriber
from .handover import Handover
from .headless import DriveReport, alarm_of, load_pilot
from .live_episode import Scene
from .loop import Seat
from .options import SeatOptions
from .setup import Cockpit, open_cockpit

LESSON_MARK = "lesson-seen"


def run_seat(workspace: Workspace, options: SeatOptions) -> DriveReport:
    """Open the window and sit there; returns what the sitting came to.

    Raises NoDisplay without a screen, BadBinding for a bindings file with a mistake,
    PolicyError for a level that needs a policy there is none of.
    """
    pilot = _pilot(workspace, options)
    with open_cockpit(workspace, options) as cockpit:
        recording = Recording(cockpit.recorder, options.policy_id)
        effort, witness = EffortCount(auditor(options.audited)), _witness(recording, options)
        scene = _scene(recording, cockpit, pilot, [effort, witness])
        handover = Handover(workspace, scene, witness, effort, options.calls)
        duty = Duty(workspace, options.policy_id, options.level, options.follows, handover)
        seat = cockpit.seat(scene, duty)
        witness.on_change = lambda change: _obey(seat, change)
        cockpit.sit(seat)
        handover.close(duty.policy)
        report = DriveReport.of(scene.outcomes, scene.level)
    if seat.lesson.over:
        mark_lesson_seen()
    return report


def _witness(recording: Recording, options: SeatOptions) -> Witness:
    """Makes what is recorded evidence."""
    return Witness(
        LadderBook(recording.recorder.workspace),
        options.policy_id,
        auditor(options.audited),
        episode_id=lambda: recording.episode_id,
    )


def _scene(
    recording: Recording, cockpit: Cockpit, pilot: Pilot | None, listeners: list[Subscriber]
) -> Scene:
    """The scene that the sitting begins with."""
    options, hands = cockpit.options, cockpit.hands
    workspace = recording.recorder.workspace
    if isinstance(hands, SimulatedHands):
        listeners = [*listeners, hands]
    return Scene(
        cockpit.env,
        hands,
        options.level,
        recording,
        pilot,
        cockpit.tally.refresh,
        options.seeds.start,
        listeners=listeners,
        alarm=alarm_of(workspace, options.level, options.policy_id, options.calls),
    )


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
