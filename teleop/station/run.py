"""`run_station`, for `cli.drive`, opens a `Station` at the window, runs a session and closes it.

The station holds the environment, the devices, the recorder and the screen; what the session cost
and what it showed goes into the ledger and the ladder.
"""

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...datasets.database import Database
from ...datasets.judgements.judgements import Judge
from ...datasets.workspace import Workspace
from ...sim_envs.environment import ArmEnv
from ..autonomy.evidence_recorder import EvidenceRecorder, audit_sampler
from ..autonomy.ladder import ChangeReason, LevelChange
from ..autonomy.ladder_store import LadderStore
from ..devices.bindings import load
from ..devices.controls import DRIVING
from ..devices.operator_input import OperatorInput
from ..devices.settings import BadSettings, has_setting, write_setting
from ..learning.active_policy import ActivePolicy
from ..session.assignment import Assignment
from ..session.command import Request
from ..session.environments import rewindable_workspace_env
from ..session.human_effort import EffortLedger
from ..session.levels import name
from ..session.open_session import recorded_session
from ..session.session import Session
from ..session.subscriber import Subscriber
from ..ui.window import check_screen
from .auto_buttons import AutoButtons
from .cues import SWITCH_NOTICE_S
from .headless import DriveReport
from .live_episode import LIMITS_AT_THE_WINDOW, OperatorEpisode
from .loop import StationLoop
from .options import OperatorContext, StationOptions
from .outlet import Outlet, WindowOutlet
from .screen.frame_scheduler import FrameScheduler
from .screen.prompts import Prompter
from .screen.view import open_view
from .states import WindowState
from .workspace_counts import WorkspaceCounts

_log = logging.getLogger(__name__)
ANSWER_WITHIN_S = 0.1
"""So long a tick waits for the policy's answer: two ticks, less than what locks the devices."""
OnTurn = Callable[[StationLoop], object]


@dataclass(frozen=True)
class Station:
    """What is open while the operator is at the window, or at another outlet."""

    options: StationOptions
    session: Session
    operator_input: OperatorInput
    outlet: Outlet
    tally: WorkspaceCounts
    frame_scheduler: FrameScheduler

    def loop(
        self,
        live: OperatorEpisode,
        active_policy: ActivePolicy | None = None,
        judge: Judge | None = None,
    ) -> StationLoop:
        """An event loop that drives these episodes; `judge` writes verdicts that are taken back."""
        context = OperatorContext(
            self.operator_input,
            self.tally,
            self.outlet.cues(self.options),
            options=self.options,
            judge=judge,
            active_policy=active_policy,
            window=self.outlet.window,
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
                loop.context.feedback.close()


@contextlib.contextmanager
def open_station(
    workspace: Workspace,
    options: StationOptions,
    assignment: Assignment,
    subscribers: Sequence[Subscriber] = (),
    open_outlet: Callable[[StationOptions], Outlet] = WindowOutlet,
) -> Iterator[Station]:
    """Open the window or another outlet, the devices and the session.

    Raises NoDisplay without a screen, BadBinding for a bindings file with a mistake.
    """
    bindings = load(DRIVING)
    with contextlib.ExitStack() as stack:
        outlet = stack.enter_context(contextlib.closing(open_outlet(options)))
        bindings = bindings.on_layout(outlet.layout())
        tally = stack.enter_context(contextlib.closing(WorkspaceCounts(workspace, options.learns)))
        opened = recorded_session(
            workspace,
            lambda world: outlet.operator_input(world, bindings, options),
            assignment,
            [*subscribers, *outlet.subscribers],
            LIMITS_AT_THE_WINDOW,
            tally.refresh,
            ANSWER_WITHIN_S,
            rewindable_workspace_env,
        )
        session = stack.enter_context(opened)
        assert isinstance(session.device, OperatorInput)
        view = None
        if isinstance(session.env, ArmEnv):
            view = stack.enter_context(contextlib.closing(open_view(session.env, options.view)))
        screen = outlet.screen(view, Prompter(bindings))
        yield Station(options, session, session.device, outlet, tally, screen)


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


def check_window() -> None:
    """Raise what `open_station` would, NoDisplay or BadBinding, before anything is written."""
    load(DRIVING)
    check_screen()


TUTORIAL_MARK = "lesson-seen"


def run_station(
    workspace: Workspace,
    assignment: Assignment,
    options: StationOptions,
    open_outlet: Callable[[StationOptions], Outlet] = WindowOutlet,
) -> DriveReport:
    """Open the window or another outlet and drive there; returns what the session came to.

    Raises NoDisplay without a screen, BadBinding for a bindings file with a mistake.
    """
    audited = audit_sampler(options.audited)
    effort = EffortLedger(audited, database=Database(workspace.db_path))
    evidence_recorder = EvidenceRecorder(LadderStore(workspace), audited)
    following = [effort, evidence_recorder]
    with open_station(workspace, options, assignment, following, open_outlet) as station:
        live = OperatorEpisode(station.session, options.seeds.start)
        active_policy = ActivePolicy(workspace, assignment, options.follows, options.calls)
        loop = station.loop(live, active_policy, Judge(workspace, options.operator))
        evidence_recorder.on_change = lambda change: _follow_ladder(loop, active_policy, change)
        station.run(loop)
        effort.enter()
        report = DriveReport.of(live.outcomes, live.assignment.level)
    if loop.actions.tutorial.over:
        mark_tutorial_seen()
    return report


def tutorial_wanted() -> bool:
    """Whether the tutorial has not been finished with these settings yet."""
    return not has_setting(TUTORIAL_MARK)


def mark_tutorial_seen() -> None:
    """Do not begin with the tutorial again; where that cannot be kept, it is only said."""
    try:
        write_setting(TUTORIAL_MARK, "")
    except BadSettings as error:
        _log.warning("the tutorial will be shown again: %s", error)


def _follow_ladder(loop: StationLoop, active_policy: ActivePolicy, change: LevelChange) -> None:
    """Show the ladder's decision, and assign the level that follows for the next episode."""
    words = f"{change.why.value}: {name(change.after)} is earned now ({change.evidence})"
    loop.notice.show(words, SWITCH_NOTICE_S)
    session = loop.live.session
    before, highest = session.assignment.level, min(change.after, active_policy.highest)
    if change.why is ChangeReason.DEMOTED and change.after < before:
        session.assign(session.assignment.at(change.after))
    elif change.why is ChangeReason.PROMOTED and highest > before:
        session.assign(active_policy.at(session.assignment, highest))
