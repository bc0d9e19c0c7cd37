"""This module gives the number of updates, one-cycle learning rates and averaged weights.

Training, finetuning and pretraining call it at each step; the rates are pure functions of the step.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

WARM_UP = 0.3
"""Share of the steps during which the rate rises (Smith 2018, and torch's OneCycleLR)."""
START_FACTOR, END_FACTOR = 25.0, 1e4
"""The first rate is the peak divided by 25; the last one is the first divided by 10,000."""
PASSES, LEAST_UPDATES, MOST_UPDATES = 120, 300, 8000
"""Passes of training over all windows, and the bounds on the number of updates."""


def updates(windows: int, batch: int, passes: int = PASSES) -> int:
    """The default number of updates.

    With few demonstrations longer is worse on layouts that they did not show; with many it is
    better. ShelfPick, of 100 unseen seeds: 25 demonstrations 92 after 500 updates, 88 after 900, 85
    after 1,500, 76 after 3,000, 70 after 8,000; with 200 practised episodes, of 60: 44 after
    1,500, 49 after 5,000, 52 after 8,000. The same holds for `flow`: 10 demonstrations, of 30 seeds
    21 after 302 updates, 19 after 604, 20 after 4,000.
    """
    wanted = math.ceil(passes * windows / batch)
    return min(max(wanted, LEAST_UPDATES), MOST_UPDATES)


def one_cycle(step: int, steps: int, peak: float) -> float:
    """The learning rate of `step`: up along a cosine to `peak`, then down to almost nothing."""
    rise = max(WARM_UP * steps, 1.0)
    if step < rise:
        return _cosine(peak / START_FACTOR, peak, step / rise)
    return _cosine(peak, peak / START_FACTOR / END_FACTOR, (step - rise) / max(steps - rise, 1.0))


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of all parameter groups to `rate`."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def trainable(network: nn.Module) -> dict[str, nn.Parameter]:
    """The trainable parameters, by name."""
    return {name: p for name, p in network.named_parameters() if p.requires_grad}


@torch.no_grad()
def average(mean: Mapping[str, Tensor], now: Mapping[str, Tensor], step: int, decay: float) -> None:
    """Move `mean` towards `now` in place; the decay grows to its value over the first steps."""
    weight = 1 - min(decay, (1 + step) / (10 + step))
    torch._foreach_lerp_(list(mean.values()), [now[name] for name in mean], weight)


@torch.no_grad()
def load_parameters(network: nn.Module, values: Mapping[str, Tensor]) -> None:
    """Copy `values` into the trainable parameters of the same names."""
    parameters = trainable(network)
    for name, value in values.items():
        parameters[name].copy_(value)


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * min(share, 1.0))) / 2
