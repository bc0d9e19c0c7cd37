"""These functions open the fleet's window for tests, with a fake clock that only sleeping moves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.plan import Plan
from sidestick.policies.policy import CONFIG, MODEL
from sidestick.sim_envs.spaces import Observation
from sidestick.teleop.fleet.opening import FleetOptions, fleet_policy
from sidestick.teleop.fleet.queues import queue_named
from sidestick.teleop.fleet.window.fleet_loop import FleetLoop, FleetTerms
from sidestick.teleop.fleet.window.outlet import OpenFleetOutlet
from sidestick.teleop.fleet.window.run import open_fleet_window
from sidestick.teleop.session.help_requests import HelpRules
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.station.options import StationOptions
from tests.window_rig import TURN_S, FakeTime


class StationaryPolicy:
    """A policy that does not move, and to which everything is familiar."""

    chunk, execute = 16, 8

    def reset(self) -> None:
        """Nothing to forget."""

    def plan(self, observation: Observation) -> Plan:
        actions = np.zeros((self.chunk, 7), np.float32)
        return Plan(actions, np.zeros_like(actions), 0.2)


def fleet_workspace(folder: Path) -> Workspace:
    """A workspace with a folder that the ladder takes for a policy."""
    config = WorkspaceConfig("ShelfPick", image_size=32, env_kwargs={"num_items": 1})
    made = Workspace.create(folder, config)
    policy = made.policies_dir / "0001"
    policy.mkdir()
    (policy / CONFIG).write_text("{}")
    (policy / MODEL).write_bytes(b"weights")
    return made


def fleet_options(arms: int, stalled_s: float = 1.0, reset_s: float = 0.5) -> FleetOptions:
    """Arms that ask after a while, as their policy does not move."""
    return FleetOptions(
        arms,
        reset_s,
        HelpRules(stalled_s=stalled_s),
        follows=False,
        answer_within_s=60.0,
        load=lambda *_: PolicyRunner(StationaryPolicy()),
    )


def until(fleet: FleetLoop, done: Callable[[], bool], seconds: float = 60.0) -> None:
    """Step the loop until something holds; AssertionError after so many of its own seconds."""
    end = fleet.now + seconds
    while not done():
        assert fleet.now < end, "it did not happen"
        fleet.step()


@contextmanager
def opened(
    workspace: Workspace,
    options: FleetOptions,
    holds_on_loss: bool = False,
    draws: bool = False,
    clock: FakeTime | None = None,
    open_outlet: OpenFleetOutlet | None = None,
) -> Iterator[FleetLoop]:
    """The window of a fleet over a workspace, as `sidestick fleet` opens it, or another outlet."""
    terms, clock = FleetTerms(queue_named("first-come"), holds_on_loss), clock or FakeTime()
    seat = StationOptions(sound=False, view="tiny", operator="tester", size=(960, 600))
    policy = fleet_policy(workspace, "0001", options)
    window = open_fleet_window(
        workspace, policy, options, terms, seat, clock, clock.sleep, open_outlet
    )
    with window as fleet:
        if not draws:
            fleet.draw = lambda _: TURN_S
        yield fleet
