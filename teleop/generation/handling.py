"""A `Handling` is what a demonstration did with one object: how it was picked up and put down.

`handlings_of` finds those that ended well; regrasps, drops, detours and pauses are left out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...datasets.episode import Episode
from ...datasets.step import Driver
from ...sim_envs.environment import ArmEnv
from ...sim_envs.errors import DamagedFile
from ...sim_envs.furniture import Bin
from ...sim_envs.hand_rays import graspable
from ...sim_envs.rotations import Vector, rotvec_between
from ...sim_envs.task_description import ObjectClass
from ...sim_envs.world import Pose
from ..evaluation.replay import scene_seed
from ..session.environments import episode_env
from .object_frame import Hang, ObjectFrame, frame_of, hang_of

NEAR_M = 0.10
"""A pick begins where the hand comes this near to where it takes hold."""
LIFTED_M = 0.05
"""A pick ends where the hand has moved this far with the object."""
ASIDE_M = 0.06
"""An object rises where it was taken as long as the hand moves less than this aside."""
BESIDE_M = 0.06
"""A placing begins where the hand comes this near to the container, seen from above."""
AFTER_STEPS = 8
"""Steps after letting go that still belong to a placing."""
FAILED_STEPS = 60
"""So many steps before a takeover belong to what failed."""
STILL_M, STILL_RAD = 0.002, 0.01
"""A step that moves the hand less than this is a pause."""


@dataclass(frozen=True)
class Waypoint:
    """Where the hand was, and whether the fingers were to close."""

    pose: Pose
    closing: bool


@dataclass(frozen=True)
class FailedWay:
    """What a policy did before a person took over and picked the object up."""

    frame: ObjectFrame
    """Of the object, when the way begins."""
    way: tuple[Waypoint, ...]


@dataclass(frozen=True)
class Handling:
    """How one object was picked up and put down, in the source's scene."""

    source: str
    """Id of the demonstration."""
    label: str
    frame: ObjectFrame
    """Of the object, before it was touched."""
    grip: Pose
    """Of the hand, when the fingers were told to close."""
    pick: tuple[Waypoint, ...]
    """From near the object until it is lifted."""
    travel: tuple[Waypoint, ...]
    """From there to the container."""
    place: tuple[Waypoint, ...]
    """From there until it has been let go of."""
    container: Bin
    """What it was put into."""
    rise_m: float
    """How far its lowest point rose above where the object was taken, before it moved aside."""
    hang: Hang
    """From the hand, just before it was let go of."""
    failed: FailedWay | None = None
    """Set where the handling is a correction: the person took over from a policy to pick it up."""


@dataclass(frozen=True)
class _Seen:
    """One step of the source, as the simulator shows it."""

    tool: Pose
    closing: bool
    held: frozenset[int]
    frames: dict[int, ObjectFrame]
    hangs: dict[int, Hang]


def handlings_of(episode: Episode) -> list[Handling]:
    """Each object that the demonstration put where it belongs, in the order of the labels.

    BadValue for an episode without a scene of this simulator, DamagedFile for one of another.
    """
    seed = scene_seed(episode)
    env = episode_env(episode)
    try:
        env.build(seed)
        if env.state().shape != episode.states.shape[1:]:
            raise DamagedFile(f"{episode.summary.id}: its states are not those of its scene")
        items = env.task.wanted(env.world)
        seen = [_seen(env, items, state) for state in episode.states]
        if episode.final_state is not None:
            env.show(episode.final_state)
            env.world.find_contacts()
        placed = env.task.placed(env.world)
        done = (item for item in items if item.label in placed)
        parts = ((item, _parts(seen, env.task.labels.index(item.label), item)) for item in done)
        return [
            _handling(episode, seen, env.task.labels.index(item.label), item, found)
            for item, found in parts
            if found is not None
        ]
    finally:
        env.close()


def _seen(env: ArmEnv, items: Sequence[ObjectClass], state: NDArray[np.float64]) -> _Seen:
    env.show(state)
    env.world.find_contacts()
    closing, tool = env.arm.controller.closing, env.arm.tool()
    labels = [env.task.labels.index(item.label) for item in items]
    frames = {label: frame_of(env.world, label, tool.position) for label in labels}
    hangs = {label: hang_of(env.world, label, tool.position) for label in labels}
    held = graspable(env.world, env.arm) if closing else frozenset[int]()
    return _Seen(tool, closing, held, frames, hangs)


@dataclass(frozen=True)
class _Parts:
    """Steps of the last hold of an object: the one that brought it where it belongs."""

    approach: int
    """The hand comes near to where it takes hold."""
    closed: int
    """The fingers are told to close."""
    lifted: int
    """The object is clear of what it lay on."""
    beside: int
    """The hand comes near to the container."""
    released: int
    """The object is held no more."""


