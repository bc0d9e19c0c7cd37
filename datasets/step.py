"""A `Step` is one recorded tick; an `EpisodeHeader` is what is known when an episode starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.spaces import Action, Observation
from .recorded_spec import BUILT_IN, RecordedSpec


class Driver(IntEnum):
    """Whose action the arm executed."""

    POLICY = 0
    HUMAN = 1
    BLEND = 2
    NOBODY = 3
    """The arm held still."""


class Level(IntEnum):
    """Level of autonomy, from demonstrations to a policy alone."""

    DEMONSTRATE = 0
    SHADOW = 1
    ASSIST = 2
    SUPERVISED = 3
    ON_CALL = 4
    AUTONOMOUS = 5


class ActionMode(IntEnum):
    """How training uses a step, with the numbers of Sirius."""

    DEMONSTRATION = -1
    ROLLOUT = 0
    INTERVENTION = 1
    PRE_INTERVENTION = -10
    """Never recorded: set in `intv_labels` on the last steps before an intervention."""


@dataclass(frozen=True, slots=True, repr=False)
class Step:
    """One tick: the observation, both drivers' actions, and the executed one."""

    observation: Observation
    """The observation before the action, by name; images are uint8[height, width, 3]."""
    action: Action
    """float32[A], the executed action, in [-1, 1]."""
    human_action: Action | None
    """float32[A], the operator's action; None without an operator."""
    policy_action: Action | None
    """float32[A], the policy's action; None without a policy."""
    driver: int
    """Whose action was executed, a Driver."""
    level: int
    """Level of autonomy, a Level."""
    action_mode: int
    """How training uses the step, an ActionMode."""
    novelty: float
    """The policy's novelty score; NaN without one."""
    stage: int
    """Index into the header's stages."""
    reward: float
    """Reward of the action."""
    done: bool
    """True when the action ended the episode."""
    success: bool
    """True when the task was solved after the action."""
    reseat: bool
    """True when the target was re-seated at the measured pose before this step."""
    takeover_id: int
    """Which takeover of the episode this step belongs to, from 0; -1 for none."""
    state: NDArray[np.float64]
    """float64[S], the simulator's state before the action."""
    wall_time: float
    """time.time() when the tick began, s."""
    late_ms: float
    """How late the tick began, ms."""
    round_trip_ms: float = float("nan")
    """From the drawing of a picture to the input of the person who saw it, ms; NaN where none came
    over a network."""

    def __repr__(self) -> str:
        shown = (f"{f.name}={describe(getattr(self, f.name))}" for f in fields(self))
        return f"Step({', '.join(shown)})"


@dataclass(frozen=True)
class EpisodeHeader:
    """What is known about an episode when it starts."""

    task: str
    """Short name of the task, such as ShelfPick."""
    instruction: str
    """The instruction given to the operator and the policy."""
    goal: str
    """The item that the instruction names, one of goal_names."""
    seed: int
    """The seed of the scene."""
    operator: str
    """The operator's name; `simulated` for the simulated operator, empty for nobody."""
    level: int
    """The Level at which the episode started."""
    policy_id: str | None = None
    """The policy that was loaded; None without one."""
    stages: tuple[str, ...] = ()
    """The task's stages, in order; Step.stage is an index into them."""
    goal_names: tuple[str, ...] = ()
    """The meaning of each entry of the goal vector."""
    env_args: Mapping[str, Any] = field(default_factory=dict)
    """robomimic's description of the environment; empty for the workspace's."""
    started: float = 0.0
    """time.time() at the start, s; 0 for the time at which the recorder starts."""
    spec: RecordedSpec = BUILT_IN
    """What the numbers of actions and readings mean."""

    @property
    def env_kwargs(self) -> Mapping[str, Any]:
        """The arguments of its environment, as its description has them; empty without any."""
        kwargs = self.env_args.get("env_kwargs", self.env_args)
        return kwargs if isinstance(kwargs, Mapping) else {}

    @property
    def variation(self) -> str:
        """The level of domain randomization that its environment names; "none" without one."""
        return str(self.env_kwargs.get("variation") or "none")


def describe(value: object) -> str:
    """Text for a repr: arrays by type and shape, everything else by value."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {describe(item)}" for key, item in value.items()) + "}"
    return repr(value)
