"""`ActingPolicy` gives one action at a time, to programs that drive an arm without our session.

It asks its policy for a plan when one is due, and checks every observation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..datasets.workspace import Workspace
from ..datasets.workspace_place import CONFIG_FILE
from ..sim_envs.errors import BadValue, PolicyError
from ..sim_envs.spaces import Action, Observation
from ..sim_envs.worlds.spec import ActionSpec
from .base.plan import Plan
from .loaded_policy import LoadedPolicy, load_any
from .policy_config import CONFIG
from .store import PolicyStore


@dataclass(frozen=True)
class Input:
    """One entry of the observations that a policy reads."""

    dtype: str
    """uint8 for pictures, float32 for all else."""
    shape: tuple[int, ...]
    """(H, W, 3) of a picture; (n,) of a reading or the goal."""

    def __str__(self) -> str:
        return f"{self.dtype}{list(self.shape)}"


class ActingPolicy:
    """A policy with reset(), at the start of each episode, and act(), at each control tick."""

    def __init__(self, policy: LoadedPolicy) -> None:
        self.policy = policy
        self.inputs: dict[str, Input] = _inputs(policy)
        """What act() reads of an observation; other entries are ignored."""
        self._plan: Plan | None = None
        self._next = 0

    @property
    def action_spec(self) -> ActionSpec:
        """What each number of an action means."""
        return self.policy.config.spec.action

    @property
    def goal_names(self) -> tuple[str, ...]:
        """What each number of the observation's `goal` stands for; 1 where it is meant."""
        return self.policy.config.goal_names

    @property
    def plan_due(self) -> bool:
        """Whether the next act() looks at its observation; until then old pictures will do."""
        plan = self._plan
        return plan is None or self._next >= min(self.policy.execute, len(plan.actions))

    @property
    def novelty(self) -> float:
        """How unusual the scene was at the last plan, in [0, 1]; NaN where it is not known."""
        return float("nan") if self._plan is None else self._plan.novelty

    def reset(self) -> None:
        """Begin an episode, or drive on after somebody else drove: forget plan and past."""
        self._plan = None
        self.policy.reset()

    def act(self, observation: Mapping[str, Any]) -> Action:
        """The action for this tick, float32[A] in [-1, 1].

        BadValue names the entry of the observation that is missing, or of another type or shape.
        """
        checked = self._checked(observation)
        plan = self._plan
        if plan is None or self.plan_due:
            plan = self._planned(checked)
        action: Action = plan.actions[self._next].astype(np.float32)
        self._next += 1
        return action

    def plan(self, observation: Mapping[str, Any]) -> Plan:
        """The next actions at once, for callers that do the bookkeeping; raises as act() does."""
        return self._planned(self._checked(observation))

    def _planned(self, checked: Observation) -> Plan:
        self._plan = None  # where the policy fails, the next tick asks again
        self._plan, self._next = self.policy.plan(checked), 0
        return self._plan

    def _checked(self, observation: Mapping[str, Any]) -> Observation:
        """The entries that the policy reads, as arrays."""
        if missing := [key for key in self.policy.keys if key not in observation]:
            expected = ", ".join(f"{key} {wanted}" for key, wanted in self.inputs.items())
            found = ", ".join(map(str, observation)) or "nothing"
            raise BadValue("observation", expected, f"{found}: no {', '.join(missing)}")
        values = {key: np.asarray(observation[key]) for key in self.policy.keys}
        for key, wanted in self.inputs.items():
            values[key] = _as_input(key, values[key], wanted)
        return values


def load_acting_policy(place: Path | str, number: int | str | None = None) -> ActingPolicy:
    """The policy in its own folder, or that of a workspace: by number, or the one that drives.

    PolicyError says why a policy cannot be read or none drives; UnknownName lists the numbers.
    """
    place = Path(place)
    if (place / CONFIG_FILE).exists():
        workspace = Workspace.open(place)
        store = PolicyStore(workspace.policies_dir)
        named = store.name(number) if isinstance(number, int) else number
        return ActingPolicy(store.load(store.choose(named).policy_id, workspace.config))
    if not (place / CONFIG).exists():
        raise PolicyError(
            f"{place}: neither a workspace (no {CONFIG_FILE}) nor a policy's folder (no {CONFIG})"
        )
    if number is not None:
        raise BadValue("number", f"none, as {place} is one policy's own folder", number)
    return ActingPolicy(load_any(place))


def _inputs(policy: LoadedPolicy) -> dict[str, Input]:
    """What the policy reads, as far as its settings say it: a vision of a plug-in may read more."""
    config, side = policy.config, policy.config.image_size
    known = {f"{camera}_image": Input("uint8", (side, side, 3)) for camera in config.cameras}
    known |= {reading.name: Input("float32", (reading.size,)) for reading in config.readings}
    known["goal"] = Input("float32", (len(config.goal_names),))
    return {key: known[key] for key in policy.keys if key in known}


def _as_input(key: str, value: NDArray[Any], wanted: Input) -> NDArray[np.generic]:
    """The entry as the policy takes it: pictures as they are, numbers of any type as float32."""
    numbers = wanted.dtype == "float32" and value.dtype.kind in "fiub"
    if value.shape != wanted.shape or not (numbers or value.dtype == wanted.dtype):
        raise BadValue(f"observation {key}", str(wanted), f"{value.dtype}{list(value.shape)}")
    if not numbers:
        return value
    if not np.isfinite(value).all():
        raise BadValue(f"observation {key}", "finite numbers", value.tolist())
    return value.astype(np.float32)
