"""Lets policies drive alone, one seed at a time: what a learner in the background can afford."""

from pathlib import Path
from typing import Self

from ..datasets.config import WorkspaceConfig
from ..datasets.step import Level
from ..policies.policy import CONFIG
from ..policies.store import load_for
from ..sim_envs.environment import ArmEnv
from .devices.device import Nobody
from .pilot import Pilot
from .rollouts import workspace_env
from .session import Session

KEPT = 2
"""Policies that are kept in memory: those that are being compared."""


class Soloist:
    """Keeps the environment and the policies that drove last warm."""

    def __init__(self, config: WorkspaceConfig) -> None:
        self._config = config
        self._env: ArmEnv | None = None
        self._pilots: dict[tuple[Path, int], Pilot] = {}

    def __call__(self, policy: Path, seed: int) -> bool:
        """Whether the policy in a folder solves a seed."""
        self._env = self._env or workspace_env(self._config)
        session = Session(self._env, Nobody(), Level.AUTONOMOUS, self._pilot(policy))
        return session.run_episode(seed).success

    def _pilot(self, policy: Path) -> Pilot:
        """The policy that is in the folder now: candidates follow one another in one place."""
        key = (policy, (policy / CONFIG).stat().st_mtime_ns)
        if key not in self._pilots:
            loaded = load_for(policy, self._config)
            self._pilots = dict([*self._pilots.items()][1 - KEPT :])
            self._pilots[key] = Pilot(loaded)
        return self._pilots[key]

    def close(self) -> None:
        """End the environment."""
        if self._env is not None:
            self._env.close()
            self._env = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
