"""`Attempts` tries scenes in worker processes, without pictures, with demonstrations as sources."""

import json
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Self

from ...datasets.config import WorkspaceConfig
from ...policies.engines.crew import Crew, as_they_come
from ...policies.engines.job import Engine, Job, JobFailed, JobLost, Preparation
from ...sim_envs.environment import ArmEnv
from ...sim_envs.errors import WorldFailed
from ...sim_envs.making import make_task_env
from ...sim_envs.spaces import CONTROL_HZ
from ..evaluation.lost_seeds import LostSeeds, OnLost, warn
from ..session.environments import environment_json
from ..session.session import Session
from .generating_operator import GeneratingOperator
from .handling import Handling
from .object_frame import frame_of

MOST_LOST = 20
"""So many scenes in a row that cannot be driven end it."""
AHEAD = 2
"""Attempts per worker that wait in its queue."""
TRIES = 2
"""A scene is tried so often, each time with other noise and other choices of sources."""


@dataclass(frozen=True)
class Attempt:
    """How one scene went."""

    seed: int
    success: bool
    stage: str
    """The last stage that was reached."""
    place: tuple[float, float]
    """Where the first object of the order stood, metres on the table."""
    sources: tuple[str, ...]
    """Ids of the demonstrations that were repeated."""
    seconds: float
    """Of the arm's time."""
    tried: int = 1
    """Which try at this scene it was, from 1 on."""

    @property
    def last(self) -> bool:
        """Whether the scene is not tried again."""
        return self.success or self.tried >= TRIES


class Attempts:
    """A pool of processes, each with its environment and the same handlings."""

    def __init__(
        self,
        config: WorkspaceConfig,
        kind: type[GeneratingOperator],
        handlings: Sequence[Handling],
        noise: float,
        engine: Engine,
    ) -> None:
        """`kind` of operator drives."""
        prepared = environment_json(config), kind, handlings, noise
        self._crew = Crew(engine, Preparation(_begin, prepared))

    def run(self, seeds: Iterator[int], on_lost: OnLost = warn) -> Iterator[Attempt]:
        """The attempts at these seeds, in their order; ends when it is not asked any more.

        A scene that was not solved is tried again, after those that wait already. One in which the
        world fails, or that its workers did not survive, is left out and said to `on_lost`; where
        the first ones are lost, or too many in a row, it raises.
        """
        first = [next(seeds) for _ in range(AHEAD * self._crew.size())]
        lost, in_a_row = LostSeeds(first, on_lost), 0
        waiting = deque((seed, self._submit(seed, 1)) for seed in first)
        while True:
            seed, future = waiting.popleft()
            try:
                (made,) = as_they_come([future])
                attempt = made.result()
            except JobLost as error:
                in_a_row += 1
                if in_a_row >= MOST_LOST:
                    raise
                lost.add(seed, error)
                following = next(seeds), 1
            else:
                in_a_row = 0
                lost.note_driven(seed)
                yield attempt
                following = attempt.seed, attempt.tried + 1
                if attempt.last:
                    following = next(seeds), 1
            waiting.append((following[0], self._submit(*following)))

    def _submit(self, seed: int, tried: int) -> Future[Attempt]:
        return self._crew.submit(Job(f"seed {seed}", _attempt, (seed, tried)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._crew.__exit__(kind, *rest)


_worker: tuple[ArmEnv, GeneratingOperator] | None = None


def _begin(
    environment: str, kind: type[GeneratingOperator], handlings: Sequence[Handling], noise: float
) -> None:
    global _worker
    env = make_task_env(**json.loads(environment))
    _worker = env, kind(env, handlings, noise)


def _attempt(seed: int, tried: int) -> Attempt:
    try:
        return _attempted(seed, tried)
    except WorldFailed as error:
        raise JobFailed(f"seed {seed}: {error}") from error


def _attempted(seed: int, tried: int) -> Attempt:
    assert _worker is not None
    env, operator = _worker
    operator.tried = tried
    session = Session(env, operator, operator.assignment(), [])
    episode = session.prepare(seed)
    first = env.task.labels.index(env.task.wanted(env.world)[0].label)
    x, y = frame_of(env.world, first, env.arm.tool().position).position[:2]
    while not (episode.over or operator.expert.hopeless):
        episode.tick()
    sources = tuple(dict.fromkeys(operator.expert.sources))
    seconds = episode.steps / CONTROL_HZ
    place = float(x), float(y)
    return Attempt(seed, episode.success, env.status.stage, place, sources, seconds, tried)
