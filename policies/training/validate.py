"""`validate` gives the error and the spread of a network's plans on recorded windows.

Training, finetuning and the calibration of novelty call it.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..base.torch_setup import as_tensor
from ..heads.head import masked_mean
from ..network import PolicyNetwork, as_batch
from ..vision.protocol import Batch
from .window_data import TrainingData

BATCH = 512
"""Windows in a forward pass."""


def windows(
    data: TrainingData, chosen: NDArray[np.integer], device: torch.device | None = None
) -> tuple[Batch, Tensor, Tensor]:
    """Inputs (B * history, ...), actions (B, H, A) and mask (B, H) of windows `chosen` (B,)."""
    rows = data.seen_rows(chosen).reshape(-1)
    inputs = {key: column[rows] for key, column in data.inputs.items()}
    batch, actions, mask = as_batch(inputs), data.actions[chosen], data.mask[chosen]
    if device is None or device.type == "cpu":
        return batch, as_tensor(actions), as_tensor(mask)
    moved = {key: value.to(device) for key, value in batch.items()}
    return moved, as_tensor(actions).to(device), as_tensor(mask).to(device)


class Validation(NamedTuple):
    """A network's plans on some windows."""

    error: float
    """Mean absolute error of the plans."""
    spread: NDArray[np.float32]
    """(B, H, A) spread of the plans."""
    x: Tensor
    """(B, F) inputs of the head."""
    chosen: NDArray[np.int64]
    """(B,) indices of the windows."""


@torch.inference_mode()
def validate(network: PolicyNetwork, data: TrainingData, limit: int = 4096) -> Validation:
    """Error and spread of a network's plans on at most `limit` windows, evenly chosen."""
    network.eval()
    device = next(network.parameters()).device
    chosen = np.linspace(0, len(data) - 1, min(limit, len(data))).astype(np.int64)
    errors, spreads, read = [], [], []
    for start in range(0, len(chosen), BATCH):
        part = chosen[start : start + BATCH]
        batch, actions, mask = windows(data, part, device)
        x = network.encode(batch)
        prediction = network.head.predict(x)
        errors.append(float(masked_mean((prediction.actions - actions).abs(), mask)) * len(part))
        spreads.append(prediction.spread.cpu().numpy())
        read.append(x.cpu())
    return Validation(sum(errors) / len(chosen), np.concatenate(spreads), torch.cat(read), chosen)
