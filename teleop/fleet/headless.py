"""`run_fleet` runs a shift of one simulated operator at K arms, in simulated time.

`sidestick fleet WS --headless` calls it. Nothing waits: a tick is as long as the machine needs, and
times are counted in ticks.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ...datasets.database import Database, EventEntry, EventKind
from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ...sim_envs.worlds.contract import TaskWorld
from ..autonomy.ladder import ChangeReason, LevelChange
from ..devices.simulated_operator import OperatorModel, SimulatedOperator
from ..session.device import InputDevice
from .fleet import Fleet
from .opening import FleetOptions, open_arms
from .operator_model import Attention, FleetOperator
from .queues import FIRST_COME, queue_named
from .shift import ShiftReport


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
    """Run a shift and record it; the report is stored in the workspace too."""
    lost: list[LevelChange] = []

    def on_change(change: LevelChange) -> None:
        if change.why is ChangeReason.DEMOTED and change.after < Level.ON_CALL:
            lost.append(change)
        options.on_change(change)

    followed = replace(options, on_change=on_change)
    queue, seeds = queue_named(rules.queue), itertools.count(first_seed)
    with open_arms(workspace, policy_id, seeds, at_once, followed) as (arms, shift, _):
        hz = workspace.config.control_hz
        operator = FleetOperator(queue, hz, rules.attention, rules.seed)
        fleet = Fleet(arms, operator, shift)
        for _ in range(round(rules.minutes * 60 * hz)):
            fleet.tick()
            on_tick(fleet)
            if lost:
                break
        report = shift.report(rules.queue, operator.switches)
    payload = {**report.to_json(), "policy": policy_id, "operator": SimulatedOperator.name}
    Database(workspace.db_path).add_event(EventEntry(EventKind.SHIFT, payload))
    return report


def at_once(env: TaskWorld) -> InputDevice:
    """A simulated operator at an arm, who drives as soon as her attention is there.

    How long that takes is the fleet's (`operator_model.Attention`).
    """
    return SimulatedOperator(env, Level.ON_CALL, OperatorModel(answers_s=0.0))
