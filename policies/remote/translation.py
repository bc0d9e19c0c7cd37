"""`Translation` turns our observations into a server's, and its answers into our actions.

It trusts neither: an answer of another shape, that is not finite or far out of range is named.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import BadValue
from ...sim_envs.spaces import Observation
from ...sim_envs.worlds.spec import ActionSpec
from .settings import INSTRUCTION, RemoteSettings

GOAL, RESET = "goal", "reset"
"""Our entry that names the goal, and the one that tells a server that an episode begins."""
MOST_ACTIONS = 10_000
BEYOND = 1.5
"""Actions up to here are cut to [-1, 1]; further ones are of another scale."""


class Translation:
    """Between one server and one workspace's spec."""

    def __init__(
        self,
        settings: RemoteSettings,
        action: ActionSpec,
        entries: Mapping[str, tuple[int, ...]],
        goal_names: Sequence[str],
    ) -> None:
        """`entries` are the observation's, with their shapes; BadValue where settings name others.

        Those are unknown entries, axes or places, and a range of another size.
        """
        self._settings, self._spec = settings, action
        own = {name: name for name in entries}
        self.sent: dict[str, tuple[str, ...]] = {
            theirs: (ours,) if isinstance(ours, str) else tuple(ours)
            for theirs, ours in (settings.observation or own).items()
        }
        used = {name for names in self.sent.values() for name in names}
        if unknown := sorted(used - {*entries, INSTRUCTION}):
            known = ", ".join((*entries, INSTRUCTION))
            raise BadValue("remote observation", f"some of {known}", ", ".join(unknown))
        self.prompts = tuple(settings.prompts) or tuple(goal_names)
        if len(self.prompts) != len(goal_names):
            raise BadValue("prompts", f"{len(goal_names)}, one for each goal", len(self.prompts))
        size = action.size
        self._low = np.array(settings.low or [-1.0] * size)
        self._high = np.array(settings.high or [1.0] * size)
        if self._low.shape != (size,) or (self._low == self._high).any():
            raise BadValue("low and high", f"{size} different numbers each", self._low.tolist())
        self._targets = [
            (_axis(action, name), *_place(entries, *place))
            for name, place in settings.targets.items()
        ]
        needed = {key for _, key, _ in self._targets}
        self.keys = tuple(name for name in entries if name in used | needed | {GOAL})
        """The entries of our observation that are read."""

    def request(self, observation: Observation, begins: bool) -> dict[str, Any]:
        """What the server is sent; `begins` where it shall forget the past."""
        found: dict[str, Any] = dict(self._settings.constants)
        for theirs, names in self.sent.items():
            values = [self._value(name, observation) for name in names]
            joined = len(values) > 1
            found[theirs] = np.concatenate([np.ravel(v) for v in values]) if joined else values[0]
        return {**found, RESET: True} if begins else found

    def _value(self, name: str, observation: Observation) -> Any:
        if name != INSTRUCTION:
            return np.asarray(observation[name])
        goal = np.asarray(observation[GOAL])
        return self.prompts[int(np.argmax(goal))]

    def actions(self, answer: object, observation: Observation) -> NDArray[np.float32]:
        """The answer's actions as ours, float32[H, A] in [-1, 1]; BadValue says what is wrong."""
        key, size = self._settings.actions, self._spec.size
        if not isinstance(answer, dict) or key not in answer:
            found = ", ".join(map(str, answer)) if isinstance(answer, dict) else type(answer)
            raise BadValue("server's answer", f"a map with {key!r}", str(found)[:200])
        try:
            given = np.asarray(answer[key], np.float64)
        except (TypeError, ValueError):
            raise BadValue(f"server's {key}", "an array of numbers", "none") from None
        given = given[None] if given.ndim == 1 else given
        if given.ndim == 3 and len(given) == 1:  # a batch of one
            given = given[0]
        rows = 0 < len(given) <= MOST_ACTIONS if given.ndim == 2 else False
        if not rows or given.shape[1] != size:
            expected = f"[H, {size}] for {', '.join(self._spec.names)}"
            raise BadValue(f"server's {key}", expected, list(given.shape))
        if not np.isfinite(given).all():
            raise BadValue(f"server's {key}", "finite numbers", "NaN or infinity")
        ours = self._scaled(given, observation)
        if np.abs(ours).max() > BEYOND:
            worst = int(np.abs(ours).max(0).argmax())
            raise BadValue(
                f"server's {key}",
                "actions in [-1, 1] once `low` and `high` are applied",
                f"{ours[np.abs(ours[:, worst]).argmax(), worst]:.3g} for {self._spec.names[worst]}",
            )
        return np.asarray(ours.clip(-1.0, 1.0), np.float32)

    def _scaled(self, given: NDArray[np.float64], observation: Observation) -> NDArray[np.float64]:
        span = self._high - self._low
        values: NDArray[np.float64] = -1.0 + 2.0 * (given - self._low) / span
        for axis, key, place in self._targets:
            start = float(np.ravel(observation[key])[place])
            changes = np.diff(given[:, axis], prepend=start) / self._high[axis]
            values[:, axis] = changes.clip(-1.0, 1.0)  # a far target is approached at full speed
        return values


def _axis(action: ActionSpec, name: str) -> int:
    if name not in action.names:
        raise BadValue("remote targets", f"axes among {', '.join(action.names)}", name)
    return action.names.index(name)


def _place(entries: Mapping[str, tuple[int, ...]], key: str, place: int) -> tuple[str, int]:
    shape = entries.get(key, ())
    if len(shape) != 1 or place >= shape[0]:
        known = ", ".join(f"{name}[{s[0]}]" for name, s in entries.items() if len(s) == 1)
        raise BadValue("remote targets", f"places of {known}", f"{key}[{place}]")
    return key, place
