"""`shipped_weights` says which perception weights come with the package, without PyTorch."""

from importlib.resources import files
from importlib.resources.abc import Traversable

VARIED = "-varied"
"""Follows the task in the name of the weights for pictures with domain randomization."""


def shipped_weights(task: str, variation: str) -> Traversable:
    """The file for a task and a level of domain randomization, whether it is there or not.

    Any level but "none" has weights of its own, learnt on scenes of the strongest.
    """
    kind = task if variation == "none" else f"{task}{VARIED}"
    return files("sidestick.policies.weights") / f"{kind}.safetensors"
