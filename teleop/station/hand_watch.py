"""`HandWatch` notices what a hand would feel: a touch, a lost object, the end of the reach."""

from collections import deque
from enum import Enum

import numpy as np

from ...sim_envs.arm import NAME
from ...sim_envs.environment import ArmEnv
from ...sim_envs.garments import bodies_touching
from ...sim_envs.hand_rays import touched_by_fingers
from ...sim_envs.rotations import Vector, rotvec_between
from ...sim_envs.spaces import Action
from ...sim_envs.world import Pose
from ...sim_envs.worlds.arm_spec import ARM_ACTION

AGAIN_TICKS = 10
"""A body that was not touched for this long is touched anew."""
HELD_TICKS = 6
"""What both fingers touched for this long is held."""
PUSHED_M = 0.004
"""A push for less than this in a tick says nothing about the reach."""
FOLLOWED = 0.3
"""The arm does not follow where it moves along a push by less than this share of it."""
STUCK_TICKS = 8
TWIST_TICKS, TWIST_RAD = 20, 0.2
"""A turn by this much in so many ticks that nobody asked for is a twist."""


class HandEvent(Enum):
    """Something that a hand would feel; the value says so to the operator."""

    TOUCHED = ""
    DROPPED = "it slipped out of the fingers"
    STUCK = "the arm cannot follow that way"
    TWISTED = "the hand twists: the arm is near the end of its reach"


class HandWatch:
    """Compares what was asked of the arm with what it does, tick by tick."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget everything: the arm is somewhere else now."""
        self._touched: dict[int, int] = {}  # the tick of the last touch, by body
        self._held: dict[int, int] = {}  # for how many ticks, by label
        self._pose: Pose | None = None
        self._twists: deque[Vector] = deque(maxlen=TWIST_TICKS)
        self._stuck, self._twisted = 0, False
        self._tick = 0

    def update(self, env: ArmEnv, action: Action) -> list[HandEvent]:
        """What happened in the tick that executed an action [A]."""
        self._tick += 1
        found = [HandEvent.TOUCHED] if self._touches(env) else []
        found += [HandEvent.DROPPED] if self._drops(env) else []
        before, self._pose = self._pose, env.arm.tool()
        if before is not None:
            found += [HandEvent.STUCK] if self._sticks(before, self._pose, action) else []
            found += [HandEvent.TWISTED] if self._twist(before, self._pose, action) else []
        return found

    def _touches(self, env: ArmEnv) -> bool:
        bodies = bodies_touching(env.world, NAME)
        new = [b for b in bodies if self._tick - self._touched.get(b, -AGAIN_TICKS) >= AGAIN_TICKS]
        self._touched.update(dict.fromkeys(bodies, self._tick))
        return bool(new) and self._tick > 1

    def _drops(self, env: ArmEnv) -> bool:
        """Whether something left the fingers that they still close on."""
        one, other = touched_by_fingers(env.world)
        now = one & other if env.arm.controller.closing else set()
        lost = [label for label, ticks in self._held.items() if ticks >= HELD_TICKS]
        dropped = env.arm.controller.closing and any(label not in one | other for label in lost)
        kept = {label: self._held.get(label, 0) + 1 for label in now}
        if not dropped:  # a finger may lose touch for a tick
            kept |= {label: HELD_TICKS for label in lost if label in one | other}
        self._held = kept
        return dropped

    def _sticks(self, before: Pose, now: Pose, action: Action) -> bool:
        push = action[ARM_ACTION.move].astype(np.float64) * ARM_ACTION.metres_per_unit
        asked = float(np.linalg.norm(push))
        moved = float((now.position - before.position) @ push) / max(asked, 1e-9)
        self._stuck = self._stuck + 1 if asked > PUSHED_M and moved < FOLLOWED * asked else 0
        return self._stuck == STUCK_TICKS

    def _twist(self, before: Pose, now: Pose, action: Action) -> bool:
        turned = rotvec_between(before.quat, now.quat)
        self._twists.append(turned - action[ARM_ACTION.turn] * ARM_ACTION.radians_per_unit)
        unasked = float(np.linalg.norm(np.sum(self._twists, axis=0)))
        was, self._twisted = self._twisted, unasked > (0.5 if self._twisted else 1.0) * TWIST_RAD
        return self._twisted and not was
