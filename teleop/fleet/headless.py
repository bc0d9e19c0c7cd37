"""`run_fleet` runs a shift of one simulated operator at K arms, in simulated time.

`sidestick fleet WS --headless` calls it. Nothing waits: a tick is as long as the machine needs, and
times are counted in ticks.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ...datasets.database import Database, EventEntry, EventKind
from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ...sim_envs.worlds.contract import TaskWorld
from ..autonomy.help_calibration import recorded_uncertainty
from ..autonomy.ladder import ChangeReason, LevelChange
from ..devices.simulated_operator import OperatorModel, SimulatedOperator
from .arm import SessionArm
from .failure_prediction import FailurePrediction
from .fleet import Fleet
from .focused_device import FocusedDevice
from .opening import FleetOptions, fleet_policy, open_sessions
from .operator_model import Attention, FleetOperator
from .queues import FIRST_COME, queue_named
from .shift import Shift, ShiftReport


@dataclass(frozen=True)
class ShiftRules:
    """How a simulated shift goes."""

    minutes: float = 10.0
    """Length of the shift, in the operator's minutes."""
    queue: str = FIRST_COME
    """Name of the queue policy."""
    attention: Attention = field(default_factory=Attention)
    seed: int = 0
    """Of the operator's attention."""


def run_fleet(
    workspace: Workspace,
    policy_id: str,
    first_seed: int,
    options: FleetOptions,
    rules: ShiftRules,
    on_tick: Callable[[Fleet], object] = lambda _: None,
) -> ShiftReport:
    """Run a shift and record it; the report is stored in the workspace too.

    A policy that loses the level on-call ends the shift.
    """
    lost: list[LevelChange] = []

    def on_change(change: LevelChange) -> None:
        if change.why is ChangeReason.DEMOTED and change.after < Level.ON_CALL:
            lost.append(change)
        options.on_change(change)

    followed = replace(options, on_change=on_change)
    with _opened(workspace, policy_id, first_seed, followed, rules) as fleet:
        for _ in range(round(rules.minutes * 60 * fleet.shift.hz)):
            fleet.tick()
            on_tick(fleet)
            if lost:
                break
        report = fleet.shift.report(rules.queue, fleet.operator.switches)
    payload = {**report.to_json(), "policy": policy_id, "operator": SimulatedOperator.name}
    Database(workspace.db_path).add_event(EventEntry(EventKind.SHIFT, payload))
    return report


@contextlib.contextmanager
def _opened(
    workspace: Workspace, policy_id: str, first_seed: int, options: FleetOptions, rules: ShiftRules
) -> Iterator[Fleet]:
    """The arms and their operator; running episodes are kept as incomplete at the end."""
    queue, seeds = queue_named(rules.queue), itertools.count(first_seed)
    policy = fleet_policy(workspace, policy_id, options)
    help_rules, hz = policy.present.monitor.rules, workspace.config.control_hz
    traces = recorded_uncertainty(workspace, policy_id)
    prediction, shift = FailurePrediction.of(traces, help_rules, hz), Shift(options.arms, hz)
    opened = open_sessions(workspace, policy, at_once, options)
    with opened as sessions, contextlib.ExitStack() as stack:
        arms = [
            SessionArm(number, session, seeds, prediction, shift, options.reset_s, policy.next_for)
            for number, session in enumerate(sessions)
        ]
        for arm in arms:
            stack.callback(arm.stop)
        yield Fleet(arms, FleetOperator(queue, hz, rules.attention, rules.seed), shift)


def at_once(env: TaskWorld) -> FocusedDevice:
    """A simulated operator at an arm, who drives as soon as her attention is there.

    How long that takes is the fleet's (`operator_model.Attention`).
    """
    operator = SimulatedOperator(env, Level.ON_CALL, OperatorModel(answers_s=0.0))
    return FocusedDevice(operator, env.world_spec.action)
