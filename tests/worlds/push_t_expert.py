"""gym-pusht as a world with an expert, which tries pushes in a copy of it and takes the best.

The expert reads where the T is; a policy reads the picture and where the pusher is.
"""

from itertools import product
from typing import Any

import gymnasium
import numpy as np
from gym_pusht.envs.pusht import (  # type: ignore[import-not-found]
    PushTEnv,
    pymunk_to_shapely,
)
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra
from shapely import LineString, intersects, union_all
from shapely import Point as ShapelyPoint

from sidestick.sim_envs.spaces import Action
from sidestick.sim_envs.tasks.task import Status
from sidestick.sim_envs.worlds.contract import Capability
from sidestick.sim_envs.worlds.gym_world import GymWorld
from tests.worlds.push_t import OPTIONS

Point = NDArray[np.float64]
FAST, SLOW = 20.0, 8.0
"""How far a tick moves the target, of 512: on a way, and in a push."""
APART, CLEAR = 22.0, 18.0
"""Distance of the pusher, whose radius is 15, to the T where a push begins, and on a way."""
AROUND, RING = 135.0, 16
"""Distance of the points of a way around the T, and how many there are."""
CONTACTS, TURNS = 32, np.radians((-30.0, 0.0, 30.0))
"""Places of pushes at the T's edge, and their directions beside straight into it."""
LONGEST = 16
"""Ticks of a push at most."""
ARRIVED, EDGE = 4.0, 8.0
"""Distances within which a place is reached, and that the pusher keeps from the walls."""


class PushT(GymWorld):
    """Its progress is how much of the mark is covered."""

    def __init__(self, env: Any, image_size: int, **options: Any) -> None:
        super().__init__(env, image_size, **options)
        self.capabilities |= {Capability.EXPERT}
        self._copy = PushTEnv(obs_type="state")
        self._copy.reset(seed=0)
        self._way: list[tuple[Point, float]] = []

    def reset(self, **given: Any) -> Any:
        """Begin an episode."""
        self._way = []
        return super().reset(**given)

    def step(self, action: Action) -> Any:
        """Run one control tick."""
        stepped = super().step(action)
        if not self._status.success:
            covered = min(0.99, float(stepped[4]["coverage"]))
            self._status = Status(False, self._status.stage, covered)
        return stepped

    def expert_action(self) -> Action:
        """Along a way that was planned to the end of a push; a new one where it ended."""
        inner: Any = self.env.unwrapped
        hand = np.array(inner.agent.position)
        target = np.array(inner._last_action) if self._actions else hand
        while self._way and np.linalg.norm(self._way[0][0] - hand) < ARRIVED:
            self._way.pop(0)
        self._way = self._way or self._planned(inner, hand)
        goal, speed = self._way[0]
        change = goal - target
        change *= min(1.0, speed / max(1e-6, float(np.linalg.norm(change))))
        return self.world_spec.action.checked(np.clip(change / FAST, -1, 1).astype(np.float32))

    def _planned(self, inner: Any, hand: Point) -> list[tuple[Point, float]]:
        """A way to the push that brings the T nearest to its mark, and that push."""
        shape = union_all(
            [p.buffer(0.5) for p in pymunk_to_shapely(inner.block, inner.block.shapes).geoms]
        )
        ways = _Ways(shape, np.array(inner.block.position), hand)
        best, plan = np.inf, [(hand, FAST)]
        edge = shape.buffer(APART).exterior
        for share, turn in product(np.arange(CONTACTS) / CONTACTS, TURNS):
            start = np.array(edge.interpolate(share, normalized=True).coords[0])
            if not _inside(start):
                continue
            inward = _nearest(shape, start) - start
            cos, sin = np.cos(turn), np.sin(turn)
            along = np.array([[cos, -sin], [sin, cos]]) @ inward / np.linalg.norm(inward)
            cost, end = self._tried(inner, start, along)
            if cost < best and (way := ways.to(start)):
                best, plan = cost, [*((p, FAST) for p in way), (end, SLOW)]
        return plan

    def _tried(self, inner: Any, start: Point, along: Point) -> tuple[float, Point]:
        """The least distance of the T to its mark in a push, and where the pusher is then."""
        copy = self._copy
        copy.block.angle, copy.block.position = inner.block.angle, inner.block.position
        copy.block.velocity, copy.block.angular_velocity = (0, 0), 0
        copy.agent.position, copy.agent.velocity = tuple(start), (0, 0)
        wanted = copy.get_goal_pose_body(copy.goal_pose)
        corners = [v for s in copy.block.shapes for v in s.get_vertices()]
        marks = np.array([wanted.local_to_world(v) for v in corners])
        best, end, target = np.inf, start, start
        for _ in range(LONGEST):
            target = target + SLOW * along
            for _ in range(10):
                pull = copy.k_p * (target - np.array(copy.agent.position))
                push = pull - copy.k_v * np.array(copy.agent.velocity)
                copy.agent.velocity = tuple(np.array(copy.agent.velocity) + push * copy.dt)
                copy.space.step(copy.dt)
            there = np.array([copy.block.local_to_world(v) for v in corners])
            cost = float(np.linalg.norm(there - marks, axis=1).mean())
            if cost < best:
                best, end = cost, np.array(copy.agent.position)
        return best, end


def _inside(points: Point) -> Any:
    """Whether points are far enough from the walls."""
    return ((points > EDGE) & (points < 512 - EDGE)).all(axis=-1)


def _nearest(shape: Any, place: Point) -> Point:
    """The point of a shape's edge that is nearest to a place."""
    edge = shape.exterior
    return np.array(edge.interpolate(edge.project(ShapelyPoint(place))).coords[0])


class _Ways:
    """Ways of the pusher around the T."""

    def __init__(self, shape: Any, middle: Point, hand: Point) -> None:
        angles = np.arange(RING) * 2 * np.pi / RING
        ring = middle + AROUND * np.column_stack((np.cos(angles), np.sin(angles)))
        self._hand, self._ring = hand, ring[_inside(ring)]
        near = float(np.linalg.norm(hand - _nearest(shape, hand)))
        self._leaving, self._blocked = shape.buffer(min(CLEAR, near - 0.5)), shape.buffer(CLEAR)

    def to(self, start: Point) -> list[Point]:
        """The points of the shortest way to a place; empty where there is none."""
        points = np.vstack((self._hand, start, self._ring))
        pairs = np.array([*product(range(len(points)), repeat=2)])
        lines = [LineString(points[pair]) for pair in pairs]
        lengths = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
        first, hit = pairs[:, 0] == 0, intersects(lines, self._blocked)
        lengths[np.where(first, intersects(lines, self._leaving), hit)] = np.inf
        graph = lengths.reshape(len(points), -1)
        found, before = dijkstra(graph, indices=0, return_predecessors=True)
        way, at = list[Point](), 1
        while np.isfinite(found[1]) and at > 0:
            way.insert(0, points[at])
            at = int(before[at])
        return way


def make(image_size: int = 96, max_steps: int = 300, **options: Any) -> PushT:
    """The world; `--env tests.worlds.push_t_expert:make`."""
    kwargs = {"obs_type": "pixels_agent_pos", "render_mode": "rgb_array"}
    env = gymnasium.make("gym_pusht/PushT-v0", max_episode_steps=max_steps, **kwargs)
    own = {key: value for key, value in OPTIONS.items() if key != "kwargs"}
    return PushT(env, image_size, **{**own, **options})
