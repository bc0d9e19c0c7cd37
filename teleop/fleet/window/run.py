"""`run_window`, for `cli.fleet`, opens the window of a fleet and runs a person's shift there.

`cli.serve` runs it in a browser in the window's place.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ....datasets.database import Database, EventEntry, EventKind
from ....datasets.judgements.judgements import Judge
from ....datasets.workspace import Workspace
from ....sim_envs.environment import ArmEnv
from ....sim_envs.errors import BadValue
from ....sim_envs.worlds.contract import TaskWorld
from ...devices.bindings import load
from ...devices.controls import DRIVING
from ...devices.operator_input import OperatorInput
from ...evaluation.seeds import Seeds
from ...session.environments import rewindable_workspace_env
from ...session.session import Session
from ...station.cues import SWITCH_NOTICE_S
from ...station.live_episode import LIMITS_AT_THE_WINDOW, OperatorEpisode
from ...station.options import OperatorContext, StationOptions
from ...station.run import ANSWER_WITHIN_S, leaving_on_signals
from ...station.screen.view import open_view
from ...station.workspace_counts import WorkspaceCounts
from ..fleet_policy import FleetPolicy
from ..opening import FleetOptions, fleet_policy, open_sessions
from ..shift import Shift, ShiftReport
from .fleet_loop import FleetLoop, FleetTerms
from .frames import LONGEST, FleetPrompter
from .last_seconds import LastSeconds
from .outlet import FleetWindow, OpenFleetOutlet
from .seat import Seat
from .seat_cues import SeatCues
from .seat_device import SeatDevice
from .seat_loop import SeatLoop

OnStep = Callable[[FleetLoop], object]


@dataclass(frozen=True)
class EveryNth(Seeds):
    """The seeds of one arm: the fleet's, of which every other arm has its own."""

    stride: int = 1
    """How many arms share the seeds."""

    def after(self, seed: int) -> int:
        """This arm's seed after `seed`."""
        return seed + self.stride


@dataclass(frozen=True)
class ArmOptions(StationOptions):
    """The options of one arm's seat."""

    stride: int = 1
    """How many arms share the seeds."""

    @property
    def seeds(self) -> Seeds:
        """This arm's share of the fleet's seeds."""
        return EveryNth(self.first_seed, stride=self.stride)


def at_the_window(options: FleetOptions) -> FleetOptions:
    """The options with what a person needs: time, worlds that go back, answers in time."""
    return replace(
        options,
        limits=LIMITS_AT_THE_WINDOW,
        answer_within_s=options.answer_within_s or ANSWER_WITHIN_S,
        make_env=rewindable_workspace_env,
    )


@contextlib.contextmanager
def open_fleet_window(
    workspace: Workspace,
    policy: FleetPolicy,
    options: FleetOptions,
    terms: FleetTerms,
    seat_options: StationOptions,
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], None] = time.sleep,
    open_outlet: OpenFleetOutlet | None = None,
) -> Iterator[FleetLoop]:
    """The window of a fleet, or another outlet, ready to run; NoDisplay without a screen."""
    check_arms(options.arms)
    bindings = load(DRIVING)
    with contextlib.ExitStack() as stack:
        opened = open_outlet(seat_options) if open_outlet else FleetWindow(seat_options, clock)
        outlet = stack.enter_context(contextlib.closing(opened))
        bindings = bindings.on_layout(outlet.layout())
        tally = stack.enter_context(contextlib.closing(WorkspaceCounts(workspace)))
        inputs = list[OperatorInput]()

        def make_device(env: TaskWorld) -> SeatDevice:
            if not inputs:
                inputs.append(outlet.fleet_input(env, bindings, seat_options))
            return SeatDevice(inputs[0], env)

        options = replace(at_the_window(options), on_saved=tally.refresh)
        sessions = stack.enter_context(open_sessions(workspace, policy, make_device, options))
        view, env = None, sessions[0].env
        if isinstance(env, ArmEnv):
            view = stack.enter_context(contextlib.closing(open_view(env, seat_options.view)))
        frames = outlet.frames(view, FleetPrompter(bindings), options.arms)
        cues = outlet.cues(seat_options)
        stack.callback(cues.close)
        context = OperatorContext(inputs[0], tally, cues, clock, sleep, window=outlet.window)
        seats = _seats(sessions, policy, options, seat_options, context, workspace)
        shift = Shift(options.arms, workspace.config.control_hz)
        yield FleetLoop(seats, inputs[0], cues, shift, terms, frames, clock, sleep)


def check_arms(arms: int) -> None:
    """BadValue for more arms than a person sees."""
    if arms > LONGEST:
        raise BadValue("--arms for a person", f"at most {LONGEST}", arms)


def _seats(
    sessions: Sequence[Session],
    policy: FleetPolicy,
    options: FleetOptions,
    seat_options: StationOptions,
    shared: OperatorContext,
    workspace: Workspace,
) -> list[Seat]:
    """A seat for each session."""
    seats, judge = list[Seat](), Judge(workspace, seat_options.operator)
    for number, session in enumerate(sessions):
        device = session.device
        assert isinstance(device, SeatDevice)
        own = ArmOptions(
            first_seed=seat_options.first_seed + number,
            stride=len(sessions),
            operator=seat_options.operator,
            aids=seat_options.aids,
            latch=seat_options.latch,
        )
        last = LastSeconds(session.env.world_spec.cameras[0], session.env.world_spec.control_hz)
        session.subscribers = (*session.subscribers, last)
        context = replace(
            shared, feedback=SeatCues(shared.feedback, device), options=own, judge=judge
        )
        live = OperatorEpisode(session, own.seeds.start)
        loop = SeatLoop(context, live, lambda _: 0.0)
        seats.append(Seat(number, loop, last, options.reset_s, policy.next_for))
    return seats


def run_window(
    workspace: Workspace,
    policy_id: str,
    options: FleetOptions,
    terms: FleetTerms,
    seat_options: StationOptions,
    queue: str,
    on_step: OnStep = lambda _: None,
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], None] = time.sleep,
    open_outlet: OpenFleetOutlet | None = None,
) -> ShiftReport:
    """Serve the arms at the window until it is closed; what was driven is on the disk then."""
    said = list[str]()

    def tell(words: str) -> None:
        said.append(words)
        options.on_policy(words)

    policy = fleet_policy(workspace, policy_id, replace(options, on_policy=tell))
    opened = open_fleet_window(
        workspace, policy, options, terms, seat_options, clock, sleep, open_outlet
    )
    with opened as fleet, leaving_on_signals(fleet.leave):
        try:
            while not fleet.closed:
                fleet.step()
                on_step(fleet)
                while said:
                    fleet.focus.loop.notice.show(said.pop(0), SWITCH_NOTICE_S)
        finally:
            fleet.close()
        report = fleet.shift.report(queue, fleet.switches)
    payload = {**report.to_json(), "policy": policy_id, "operator": seat_options.operator}
    Database(workspace.db_path).add_event(EventEntry(EventKind.SHIFT, payload))
    return report
