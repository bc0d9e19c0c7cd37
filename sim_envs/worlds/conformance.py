"""`examined` finds out whether a world keeps the contract, and what it costs.

`sidestick doctor` prints it; the contract's tests run it over every world. Each check is one of
its own: where a world hangs or crashes in one, which takes a process of its own, the others go on.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import WorldFailed
from ..spaces import Action
from .contract import Capability, TaskWorld
from .observation_check import check_observation
from .separate_world import SeparateWorld
from .world_versions import versions_of

STEPS = 50
"""Of each of the two episodes that are compared."""
Rows = list[dict[str, NDArray[np.generic]]]
"""The observations of an episode."""
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
    deterministic: bool | None = None
    """Whether two resets and STEPS steps gave the same numbers and pictures; None: not known."""
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
    examiner = _Examiner(found, world, steps)
    for check in (examiner.describe, examiner.drive, examiner.judge, examiner.ask, examiner.close):
        examiner.doing = "about it"
        try:
            check()
        except Exception as error:
            found.problems.append(f"{examiner.doing}: {type(error).__name__}: {error}")
    return found


class _Examiner:
    """The checks of one world; `doing` says what each is at."""

    def __init__(self, found: Examination, world: TaskWorld, steps: int) -> None:
        self._found, self._world, self._steps = found, world, steps
        self._begins = False
        self.doing = ""

    def describe(self) -> None:
        """Its spec, capabilities and versions."""
        found, world, spec = self._found, self._world, self._world.world_spec
        values = asdict(spec)
        found.spec = {
            **{key: value for key, value in values.items() if key not in ("action", "readings")},
            "action": [_axis(axis) for axis in spec.action.axes],
            "readings": [f"{reading.name}[{reading.size}]" for reading in spec.readings],
        }
        found.capabilities = {c.name.lower(): c in world.capabilities for c in Capability}
        if isinstance(world, SeparateWorld):
            found.versions = world.versions()
        else:
            found.versions = versions_of(world)

    def drive(self) -> None:
        """Two episodes of one seed, and what they cost."""
        first = self._episode("first", self._found)
        again = self._episode("second", Examination(self._found.world))
        self._found.deterministic = _same(first, again)

    def judge(self) -> None:
        """What its declarations and its costs amount to."""
        found, world = self._found, self._world
        replay = Capability.REPLAY in world.capabilities
        if replay and found.deterministic is False:
            found.problems.append("declares `replay`, and two episodes of one seed differ")
        if found.deterministic and not replay:
            found.notes.append(
                "two episodes of one seed are the same: it could declare `replay` (for a Gymnasium "
                "environment the option deterministic=true), which gives rewinds and paired "
                "comparisons"
            )
        if Capability.VERDICT not in world.capabilities:
            found.notes.append("nothing says whether the task is solved: the operator's keys do")
        spent, tick = found.step_ms + found.picture_ms, 1000 / world.world_spec.control_hz
        if spent > SLOW * tick:
            found.notes.append(
                f"a step with pictures takes {spent:.0f} ms of a tick of {tick:.0f} ms: at the "
                "window it runs slower than real time"
            )

    def ask(self) -> None:
        """Its script and its hand, at the beginning of an episode, if one can be begun."""
        world, can = self._world, self._world.capabilities
        if not self._begins:
            return
        self.doing = "at the beginning of an episode"
        world.reset(seed=0)
        if Capability.EXPERT in can:
            self.doing = "asked for its script's action"
            world.world_spec.action.checked(world.expert_action())
        if Capability.HAND in can:
            self.doing = "asked to steer its hand"
            world.towards(world.tool(), closing=False)

    def close(self) -> None:
        """Close it twice."""
        self.doing = "closed twice"
        self._world.close()
        self._world.close()

    def _episode(self, which: str, found: Examination) -> Rows:
        """Drive small random actions from seed 0; the observations. Notes costs and faults."""
        world, rng = self._world, np.random.default_rng(0)
        spec, blind, drawn = world.world_spec, list[float](), list[float]()
        self.doing = f"at the beginning of the {which} episode"
        began = self._spent_s()
        seen, _ = world.reset(seed=0)
        found.reset_ms = (self._spent_s() - began) * 1000
        check_observation(spec, seen)
        self._begins, rows = True, [seen]
        for number in range(self._steps):
            self.doing = f"in step {number + 1} of the {which} episode"
            action: Action = rng.uniform(-0.3, 0.3, spec.action.size).astype(np.float32)
            world.images_due = number % 5 == 0
            began = self._spent_s()
            seen, reward, solved, cut, _ = world.step(action)
            (drawn if world.images_due else blind).append(self._spent_s() - began)
            found.step_ms, found.picture_ms = _costs_ms(blind, drawn)
            check_observation(spec, seen)
            if not np.isfinite(reward):
                raise WorldFailed(f"{spec.task}: reward: expected a finite number, got {reward}")
            rows.append(seen)
            if solved or cut:
                found.notes.append(f"the episode ended after {number + 1} small random actions")
                break
        shares = [key for key, v in rows[-1].items() if np.may_share_memory(v, rows[0][key])]
        if shares:
            found.problems.append(f"observation {shares[0]}: the same memory at every step")
        return rows

    def _spent_s(self) -> float:
        """CPU time that the world has taken, s."""
        world = self._world
        return world.cpu_s() if isinstance(world, SeparateWorld) else time.process_time()


def _costs_ms(blind: list[float], drawn: list[float]) -> tuple[float, float]:
    """A step's and its pictures' CPU time in ms, of steps without and with pictures in s."""
    step = float(np.median(blind)) * 1000 if blind else float("nan")
    return step, float(np.median(drawn)) * 1000 - step


def _axis(axis: Any) -> str:
    unit = {"move": "m", "turn": "rad", "joint": "rad"}.get(axis.kind)
    scale = f" {axis.per_unit:g} {unit} a tick" if unit else ""
    return f"{axis.name}: {axis.kind}{' ' + axis.along if axis.along else ''}{scale}"


def _same(first: Rows, again: Rows) -> bool:
    return len(first) == len(again) and all(
        np.array_equal(one[key], other[key])
        for one, other in zip(first, again, strict=True)
        for key in one
    )
