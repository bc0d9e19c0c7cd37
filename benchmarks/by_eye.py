"""This benchmark counts how many closings grasp for an operator who sees pictures only.

    python -m benchmarks.by_eye [--closings 20] [--first-seed 3000]

A script stands in for a person. It looks four times a second and knows of the scene what the
window's picture shows: where the object's pixels are (to three pixels of 240), the plumb line's
foot and height, the ring. It pushes along the picture's axes at a keyboard's normal speed, blindly
until the next look, and never sees a position in metres. It closes once the ring is solid. It
prints JSON, a row a task: closings, those that held an object of the order after rising, scenes
given up without a closing, and seconds to the closing.
"""

import argparse
import json
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.depth_aids import grip, held
from sidestick.datasets.tables.wilson import wilson
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.making import make_task_env
from sidestick.sim_envs.spaces import GRIP, MOVE, TURN
from sidestick.sim_envs.tasks import TASKS
from sidestick.teleop.devices.stick_motion import UP, picture_frame
from sidestick.teleop.ui.depth_aid import DepthAid, OrderState, depth_aid, what_is_between

SIDE = 240
"""Side of the picture that is looked at, pixels."""
BLUR = 3.0 / (SIDE / 2)
"""Standard deviation of what the eye takes for an object's middle, in half picture heights."""
LOOK_TICKS, MOST_LOOKS = 5, 160
FULL, LEAST = 0.6, 0.12
"""Fastest and slowest motion, in units of an action."""
BRAKE = 0.35
"""Nearer than this, in half picture heights, the motion slows down."""
ABOVE, CLOSE_M, LOW_M = 0.1, 0.06, 0.006
"""The foot is above the object where it is nearer than ABOVE; below CLOSE_M only sideways motion
is corrected; at LOW_M the hand meets something."""
LONG, LEVEL_RAD = 1.25, 0.15
"""An object that is longer than wide by this is turned towards; it is level within this."""
CLOSING_TICKS, RISING_TICKS = 14, 10
ITEMS = {"ShelfPick": 6, "SortRecycling": 4, "SortClothes": 3}


@dataclass(frozen=True)
class Look:
    """What one look at a camera's picture gives; places as in a DepthAid."""

    aid: DepthAid
    middle: NDArray[np.float64] | None
    """The object's middle, x right and y down [2]; None where it is not seen."""
    slope: float
    """How far its short side is turned, clockwise in the picture, rad; 0 for a round one."""

    @property
    def solid(self) -> bool:
        """Whether the ring promises an object of the order."""
        return self.aid.between is not None and self.aid.between.wanted


def look(env: ArmEnv, camera: str, rng: np.random.Generator, order: OrderState) -> Look:
    """Look at the object of the order that is largest in a camera's picture."""
    view = env.task.cameras[camera].view(env.arm)
    aid = depth_aid(view, env, what_is_between(env, order), ())
    labels = env.labelled(camera, SIDE, SIDE)[1]
    missing = [i.label for i in order.wanted if i.label not in order.placed]
    masks = [np.argwhere(labels == env.task.labels.index(label)) for label in missing]
    seen = max(masks, key=len, default=np.empty((0, 2)))
    if len(seen) < 12:
        return Look(aid, None, 0.0)
    places = (seen[:, ::-1] + 0.5) / (SIDE / 2) - 1.0
    sizes, axes = np.linalg.eigh(np.cov(places.T))
    x, y = axes[:, 0] if axes[0, 0] >= 0 else -axes[:, 0]
    slope = float(np.arctan2(y, x)) if sizes[1] > LONG**2 * sizes[0] else 0.0
    return Look(aid, places.mean(axis=0) + rng.normal(0, BLUR, 2), slope)


