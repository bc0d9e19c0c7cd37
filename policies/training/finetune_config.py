"""`FinetuneConfig` holds the hyperparameters of finetuning; the learner's rules have one."""

from dataclasses import dataclass

from ...sim_envs.errors import BadValue

MOST_STEPS = 100
"""Limit of updates that fit between two episodes; more is a refit from the base."""


@dataclass(frozen=True)
class FinetuneConfig:
    """Hyperparameters of finetuning."""

    steps: int = MOST_STEPS
    """Updates, at most 100."""
    batch: int = 256
    """Windows in an update."""
    peak_rate: float = 3e-4
    """Highest learning rate: about a seventh of that of a training."""
    ema: float = 0.95
    """Decay of the moving average of the weights."""
    shares: str = "auto"
    """Scheme of class weights of the replayed windows."""
    seed: int = 0
    """Seed of order and noise."""

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= MOST_STEPS:
            raise BadValue("steps of finetuning", f"1 to {MOST_STEPS}; else refit", self.steps)
