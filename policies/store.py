"""The policies of a workspace: numbered folders, the newest last."""

from pathlib import Path

from ..sim_envs.errors import PolicyError, UnknownName
from .policy import CONFIG, LearnedPolicy, load_policy

DIGITS = 4


class PolicyStore:
    """Finds, numbers and loads the policies in a workspace's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ids(self) -> list[str]:
        """Numbers of the finished policies, oldest first; one without a config is unfinished."""
        return sorted(path.parent.name for path in self.folder.glob(f"*/{CONFIG}"))

    def latest(self) -> str:
        """Number of the newest policy; raises PolicyError when there is none."""
        ids = self.ids()
        if not ids:
            raise PolicyError(f"{self.folder}: no policy yet; `sidestick train` makes one")
        return ids[-1]

    def path(self, policy_id: str) -> Path:
        """Folder of a finished policy; raises UnknownName with those that exist."""
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

    def load(self, policy_id: str, task: str, renderer: str) -> LearnedPolicy:
        """The policy, checked against the task and renderer that it shall drive in."""
        return load_policy(self.path(policy_id), task, renderer)
