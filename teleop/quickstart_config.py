"""`QuickstartConfig` holds the amounts of a quickstart; `Quickstart` reads it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..datasets.config import WorkspaceConfig

if TYPE_CHECKING:
    from ..policies.training.config import TrainConfig


@dataclass(frozen=True)
class QuickstartConfig:
    """The amounts of a quickstart: episodes, rounds, seeds and training steps."""

    task: str = "ShelfPick"
    """Short name of the task."""
    demonstrations: int = 3
    """Successful demonstrations to begin with."""
    generated: int = 60
    """Demonstrations that the simulator makes from them, in new scenes."""
    correction_rounds: int = 1
    """Rounds in which the operator watches the policy, takes over and corrects."""
    supervised_episodes: int = 10
    """Episodes in each of them."""
    practice_rounds: int = 0
    """Rounds in which the policy practises unattended; what it learns must pass the gate."""
    practice_episodes: int = 100
    """Attempts in each of them."""
    evaluation_episodes: int = 50
    """Unseen seeds on which every policy is evaluated without help."""
    selection_episodes: int = 10
    """Episodes that each checkpoint drives before one is chosen."""
    gate_pairs: int = 30
    """Seeds on which the gate compares two policies, at most."""
    train_steps: int | None = None
    """Steps of each training; None: as many as recommended for the data."""
    num_items: int | None = None
    """Number of objects, if fewer than the task has; None for all."""

    @classmethod
    def full(cls, task: str = "ShelfPick") -> "QuickstartConfig":
        """The long curve of people's own minutes: nothing generated, three rounds, practice."""
        return cls(
            task,
            demonstrations=10,
            generated=0,
            correction_rounds=3,
            supervised_episodes=22,
            practice_rounds=1,
            evaluation_episodes=100,
            selection_episodes=20,
            gate_pairs=100,
        )

    @classmethod
    def fast(cls, task: str = "ShelfPick") -> "QuickstartConfig":
        """All stages in under three minutes; the figures are not meant to be good."""
        return cls(
            task,
            demonstrations=4,
            generated=4,
            correction_rounds=1,
            supervised_episodes=3,
            practice_rounds=1,
            practice_episodes=6,
            evaluation_episodes=8,
            selection_episodes=2,
            gate_pairs=10,
            train_steps=300,
            num_items=2,
        )

    def config(self) -> WorkspaceConfig:
        """The configuration of the workspace."""
        variant = {} if self.num_items is None else {"num_items": self.num_items}
        return WorkspaceConfig(task=self.task, env_kwargs=variant)

    def training(self) -> "TrainConfig":
        """The configuration of each training."""
        from ..policies.training.config import TrainConfig  # it loads PyTorch

        return TrainConfig(steps=self.train_steps)
