"""These functions put sessions together: environment, recorder, operator and subscribers.

The window, headless collection, evaluation and autonomous practice call them.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence

from ...datasets.config import WorkspaceConfig
from ...datasets.effort_ledger import recover_effort
from ...datasets.recorder import Recorder
from ...datasets.session_rows import session_rows
from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ...policies.base.threads import few_threads
from ...sim_envs.errors import MissingCapability
from ...sim_envs.worlds.contract import Capability, TaskWorld
from .assignment import Assignment
from .device import InputDevice, NoOperator
from .environments import workspace_env
from .policy_runner import PolicyRunner
from .recording import Recording
from .session import Session
from .subscriber import Subscriber


@contextlib.contextmanager
def recorded_session(
    workspace: Workspace,
    operator: Callable[[TaskWorld], InputDevice],
    assignment: Assignment,
    subscribers: Sequence[Subscriber] = (),
    patience: int = 1,
    on_saved: Callable[[], object] = lambda: None,
    answer_within_s: float | None = None,
    make_env: Callable[[WorkspaceConfig], TaskWorld] = workspace_env,
) -> Iterator[Session]:
    """A session that records into the workspace; all episodes are on disk when the context ends.

    `operator` makes the device for the session's environment, an episode may take `patience` times
    the task's step limit, `on_saved` is called from another thread for every file, and the policy
    has `answer_within_s` for an answer, any time where that is None. Effort that an earlier session
    could not enter in the ledger is entered first. Torch has one thread.
    """
    with (
        session_rows(workspace.db_path),
        few_threads(),
        contextlib.closing(make_env(workspace.config)) as env,
        Recorder(workspace) as recorder,
    ):
        recover_effort(workspace)
        all_subscribers = [Recording(recorder, on_saved), *subscribers]
        limit = env.world_spec.max_steps * patience
        yield Session(
            env,
            operator(env),
            assignment,
            all_subscribers,
            max_steps=limit,
            answer_within_s=answer_within_s,
        )
        recorder.wait()


def unattended_session(
    env: TaskWorld,
    runner: PolicyRunner,
    policy_id: str | None = None,
    subscribers: Sequence[Subscriber] = (),
) -> Session:
    """A session in which a policy drives alone: evaluation and autonomous practice.

    MissingCapability for an arm at real time, which needs a person beside it.
    """
    if Capability.REAL_TIME in env.capabilities:
        raise MissingCapability(
            f"{env.world_spec.task} is an arm at real time: no policy drives it unattended; "
            "`sidestick drive --level supervised` has a person there"
        )
    return Session(env, NoOperator(), Assignment(Level.AUTONOMOUS, policy_id, runner), subscribers)