def _parts(seen: Sequence[_Seen], label: int, item: ObjectClass) -> _Parts | None:
    """The parts of the last hold; None for an object that was never held."""
    holds = [step for step, one in enumerate(seen) if label in one.held]
    if not holds:
        return None
    end = holds[-1]
    begin = _last(range(end + 1), lambda s: label not in _around(seen, s)) + 1
    closed = _last(range(begin + 1), lambda s: not seen[s].closing) + 1
    grip = seen[closed].tool.position
    away = _last(range(closed), lambda s: seen[s].closing or _gap(seen[s].tool, grip) > NEAR_M)
    lifted = _first(range(begin, end), lambda s: _gap(seen[s].tool, grip) > LIFTED_M, end)
    reach = np.asarray(item.container.half_m) + BESIDE_M
    centre = np.asarray(item.container.centre_m)
    beside = _first(
        range(lifted, end),
        lambda s: bool((np.abs(seen[s].tool.position[:2] - centre) < reach).all()),
        end,
    )
    return _Parts(away + 1, closed, lifted, beside, end + 1)


def _handling(
    episode: Episode, seen: Sequence[_Seen], label: int, item: ObjectClass, parts: _Parts
) -> Handling:
    last = min(parts.released + AFTER_STEPS, len(seen))
    free = seen[max(parts.released - 1, parts.beside)]
    return Handling(
        episode.summary.id,
        item.label,
        seen[max(parts.closed - 1, 0)].frames[label],
        seen[parts.closed].tool,
        tuple(_without_pauses(seen[parts.approach : parts.lifted + 1])),
        tuple(_without_pauses(seen[parts.lifted : parts.beside])),
        _released_once(tuple(_without_pauses(seen[parts.beside : last]))),
        item.container,
        _rise(seen[parts.closed : parts.beside + 1], label),
        free.hangs[label],
        _failed(episode, seen, label, parts.closed),
    )


def _failed(episode: Episode, seen: Sequence[_Seen], label: int, closed: int) -> FailedWay | None:
    """The policy's last steps before the takeover in which the object was taken."""
    takeover = int(episode.takeover_id[closed])
    if takeover < 0 or int(episode.driver[closed]) != Driver.HUMAN:
        return None
    end = int(np.flatnonzero(episode.takeover_id == takeover)[0])
    begin = max(end - FAILED_STEPS, 0)
    while begin < end and int(episode.driver[begin]) != Driver.POLICY:
        begin += 1
    way = tuple(_without_pauses(seen[begin:end]))
    return FailedWay(seen[begin].frames[label], way) if way else None


def _released_once(place: tuple[Waypoint, ...]) -> tuple[Waypoint, ...]:
    """A placing whose fingers stay closed until they open for good."""
    opens = 1 + max((n for n, waypoint in enumerate(place) if waypoint.closing), default=-1)
    return tuple(Waypoint(w.pose, n < opens) for n, w in enumerate(place))


def _rise(carrying: Sequence[_Seen], label: int) -> float:
    """How far the lowest point of an object rose before the hand moved aside, metres."""
    at = carrying[0].tool.position[:2]
    low = [float(one.tool.position[2]) - one.hangs[label].low_m for one in carrying]
    near = [float(np.linalg.norm(one.tool.position[:2] - at)) < ASIDE_M for one in carrying]
    return max(height for height, rises in zip(low, near, strict=True) if rises) - low[0]


def _last(steps: range, true: Callable[[int], bool]) -> int:
    """The last step of which something is true; -1 for none."""
    return next((step for step in reversed(steps) if true(step)), -1)


def _first(steps: range, true: Callable[[int], bool], otherwise: int) -> int:
    return next((step for step in steps if true(step)), otherwise)


def _around(seen: Sequence[_Seen], step: int) -> frozenset[int]:
    """What is held at a step or at one of its neighbours: a finger may lose touch for a tick."""
    return frozenset[int]().union(*(one.held for one in seen[max(0, step - 2) : step + 3]))


def _gap(tool: Pose, place: Vector) -> float:
    return float(np.linalg.norm(tool.position - place))


def _without_pauses(steps: Sequence[_Seen]) -> Iterator[Waypoint]:
    last: _Seen | None = None
    for step in steps:
        if last is None or step.closing != last.closing or _moves(last.tool, step.tool):
            last = step
            yield Waypoint(step.tool, step.closing)


def _moves(before: Pose, now: Pose) -> bool:
    turned = float(np.linalg.norm(rotvec_between(before.quat, now.quat)))
    return _gap(now, before.position) > STILL_M or turned > STILL_RAD
