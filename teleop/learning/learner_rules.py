"""`LearnerRules` say when the learner learns, how, and what passes the gate."""

from dataclasses import dataclass, field

from ...policies.training.config import TrainConfig
from ...policies.training.finetune_config import FinetuneConfig
from .acceptance_gate import AcceptanceCriteria
from .update_schedule import UpdateRules


@dataclass(frozen=True)
class LearnerRules:
    """How the learner works."""

    schedule: UpdateRules = field(default_factory=UpdateRules)
    """When it learns what."""
    gate: AcceptanceCriteria = field(default_factory=AcceptanceCriteria)
    """What passes the gate."""
    nudge: FinetuneConfig = field(default_factory=FinetuneConfig)
    """How it finetunes after corrections."""
    train: TrainConfig | None = None
    """How it refits; None: as the active policy was trained."""
    selection: int = 10
    """Seeds that each checkpoint of a refit drives before one is chosen; 0 takes the last."""
