"""These functions say in a line what a training came to: its policy, its data and its time."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...policies.training.run import TrainResult


def duration(result: "TrainResult") -> str:
    """How long the training took altogether, and its parts of a second and more."""
    parts = [f"{name} {part:.0f}" for name, part in result.parts.items() if part >= 1]
    return f"{result.whole_s:.0f} s" + (f" ({', '.join(parts)})" if len(parts) > 1 else "")


def summary(result: "TrainResult", drives: int) -> str:
    """A line for people: the policy, its data, and which of its checkpoints is kept."""
    config = result.policy.config
    count = len(config.provenance.episodes)
    seen = config.training["pretrained"].get("perception")
    about = (
        f"{config.training['config']['head']} from {count} episode{'' if count == 1 else 's'}",
        *([] if seen is None else [f"perception {seen}"]),
        duration(result),
        result.precision,
    )
    tried = (f"{round(score * drives)} of {drives} after {n}" for n, score in result.candidates)
    choice = f"; drives that succeeded: {', '.join(tried)} updates" if result.candidates else ""
    return (
        f"policy {result.path.name}: {', '.join(about)}{choice}; kept: after {result.chosen_step}"
    )
