"""`RemotePolicy` is a policy that a server of somebody else executes; its folder is a config.json.

It is loaded, driven, evaluated and compared as a `LearnedPolicy` is; what needs its network, as
training does, refuses.
"""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..sim_envs.errors import BadValue, PolicyError
from ..sim_envs.spaces import Observation
from .base.json_files import write_json
from .base.plan import Plan
from .policy_config import CONFIG, FORMAT, KIND, REMOTE, PolicyConfig
from .remote.connection import Connection, connect
from .remote.settings import RemoteSettings
from .remote.translation import GOAL, Translation

RETRY_S = 1.0
"""A server that failed is not asked again before this time has passed."""
ABOUT = "sidestick"
"""Entry of our own servers' metadata: what the policy acts on, see `policy_server`."""


class RemotePolicy:
    """A server's policy, with the bookkeeping of its failures."""

    def __init__(
        self,
        config: PolicyConfig,
        settings: RemoteSettings,
        connection: Connection | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is sent yet; NotAllowed where the user never named the server."""
        self.config, self.settings = config, settings
        self.execute = self.chunk = config.execute
        self.actions = len(config.action_axes)
        self._translation = Translation(
            settings, config.spec.action, entries_of(config), config.goal_names
        )
        self._connection = connection or connect(settings)
        self._clock, self._begins = clock, True
        self._down_until, self._why = -math.inf, ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The observation's entries that it reads."""
        return self._translation.keys

    def check(self) -> None:
        """Reach the server; PolicyError where there is none, or one that acts on other axes."""
        try:
            about = self._connection.metadata().get(ABOUT)
        finally:
            self._connection.close()  # some serve one client at a time, and workers are to drive
        if isinstance(about, dict):
            theirs = [str(axis.get("name")) for axis in about.get("action", ()) if axis]
            ours = list(self.config.spec.action.names)
            if theirs != ours:
                raise PolicyError(
                    f"{self.settings.url}: that policy's action is {', '.join(theirs) or 'empty'}; "
                    f"this one's is {', '.join(ours)}"
                )

    def reset(self) -> None:
        """Tell the server with the next question that it shall forget the past."""
        self._begins = True

    def plan(self, observation: Observation) -> Plan:
        """The server's next actions; PolicyError says why there are none.

        After a failure it fails at once for RETRY_S: an arm at rest need not wait for each tick.
        """
        if self._clock() < self._down_until:
            raise PolicyError(self._why)
        try:
            question = self._translation.request(observation, self._begins)
            answer = self._connection.ask(question)
            actions = self._translation.actions(answer, observation)
        except (PolicyError, BadValue) as error:
            known = isinstance(error, PolicyError)
            self._why = str(error) if known else f"{self.settings.url}: {error}"
            self._down_until = self._clock() + RETRY_S
            raise PolicyError(self._why) from error
        self._begins = False
        known = isinstance(answer, dict)
        novelty = answer.get("novelty") if known else None
        spread = answer.get("spread") if known else None
        return Plan(actions, _spread(spread, actions), _share(novelty))

    def save(self, folder: Path | str) -> None:
        """Write the folder's config.json."""
        settings = {
            "format": FORMAT,
            KIND: REMOTE,
            "policy": self.config.to_json(),
            REMOTE: self.settings.to_json(),
        }
        write_json(Path(folder) / CONFIG, settings)

    def close(self) -> None:
        """Let go of the server."""
        self._connection.close()


def entries_of(config: PolicyConfig) -> dict[str, tuple[int, ...]]:
    """The entries of an observation by name, with their shapes."""
    side = config.image_size
    pictures = {f"{camera}_image": (side, side, 3) for camera in config.cameras}
    readings = {reading.name: (reading.size,) for reading in config.readings}
    return {**pictures, **readings, GOAL: (len(config.goal_names),)}


def remote_policy(settings: dict[str, Any]) -> RemotePolicy:
    """The policy of a config.json whose kind is remote."""
    config = PolicyConfig.from_json(settings["policy"])
    return RemotePolicy(config, RemoteSettings.from_json(settings.get(REMOTE)))


def _spread(given: object, actions: "np.ndarray[Any, np.dtype[np.float32]]") -> Any:
    """The server's spread where it gives one that fits; zeros else."""
    if isinstance(given, np.ndarray) and given.shape == actions.shape:
        spread = given.astype(np.float32)
        if np.isfinite(spread).all():
            return spread
    return np.zeros_like(actions)


def _share(given: object) -> float:
    """The server's novelty where it is a share; NaN, not known, else."""
    known = isinstance(given, float | int) and 0 <= given <= 1
    return float(given) if known else float("nan")  # type: ignore[arg-type]
