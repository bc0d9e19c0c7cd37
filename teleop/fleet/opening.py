"""`open_arms` opens the arms of a fleet over one workspace, each a session that records.

`fleet.headless` and the fleet's window call it with what the operator's devices are.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ...datasets.config import WorkspaceConfig
from ...datasets.database import Database
from ...datasets.effort_ledger import recover_effort
from ...datasets.recorder import Recorder
from ...datasets.session_rows import session_rows
from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ...policies.base.threads import few_threads
from ...sim_envs.errors import BadValue
from ...sim_envs.worlds.contract import Capability, TaskWorld
from ..autonomy.evidence_recorder import EvidenceRecorder
from ..autonomy.help_calibration import recorded_uncertainty
from ..autonomy.ladder import LevelChange
from ..autonomy.ladder_store import LadderStore
from ..learning.active_policy import ActivePolicy, assignment_of, load_runner
from ..session.device import InputDevice
from ..session.environments import workspace_env
from ..session.help_requests import HelpRules
from ..session.human_effort import EffortLedger
from ..session.policy_runner import PolicyRunner
from ..session.recording import Recording
from ..session.session import Session
from .arm import Arm
from .failure_prediction import FailurePrediction
from .fleet_policy import FleetPolicy
from .focused_device import FocusedDevice
from .shift import Shift

LIMITS = 2
"""An arm's episode may take so many step limits: help takes time."""
MOST_ARMS = 64
MakeDevice = Callable[[TaskWorld], InputDevice]


@dataclass(frozen=True)
class FleetOptions:
    """How many arms, and on what terms they drive."""

    arms: int = 4
    reset_s: float = 2.0
    """How long an arm takes to reset its scene between two episodes."""
    rules: HelpRules = field(default_factory=HelpRules)
    follows: bool = True
    """Whether a newer policy that passed the gate takes over, arm by arm between episodes."""
    answer_within_s: float | None = None
    """So long a tick waits for a policy; None: as long as it takes, as in simulated time."""
    make_env: Callable[[WorkspaceConfig], TaskWorld] = workspace_env
    load: Callable[[Workspace, str], PolicyRunner] = load_runner
    """Loads a policy, once for each arm; tests replace it."""
    on_change: Callable[[LevelChange], object] = lambda _: None

    def __post_init__(self) -> None:
        if not 1 <= self.arms <= MOST_ARMS:
            raise BadValue("arms", f"1 to {MOST_ARMS}", self.arms)


@contextlib.contextmanager
def open_arms(
    workspace: Workspace,
    policy_id: str,
    seeds: Iterator[int],
    make_device: MakeDevice,
    options: FleetOptions,
) -> Iterator[tuple[list[Arm], Shift, FleetPolicy]]:
    """The arms, each in the first tick of an episode; all that they record is on disk at the end.

    The workspace is locked for this fleet meanwhile. Every arm has a recorder, an effort entry and
    evidence of its own; the seconds that its operator drove are nobody else's, so that their sum
    over the arms is what one person did.
    """
    runner = options.load(workspace, policy_id)
    assignment = assignment_of(workspace, Level.ON_CALL, policy_id, options.rules, runner)
    active = ActivePolicy(workspace, assignment, options.follows, options.rules)
    policy = FleetPolicy(workspace, active, assignment, options.load)
    traces = recorded_uncertainty(workspace, policy_id)
    hz = workspace.config.control_hz
    prediction = FailurePrediction.of(traces, assignment.monitor.rules, hz)
    shift, database = Shift(options.arms, hz), Database(workspace.db_path)
    with contextlib.ExitStack() as stack:
        stack.callback(workspace.lock().release)
        stack.enter_context(session_rows(workspace.db_path))
        stack.enter_context(few_threads())
        recover_effort(workspace)
        arms: list[Arm] = []
        for number in range(options.arms):
            env = stack.enter_context(contextlib.closing(options.make_env(workspace.config)))
            env.require(Capability.VERDICT, "a fleet")
            recorder = stack.enter_context(Recorder(workspace, lock=False))
            effort = EffortLedger(database=database)
            stack.callback(effort.enter)
            evidence = EvidenceRecorder(LadderStore(workspace), on_change=options.on_change)
            session = Session(
                env,
                FocusedDevice(make_device(env), env.world_spec.action),
                policy.for_arm(),
                [Recording(recorder), effort, evidence],
                max_steps=env.world_spec.max_steps * LIMITS,
                answer_within_s=options.answer_within_s,
            )
            arm = Arm(number, session, seeds, prediction, shift, options.reset_s, policy.next_for)
            stack.callback(arm.stop)
            arms.append(arm)
        yield arms, shift, policy
