"""`GymWorld` is any Gymnasium environment with a Box as its action, as a world.

Actions in [-1, 1] are spread over the environment's own range; pictures are made square; what the
environment lacks is not declared. Its keywords, which are JSON, say what cannot be read off it.
"""

from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from ..errors import BadValue, WorldFailed
from ..spaces import IMAGE_SIZE, Action, Image, Observation
from ..tasks.task import Status
from ..world import Pose
from .contract import Capability, TaskWorld
from .gym_observation import GymObservation
from .gym_options import GymOptions, axes_of
from .gym_targets import GymTargets
from .spec import ActionSpec, WorldSpec
from .steering import steered
from .watchdog import within

DOING, DONE = "doing", "done"


class GymWorld(TaskWorld):
    """A Gymnasium environment behind the contract; subclasses add what it knows beside."""

    def __init__(
        self, env: gym.Env[Any, Any], image_size: int = IMAGE_SIZE, **options: Any
    ) -> None:
        """`options` are the fields of GymOptions; BadValue names those that do not fit."""
        self.env, self._options = env, GymOptions.of(options)
        chosen = self._options
        if not isinstance(env.action_space, gym.spaces.Box):
            raise BadValue("action space", "a Box of numbers", env.action_space)
        self._axes = axes_of(env.action_space, chosen.axes)
        self._low, self._high = (np.array([getattr(a, e) for a in self._axes], np.float64)
                                 for e in ("low", "high"))  # fmt: skip
        self._targets = GymTargets(self._axes, self._low, self._high)
        self._seed: int | None = None
        self._actions: list[Action | None] = []  # None for each re-seating
        self._last_action: Action | None = None
        self._status = Status(False, DOING, 0.0)
        self._last: Observation = {}
        seen, info = self._guarded("reset", lambda: env.reset(seed=0))
        middle = np.zeros(len(self._axes), np.float32)
        stepped = self._guarded("step", lambda: env.step(self._native(middle)))
        self._success = chosen.success_key({**info, **stepped[4]})
        self._observation = GymObservation(env, seen, image_size, chosen)
        self._spec = self._described(image_size)
        self.capabilities = self._declared()

    def _described(self, image_size: int) -> WorldSpec:
        env, chosen = self.env, self._options
        limit = chosen.max_steps or (env.spec.max_episode_steps if env.spec else None) or 300
        rate = chosen.hz or round(env.metadata.get("render_fps") or 20)
        return WorldSpec(
            chosen.task or task_name(env),
            ActionSpec(tuple(axis.axis for axis in self._axes)),
            self._observation.readings,
            self._observation.cameras,
            image_size,
            ("task",),
            (DOING, DONE),
            limit,
            rate,
        )

    def _declared(self) -> frozenset[Capability]:
        found = {Capability.VERDICT} if self._success else set()
        found |= {Capability.REPLAY} if self._options.deterministic else set()
        own = type(self).expert_action is not TaskWorld.expert_action
        return frozenset(found | ({Capability.EXPERT} if own else set()))

    @property
    def world_spec(self) -> WorldSpec:
        """What it takes and gives."""
        return self._spec

    @property
    def native_range(self) -> tuple[tuple[float, float], ...]:
        """The environment's numbers; those of an axis that is driven by changes are changes."""
        ends = zip(self._axes, self._low.tolist(), self._high.tolist(), strict=True)
        return tuple((low, high) if a.step is None else (-a.step, a.step) for a, low, high in ends)

    @property
    def instruction(self) -> str:
        """What the environment or the options call the task."""
        given = self._options.instruction or getattr(self.env.unwrapped, "task_description", "")
        return str(given or self._spec.task)

    @property
    def status(self) -> Status:
        """Success, by the environment's info; progress is 1 with it and 0 before."""
        return self._status

    @property
    def closing(self) -> bool:
        """Whether the last action told the gripper to close."""
        grip = self._spec.action.grip
        last = self._last_action
        return grip is not None and last is not None and bool(last[grip] > 0)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode."""
        self._seed, self._actions, self.images_due = seed, [], True
        self._last_action = None
        self._status = Status(False, DOING, 0.0)
        seen, info = self._guarded("reset", lambda: self.env.reset(seed=seed, options=options))
        self._targets.seat(seen)
        return self._observe(seen), dict(info)

    def reseat(self) -> None:
        """Begin anew where the arm is, for those axes whose targets are moved."""
        if self._targets.present:
            self._targets.seat(self._raw)
            self._actions.append(None)

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Run one control tick; solved by the environment's info, or by its termination."""
        checked = self._spec.action.checked(action)
        native = self._native(checked)
        seen, reward, over, cut, info = self._guarded("step", lambda: self.env.step(native))
        self._actions.append(checked)
        self._last_action = checked
        solved = bool(info.get(self._success, False)) if self._success else False
        self._status = Status(solved, DONE if solved else DOING, float(solved))
        return self._observe(seen), float(reward), solved, bool(over or cut), dict(info)

    def _native(self, action: Action) -> NDArray[Any]:
        """An action in [-1, 1] in the environment's own range and type."""
        share = (action.astype(np.float64) + 1.0) / 2.0
        space = self.env.action_space
        values = self._targets.moved(action, self._low + share * (self._high - self._low))
        return np.asarray(values, space.dtype).reshape(space.shape or ())

    def _observe(self, seen: Any) -> Observation:
        self._raw = seen
        draw = self.images_due or not self._last
        pictures = None
        if draw:
            pictures = self._guarded("render", lambda: self._observation.pictures(seen))
        old = {key: self._last[key].copy() for key in self._observation.keys if key in self._last}
        images = old if pictures is None else pictures
        self._last = {**images, **self._observation.numbers(seen)}
        return dict(self._last)

    def state(self) -> NDArray[np.float64]:
        """Every number that the environment shows, float64[S]; a 0 where it does not repeat."""
        if not self.goes_back:
            return super().state()
        return self._observation.whole(self._raw)

    def snapshot(self) -> tuple[int | None, tuple[Action | None, ...]]:
        """The seed, and all actions since."""
        self.require(Capability.REPLAY, "a snapshot")
        return self._seed, tuple(self._actions)

    def restore(self, snapshot: tuple[int | None, tuple[Action | None, ...]]) -> Observation:
        """Go back to a moment by repeating the episode up to there."""
        self.require(Capability.REPLAY, "going back")
        seed, actions = snapshot
        seen, _ = self.reset(seed=seed)
        for number, action in enumerate(actions, 1):
            self.images_due = number == len(actions)
            if action is None:
                self.reseat()
            else:
                seen, *_ = self.step(action)
        self.images_due = True
        return seen

    def towards(self, target: Pose, closing: bool, speed: float = 1.0) -> Action:
        """The action that brings the end effector nearer to a pose, for subclasses with HAND."""
        self.require(Capability.HAND, "steering to a pose")
        return steered(self._spec.action, self.tool(), target, closing, speed)

    def shown(self, camera: str) -> Image | None:
        """The newest picture of a camera as the environment gave it, not made square."""
        return self._observation.newest.get(camera)

    def render(self) -> Image:
        """The environment's own picture, uint8[height, width, 3]."""
        return np.asarray(self.env.render(), np.uint8)

    def close(self) -> None:
        """Close the environment."""
        self.env.close()

    def _guarded(self, what: str, call: Any) -> Any:
        """What the environment gives; WorldFailed where it raises or does not answer."""
        with within(self._options.patience_s, f"{task_name(self.env)}: {what}()"):
            try:
                return call()
            except WorldFailed:
                raise
            except Exception as error:
                step = sum(action is not None for action in self._actions)
                raise WorldFailed(
                    f"{task_name(self.env)}: {what}() raised {type(error).__name__} at step "
                    f"{step}: {error}"
                ) from error


def task_name(env: gym.Env[Any, Any]) -> str:
    """A short name for what is done in an environment, from its id."""
    name = env.spec.id if env.spec else type(env.unwrapped).__name__
    return name.rpartition("/")[2].rpartition(":")[2].partition("-v")[0]


def make_gym_world(gym_id: str, image_size: int = IMAGE_SIZE, **options: Any) -> GymWorld:
    """The world of a Gymnasium id, `module:name-v0` where a module registers it."""
    kwargs = dict(options.pop("kwargs", None) or {})
    try:
        env = gym.make(gym_id, **{"render_mode": "rgb_array", **kwargs})
    except (gym.error.Error, ModuleNotFoundError, TypeError) as error:
        raise BadValue("gym", "an id that Gymnasium can make", f"{gym_id}: {error}") from error
    return GymWorld(env, image_size, **options)
