"""How many cores torch may use in this process."""

import torch


def limit_threads(threads: int = 1) -> None:
    """Call it in every worker: two evaluators that each take all cores only thrash."""
    torch.set_num_threads(threads)
