"""`open_sessions` opens the sessions of a fleet over one workspace: a world and a recorder each.

`fleet.headless` and `fleet.window` call it, with what the operator's devices are.
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
from ..autonomy.ladder import LevelChange
from ..autonomy.ladder_store import LadderStore
from ..learning.active_policy import ActivePolicy, assignment_of, load_runner
from ..session.attendance import require_person
from ..session.environments import workspace_env
from ..session.help_requests import HelpRules
from ..session.human_effort import EffortLedger
from ..session.policy_runner import PolicyRunner
from ..session.recording import Recording
from ..session.session import Session
from .fleet_policy import FleetPolicy
from .focused_device import FocusedDevice

MOST_ARMS = 64
MakeDevice = Callable[[TaskWorld], FocusedDevice]


@dataclass(frozen=True)
class FleetOptions:
    """How many arms, and on what terms they drive."""

    arms: int = 4
    reset_s: float = 2.0
    """How long an arm takes to reset its scene between two episodes."""
    rules: HelpRules = field(default_factory=HelpRules)
    follows: bool = True
    """Whether a newer policy that passed the gate takes over, arm by arm between episodes."""
    limits: int = 2
    """An arm's episode may take so many step limits: help takes time."""
    answer_within_s: float | None = None
    """So long a tick waits for a policy; None: as long as it takes, as in simulated time."""
    make_env: Callable[[WorkspaceConfig], TaskWorld] = workspace_env
    load: Callable[[Workspace, str], PolicyRunner] = load_runner
    """Loads a policy, once for each arm; tests replace it."""
    on_saved: Callable[[], object] = lambda: None
    """Called from another thread for every episode that is on the disk."""
    on_change: Callable[[LevelChange], object] = lambda _: None
    on_policy: Callable[[str], object] = lambda _: None
    """Told of each policy that passed the gate: that it drives, or why it does not."""

    def __post_init__(self) -> None:
        if not 1 <= self.arms <= MOST_ARMS:
            raise BadValue("arms", f"1 to {MOST_ARMS}", self.arms)


def fleet_policy(workspace: Workspace, policy_id: str, options: FleetOptions) -> FleetPolicy:
    """The policy that all arms begin with, on call, calibrated on its recorded successes."""
    runner = options.load(workspace, policy_id)
    assignment = assignment_of(workspace, Level.ON_CALL, policy_id, options.rules, runner)
    active = ActivePolicy(
        workspace, assignment, options.follows, options.rules,
        least=Level.ON_CALL, on_refused=options.on_policy,
    )  # fmt: skip
    return FleetPolicy(workspace, active, assignment, options.load, options.on_policy)


@contextlib.contextmanager
def open_sessions(
    workspace: Workspace, policy: FleetPolicy, make_device: MakeDevice, options: FleetOptions
) -> Iterator[list[Session]]:
    """A session for each arm; all that they record is on disk when the context ends.

    The workspace is locked for this fleet meanwhile. Every arm has a recorder, an effort entry and
    evidence of its own; the seconds that its operator drove are nobody else's, so that their sum
    over the arms is what one person did.
    """
    database = Database(workspace.db_path)
    with contextlib.ExitStack() as stack:
        stack.callback(workspace.lock().release)
        stack.enter_context(session_rows(workspace.db_path))
        stack.enter_context(few_threads())
        recover_effort(workspace)
        sessions = []
        for _ in range(options.arms):
            env = stack.enter_context(contextlib.closing(options.make_env(workspace.config)))
            require_person(env, Level.ON_CALL, "in a fleet")
            env.require(Capability.VERDICT, "a fleet")
            recorder = stack.enter_context(Recorder(workspace, lock=False))
            effort = EffortLedger(database=database)
            stack.callback(effort.enter)
            evidence = EvidenceRecorder(LadderStore(workspace), on_change=options.on_change)
            session = Session(
                env,
                make_device(env),
                policy.for_arm(),
                [Recording(recorder, options.on_saved), effort, evidence],
                max_steps=env.world_spec.max_steps * options.limits,
                answer_within_s=options.answer_within_s,
            )
            sessions.append(session)
        yield sessions
