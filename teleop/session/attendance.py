"""A real arm drives above the level supervised only while a person attends.

Without a window nobody does; at the window it is who touches a control every now and then. At
supervised and below somebody drives or watches with a hand at the clutch, which the levels enforce.
"""

from collections.abc import Callable

from ...datasets.step import Level
from ...sim_envs.errors import MissingCapability
from ...sim_envs.worlds.contract import Capability, TaskWorld
from .levels import name

ATTENDED_S = 30.0
"""A person who attends touches a control at least this often."""


def needs_person(env: TaskWorld, level: Level) -> bool:
    """Whether a person must attend in this world at this level."""
    return Capability.REAL_TIME in env.capabilities and level > Level.SUPERVISED


def require_person(env: TaskWorld, level: Level, where: str) -> None:
    """Raise MissingCapability for a place where nobody attends."""
    if needs_person(env, level):
        raise MissingCapability(
            f"{name(level)} is not possible {where}: {env.world_spec.task} is an arm at real time, "
            "and there a person attends at the window; `--level supervised` has one anyway"
        )


class Attendance:
    """Notes when the person at the window last touched anything."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._touched_at = clock, clock()

    def missed(self, env: TaskWorld, level: Level, touched: bool) -> str:
        """Why a policy may not drive on; empty where it may."""
        now = self._clock()
        if touched:
            self._touched_at = now
        if now - self._touched_at < ATTENDED_S or not needs_person(env, level):
            return ""
        return f"nobody has touched a control for {ATTENDED_S:.0f} s, and this arm is real"
