"""One-cycle learning rates and the moving average of weights: pure functions of the step."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

WARM_UP = 0.3
"""Share of the steps on which the rate rises (Smith 2018, and torch's OneCycleLR)."""
START_FACTOR, END_FACTOR = 25.0, 1e4
"""The first rate is the peak over 25; the last one is that over 10,000."""
PASSES, LEAST_UPDATES, MOST_UPDATES = 120, 300, 8000
"""How often training goes over all windows, and the fewest and most updates that makes."""


def updates(windows: int, batch: int, passes: int = PASSES) -> int:
    """After how many updates to stop, where nothing else is asked for.

    Longer is worse on layouts that few demonstrations did not show, and better once there are
    many. ShelfPick, of 100 unseen seeds: 25 demonstrations 92 after 500 updates, 88 after 900, 85
    after 1,500, 76 after 3,000, 70 after 8,000; with 200 practised episodes, of 60: 44 after
    1,500, 49 after 5,000, 52 after 8,000. The same holds of `flow`: 10 demonstrations, of 30 seeds
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
    """Use `rate` from now on."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def trainable(network: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that training changes, by name."""
    return {name: p for name, p in network.named_parameters() if p.requires_grad}


@torch.no_grad()
def average(mean: Mapping[str, Tensor], now: Mapping[str, Tensor], step: int, decay: float) -> None:
    """Move `mean` towards `now` in place; the decay grows to its value over the first steps."""
    weight = 1 - min(decay, (1 + step) / (10 + step))
    torch._foreach_lerp_(list(mean.values()), [now[name] for name in mean], weight)


@torch.no_grad()
def load_parameters(network: nn.Module, values: Mapping[str, Tensor]) -> None:
    """Copy `values` into the parameters that they are named for."""
    parameters = trainable(network)
    for name, value in values.items():
        parameters[name].copy_(value)


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * min(share, 1.0))) / 2
