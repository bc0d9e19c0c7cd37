"""`examined` finds out whether a world keeps the contract, and what it costs.

`sidestick doctor` prints it; the contract's tests run it over every world.
"""

import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import packages_distributions, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import WorldFailed
from ..spaces import Action, Observation
from .contract import Capability, TaskWorld
from .spec import WorldSpec

STEPS = 50
"""Of each of the two episodes that are compared."""
SLOW = 0.5
"""Share of a tick that a step with its pictures may take at the window."""


@dataclass
class Examination:
    """What was found of a world."""

    world: str
    spec: dict[str, Any] = field(default_factory=dict)
    capabilities: dict[str, bool] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """What breaks the contract: with one, it is not recorded in."""
    notes: list[str] = field(default_factory=list)
    """What is worth knowing."""
    reset_ms: float = float("nan")
    step_ms: float = float("nan")
    """CPU time of a step without pictures."""
    picture_ms: float = float("nan")
    """CPU time that the pictures of a step take beside."""
    deterministic: bool = False
    """Whether two resets and STEPS steps gave the same numbers and pictures."""
    versions: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """All fields; a time that was not measured is None."""
        values = asdict(self)
        return {key: None if v != v else v for key, v in values.items()}


def examined(name: str, make: Callable[[], TaskWorld], steps: int = STEPS) -> Examination:
    """Drive a world for a while and note what it does; it never raises what the world raises."""
    found = Examination(name)
    try:
        world = make()
    except Exception as error:
        found.problems.append(f"cannot be made: {type(error).__name__}: {error}")
        return found
    try:
        _describe(found, world)
        first = _episode(found, world, steps)
        again = _episode(Examination(name), world, steps)
        found.deterministic = _same(first, again)
        _judge(found, world)
    except Exception as error:
        found.problems.append(f"{type(error).__name__}: {error}")
    finally:
        _close(found, world)
    return found


def check_observation(spec: WorldSpec, observation: Observation) -> None:
    """Raise WorldFailed where an observation is not as the spec says: key, expected, got."""
    side = spec.image_size
    expected: dict[str, tuple[str, tuple[int, ...]]] = {
        f"{camera}_image": ("uint8", (side, side, 3)) for camera in spec.cameras
    }
    expected |= {reading.name: ("float32", (reading.size,)) for reading in spec.readings}
    expected["goal"] = ("float32", (len(spec.goal_names),))
    for key in sorted(expected.keys() | observation.keys()):
        if key not in expected or key not in observation:
            wanted = _shape(*expected[key]) if key in expected else "no such entry"
            got = "nothing" if key not in observation else "one"
            raise WorldFailed(f"{spec.task}: observation {key}: expected {wanted}, got {got}")
        value = np.asarray(observation[key])
        dtype, shape = expected[key]
        if value.dtype != dtype or value.shape != shape:
            got = _shape(value.dtype, value.shape)
            raise WorldFailed(
                f"{spec.task}: observation {key}: expected {_shape(dtype, shape)}, got {got}"
            )
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise WorldFailed(
                f"{spec.task}: observation {key}: expected finite numbers, got {value.tolist()}"
            )


def _shape(dtype: object, shape: tuple[int, ...]) -> str:
    return f"{dtype}{list(shape)}"


def _describe(found: Examination, world: TaskWorld) -> None:
    spec = world.world_spec
    found.spec = {
        **{key: value for key, value in asdict(spec).items() if key not in ("action", "readings")},
        "action": [_axis(axis) for axis in spec.action.axes],
        "readings": [f"{reading.name}[{reading.size}]" for reading in spec.readings],
    }
    found.capabilities = {c.name.lower(): c in world.capabilities for c in Capability}
    found.versions = {"python": platform.python_version(), **_versions(world)}


def _axis(axis: Any) -> str:
    unit = {"move": "m", "turn": "rad", "joint": "rad"}.get(axis.kind)
    scale = f" {axis.per_unit:g} {unit} a tick" if unit else ""
    return f"{axis.name}: {axis.kind}{' ' + axis.along if axis.along else ''}{scale}"


def _versions(world: TaskWorld) -> dict[str, str]:
    """The package that a world comes from, and those below it that are known to break."""
    inner = getattr(getattr(world, "env", world), "unwrapped", world)
    roots = {type(inner).__module__.partition(".")[0], type(world).__module__.partition(".")[0]}
    owners = packages_distributions()
    names = {name for root in roots for name in owners.get(root, ())}
    for below in ("gymnasium", "numpy", "mujoco", "pybullet"):
        names |= {below} if below in owners else set()
    return {name: version(name) for name in sorted(names)}


def _episode(
    found: Examination, world: TaskWorld, steps: int
) -> list[dict[str, NDArray[np.generic]]]:
    """Drive small random actions from seed 0; the observations. Notes costs and faults."""
    spec, rng = world.world_spec, np.random.default_rng(0)
    began = time.process_time()
    seen, _ = world.reset(seed=0)
    found.reset_ms = (time.process_time() - began) * 1000
    check_observation(spec, seen)
    rows, blind, drawn = [seen], list[float](), list[float]()
    for number in range(steps):
        action: Action = rng.uniform(-0.3, 0.3, spec.action.size).astype(np.float32)
        world.images_due = number % 5 == 0
        began = time.process_time()
        seen, reward, solved, cut, _ = world.step(action)
        (drawn if world.images_due else blind).append(time.process_time() - began)
        check_observation(spec, seen)
        if not np.isfinite(reward):
            raise WorldFailed(f"{spec.task}: reward: expected a finite number, got {reward}")
        rows.append(seen)
        if solved or cut:
            found.notes.append(f"the episode ended after {number + 1} small random actions")
            break
    found.step_ms = float(np.median(blind)) * 1000 if blind else float("nan")
    found.picture_ms = float(np.median(drawn)) * 1000 - found.step_ms if drawn else float("nan")
    shares = [k for k, v in rows[-1].items() if np.may_share_memory(v, rows[0][k])]
    if shares:
        found.problems.append(f"observation {shares[0]}: the same memory at every step")
    return rows


def _same(
    first: list[dict[str, NDArray[np.generic]]], again: list[dict[str, NDArray[np.generic]]]
) -> bool:
    return len(first) == len(again) and all(
        np.array_equal(one[key], other[key])
        for one, other in zip(first, again, strict=True)
        for key in one
    )


def _judge(found: Examination, world: TaskWorld) -> None:
    replay = Capability.REPLAY in world.capabilities
    if replay and not found.deterministic:
        found.problems.append("declares `replay`, and two episodes of one seed differ")
    if found.deterministic and not replay:
        found.notes.append(
            "two episodes of one seed are the same: it could declare `replay` (for a Gymnasium "
            "environment the option deterministic=true), which gives rewinds and paired comparisons"
        )
    if Capability.VERDICT not in world.capabilities:
        found.notes.append("nothing says whether the task is solved: the operator's keys do")
    spent, tick = found.step_ms + found.picture_ms, 1000 / world.world_spec.control_hz
    if spent > SLOW * tick:
        found.notes.append(
            f"a step with pictures takes {spent:.0f} ms of a tick of {tick:.0f} ms: at the window "
            "it runs slower than real time"
        )
    if Capability.EXPERT in world.capabilities:
        world.reset(seed=0)
        world.world_spec.action.checked(world.expert_action())
    if Capability.HAND in world.capabilities:
        world.towards(world.tool(), closing=False)


def _close(found: Examination, world: TaskWorld) -> None:
    try:
        world.close()
        world.close()
    except Exception as error:
        found.problems.append(f"close() twice: {type(error).__name__}: {error}")
