"""`PolicyStore` keeps a workspace's policies in numbered folders, the newest last.

The learner publishes policies here; sessions and the command line find and load them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..datasets.config import WorkspaceConfig
from ..datasets.durable import sync_folder
from ..sim_envs.errors import PolicyError, UnknownName
from .base.checkpoint import write_json
from .policy import CONFIG, LearnedPolicy, load_policy

DIGITS = 4
STAGING = "staging"
"""Folder beside the policies, for those that are not complete yet."""
SET_ASIDE = "set-aside.json"
"""File in a policy's folder that excludes it from automatic choice."""


class PolicyStore:
    """Finds, numbers and loads the policies in a workspace's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ids(self) -> list[str]:
        """Numbers of the complete policies (those with a config), oldest first."""
        return sorted(path.parent.name for path in self.folder.glob(f"*/{CONFIG}"))

    def standing(self) -> list[str]:
        """Those of `ids` that were not set aside, and so may be chosen without being named."""
        return [name for name in self.ids() if not (self.folder / name / SET_ASIDE).exists()]

    def newest(self) -> str | None:
        """Number of the newest policy that was not set aside; None when there is none."""
        return next(reversed(self.standing()), None)

    def latest(self) -> str:
        """Number of the newest policy that was not set aside; PolicyError when there is none."""
        newest = self.newest()
        if newest is None:
            known = f"all of {', '.join(self.ids())} were set aside" if self.ids() else "none yet"
            raise PolicyError(f"{self.folder}: no policy ({known}); `sidestick train` makes one")
        return newest

    def set_aside(self, policy_id: str, why: Mapping[str, Any]) -> None:
        """Exclude a policy from automatic choice; `why` is kept in its folder, as JSON."""
        write_json(self.path(policy_id) / SET_ASIDE, dict(why))

    def publish(self, staged: Path) -> str:
        """Move a complete policy's folder here, atomically, under the next number; that number."""
        if not (staged / CONFIG).exists():
            raise PolicyError(f"{staged}: not a whole policy, it has no {CONFIG}")
        sync_folder(staged)
        taken = (int(path.name) for path in self.folder.iterdir() if path.name.isdigit())
        name = self.name(max(taken, default=0) + 1)
        staged.rename(self.folder / name)
        sync_folder(self.folder)
        return name

    def path(self, policy_id: str) -> Path:
        """Folder of a complete policy; raises UnknownName with those that exist."""
        if policy_id not in self.ids():
            raise UnknownName("policy", policy_id, self.ids())
        return self.folder / policy_id

    def next_path(self) -> Path:
        """Folder for the next policy: that of an interrupted training, or a new number."""
        taken = [int(name) for name in self.ids() if name.isdigit()]
        return self.folder / self.name(max(taken, default=0) + 1)

    @staticmethod
    def name(number: int) -> str:
        """The folder's name for a policy's number."""
        return f"{number:0{DIGITS}d}"

    def load(self, policy_id: str, config: WorkspaceConfig) -> LearnedPolicy:
        """The policy; PolicyError if it was not trained for such a workspace."""
        return load_for(self.path(policy_id), config)


def load_for(folder: Path, config: WorkspaceConfig) -> LearnedPolicy:
    """The policy in a folder; PolicyError if it was not trained for such a workspace."""
    return load_policy(folder, config.task, config.renderer, config.cameras, config.image_size)
