"""These functions limit PyTorch's threads; PyTorch is loaded when they are called, not before.

Worker processes and whatever drives call them.
"""

from collections.abc import Iterator
from contextlib import contextmanager


def limit_threads(threads: int = 1) -> None:
    """Limit torch to so many threads: workers that each use all cores slow each other down."""
    import torch

    torch.set_num_threads(threads)


@contextmanager
def few_threads(threads: int = 1) -> Iterator[None]:
    """Limit torch's threads meanwhile, where a policy drives and ticks must not be late.

    A plan is small: threads that wait for each other only cost time.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
