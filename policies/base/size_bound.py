"""`bounded` limits what a network may allocate while it is built from a stranger's settings.

Settings claim sizes, weights have them. A network is never built larger than its weights' file, so
that wrong settings are refused before memory is taken.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ...sim_envs.errors import BadValue

SPARE = 2**24
"""Numbers beyond those of the weights: fixed noise, grids, what is computed once; 64 MiB."""
MAKERS = frozenset({torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn, torch.full})
RANGES = frozenset({torch.arange, torch.linspace, torch.eye, torch.randperm})


class _Bound(TorchFunctionMode):
    """Counts the numbers of the tensors that are made, and stops before there are too many."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.left = most
        self._most = most

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Count what `func` will make, then call it."""
        kwargs = kwargs or {}
        if func is Tensor.clone:  # layers are copied from each other
            self._take(args[0].numel())
        if func in MAKERS or func in RANGES:
            self._take(_numbers(func, (*args, kwargs.get("size", ()))))
        return func(*args, **kwargs)

    def _take(self, numbers: int) -> None:
        self.left -= numbers
        if self.left < 0:
            expected = f"no network of more than {self._most} numbers, as its weights have"
            raise BadValue("settings", expected, "a larger one")


@contextmanager
def bounded(tensors: Mapping[str, Tensor]) -> Iterator[None]:
    """Within it, BadValue where networks take more memory than these weights and a little."""
    with _Bound(SPARE + sum(tensor.numel() for tensor in tensors.values())):
        yield


def _numbers(func: Callable[..., Any], args: Sequence[Any]) -> int:
    """How many numbers a tensor has that is made with these arguments, at least one."""
    flat = [item for arg in args for item in (arg if isinstance(arg, list | tuple) else (arg,))]
    sizes = [abs(int(item)) for item in flat if isinstance(item, int | float)]
    if func in RANGES:
        return max([1, *sizes]) ** (2 if func is torch.eye else 1)
    return max(1, math.prod(sizes))
