"""`run_station` runs a session at the window for `cli.drive`, and records effort and evidence."""

from ...datasets.database import Database
from ...datasets.workspace import Workspace
from ..autonomy.audit_sampling import audit_sampler
from ..autonomy.evidence_recorder import EvidenceRecorder
from ..autonomy.ladder import ChangeReason, LevelChange
from ..autonomy.ladder_store import LadderStore
from ..devices.bindings import config_folder
from ..learning.active_policy import ActivePolicy
from ..session.assignment import Assignment
from ..session.human_effort import EffortLedger
from ..session.levels import name
from .cues import SWITCH_NOTICE_S
from .headless import DriveReport
from .live_episode import OperatorEpisode
from .loop import StationLoop
from .options import StationOptions
from .setup import open_station

TUTORIAL_MARK = "lesson-seen"


def run_station(
    workspace: Workspace, assignment: Assignment, options: StationOptions
) -> DriveReport:
    """Open the window and drive there; returns what the session came to.

    Raises NoDisplay without a screen, BadBinding for a bindings file with a mistake.
    """
    audited = audit_sampler(options.audited)
    effort = EffortLedger(audited, database=Database(workspace.db_path))
    evidence_recorder = EvidenceRecorder(LadderStore(workspace), audited)
    with open_station(workspace, options, assignment, [effort, evidence_recorder]) as station:
        live = OperatorEpisode(station.session, options.seeds.start)
        active_policy = ActivePolicy(workspace, assignment, options.follows, options.calls)
        loop = station.loop(live, active_policy)
        evidence_recorder.on_change = lambda change: _follow_ladder(loop, active_policy, change)
        station.run(loop)
        effort.enter(live.assignment)
        report = DriveReport.of(live.outcomes, live.assignment.level)
    if loop.tutorial.over:
        mark_tutorial_seen()
    return report


def tutorial_wanted() -> bool:
    """Whether the tutorial has not been finished with these settings yet."""
    return not (config_folder() / TUTORIAL_MARK).exists()


def mark_tutorial_seen() -> None:
    """Do not begin with the tutorial again."""
    config_folder().mkdir(parents=True, exist_ok=True)
    (config_folder() / TUTORIAL_MARK).touch()


def _follow_ladder(loop: StationLoop, active_policy: ActivePolicy, change: LevelChange) -> None:
    """Show the ladder's decision, and assign the level that follows for the next episode."""
    words = f"{change.why.value}: {name(change.after)} is earned now ({change.evidence})"
    loop.notice.show(words, SWITCH_NOTICE_S)
    session = loop.live.session
    before, highest = session.assignment.level, min(change.after, active_policy.highest)
    if change.why is ChangeReason.DEMOTED and change.after < before:
        session.assign(session.assignment.at(change.after))
    elif change.why is ChangeReason.PROMOTED and highest > before:
        session.assign(session.assignment.at(highest))
