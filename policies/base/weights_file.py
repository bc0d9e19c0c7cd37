"""`require_weights` refuses a file of weights by its size, before anything reads it."""

from pathlib import Path

from ...sim_envs.errors import PolicyError

MOST_WEIGHTS_BYTES = 2**29
"""Of a file of weights; two ResNets of 18 layers take 90 MB."""


def require_weights(path: Path) -> None:
    """Raise PolicyError unless there is a plain file, or a link to one, of weights' size."""
    if not path.is_file():
        raise PolicyError(f"{path}: no such file")
    if (size := path.stat().st_size) > MOST_WEIGHTS_BYTES:
        raise PolicyError(f"{path}: {size} bytes; weights have up to {MOST_WEIGHTS_BYTES}")
