"""Numpy arrays as tensors: shared memory where torch allows it, a copy where it does not."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def as_tensor(array: NDArray[Any]) -> Tensor:
    """The array as a tensor of its type; read-only and strided arrays are copied."""
    plain = np.ascontiguousarray(array)
    return torch.from_numpy(plain if plain.flags.writeable else plain.copy())