class Eye:
    """The operator: looks, pushes keys, looks again."""

    def __init__(self, env: ArmEnv, seed: int) -> None:
        self.env, self.rng = env, np.random.default_rng([seed, 5])
        self.looks = 0
        env.build(seed)

    def see(self, camera: str) -> Look:
        """Look at one camera's picture."""
        self.looks += 1
        return look(self.env, camera, self.rng, OrderState.of(self.env))

    def push(
        self, camera: str, right: float = 0.0, away: float = 0.0, up: float = 0.0, turn: float = 0.0
    ) -> None:
        """Hold keys until the next look; distances in half picture heights set the speed."""
        frame = picture_frame(self.env.task.cameras[camera].view(self.env.arm))
        action = np.zeros(7, np.float32)
        action[MOVE] = frame.right * _speed(right) + frame.away * _speed(away) + UP * _speed(up)
        action[TURN] = UP * _speed(turn)
        action[GRIP] = -1.0
        for _ in range(LOOK_TICKS):
            self.env.advance(action)

    def close(self) -> bool:
        """Close and rise; whether an object of the order is held then."""
        grip(self.env, 1.0, CLOSING_TICKS)
        grip(self.env, 1.0, RISING_TICKS, rise=0.6)
        wanted = {self.env.task.labels.index(i.label) for i in OrderState.of(self.env).wanted}
        return bool(wanted & held(self.env))


def _speed(distance: float) -> float:
    """The speed at which a person covers a distance; a key is pressed or not."""
    if abs(distance) < 0.02:
        return 0.0
    return float(np.sign(distance) * np.clip(FULL * abs(distance) / BRAKE, LEAST, FULL))


def from_above(eye: Eye) -> bool | None:
    """Go over an object and down, by the wrist camera; whether the closing held, None for none."""
    while eye.looks < MOST_LOOKS:
        seen = eye.see("wrist")
        if seen.solid:
            eye.push("wrist", up=-0.1)
            return eye.close()
        if seen.middle is None or seen.aid.foot is None:
            eye.push("wrist", up=0.3)
            continue
        right, down = seen.middle - np.array(seen.aid.foot)
        over = abs(right) < ABOVE and abs(down) < ABOVE
        low = seen.aid.height_m < CLOSE_M
        turned = abs(seen.slope) < LEVEL_RAD
        if seen.aid.height_m < LOW_M:
            eye.push("wrist", away=0.1, up=0.3)
        elif low:
            eye.push("wrist", right=right, up=-0.12)
        elif over and turned:
            eye.push("wrist", right, -down, up=-0.35)
        else:
            eye.push("wrist", right, -down, turn=0.0 if turned else -seen.slope)
    return None


def into_the_shelf(eye: Eye) -> bool | None:
    """Find the height in the side camera, right and left in the wrist's; then go in."""
    level = False
    while eye.looks < MOST_LOOKS:
        side, wrist = eye.see("side"), eye.see("wrist")
        if wrist.solid:
            eye.push("wrist", away=0.05)
            return eye.close()
        tool = side.aid.grasp
        rise = 0.0 if side.middle is None or tool is None else tool[1] - side.middle[1]
        level = abs(rise) < (0.06 if level else 0.03)
        right = 0.0
        if wrist.middle is not None and wrist.aid.grasp is not None:
            right = wrist.middle[0] - wrist.aid.grasp[0]
        if not level or wrist.middle is None:
            eye.push("wrist", right=right / 2, up=2 * rise)
        elif abs(right) > ABOVE:
            eye.push("wrist", right=right)
        else:
            eye.push("wrist", right=right, away=0.2, up=rise)
    return None


def measured(task: str, closings: int, first_seed: int) -> dict[str, object]:
    """A row of one task."""
    env = make_task_env(task, image_size=16, num_items=ITEMS[task])
    reach = into_the_shelf if task == "ShelfPick" else from_above
    counts: Counter[bool | None] = Counter()
    looks, seed = 0, first_seed
    while counts[True] + counts[False] < closings:
        eye = Eye(env, seed)
        counts[reach(eye)] += 1
        looks, seed = looks + eye.looks, seed + 1
    env.close()
    low, high = wilson(counts[True], closings)
    return {
        "task": task,
        "closings": closings,
        "held": counts[True],
        "held_95": [round(low, 3), round(high, 3)],
        "gave_up": counts[None],
        "seconds": round(looks * LOOK_TICKS / 20 / (seed - first_seed), 1),
    }


def main() -> None:
    """Measure every task and print a row of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--closings", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=3_000)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    asked = parser.parse_args()
    for task in asked.tasks:
        print(json.dumps(measured(task, asked.closings, asked.first_seed)), flush=True)


if __name__ == "__main__":
    main()
