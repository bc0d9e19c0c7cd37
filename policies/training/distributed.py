"""`processes()` lets several processes train one policy: each one's share of a batch and device.

    sidestick train WS --processes 2
    accelerate launch --num_processes 4 -m MODULE train WS

The second for several GPUs or machines; MODULE is the command line's own. On CPUs `accelerate
launch --cpu` starts several processes through MPI only (`--mpirun_hostfile`), and just one without
it; the first needs nothing.

Every process holds the whole network and the whole data, computes the gradient of its part of
each batch, and all of them take the same step along the mean. One process writes and reports.
With one process nothing of it is needed. The training loop and
`train_on` call it.
"""

import importlib.util
import logging
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...sim_envs.errors import PolicyError
from ...sim_envs.install import install_hint
from ..base.device import device

COUNTS = ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE")
"""Environment variables in which launchers give the number of processes."""

_log = logging.getLogger(__name__)


class Processes:
    """One process alone, on its device (`base.device`)."""

    index = 0
    """Index of this process; 0 writes, reports and does the rollouts."""
    count = 1
    """Number of processes."""

    @property
    def device(self) -> torch.device:
        """Device on which the network is trained."""
        return device()

    @property
    def is_main(self) -> bool:
        """Whether this process writes."""
        return self.index == 0

    def part(self, whole: NDArray[Any], opinions: int) -> NDArray[Any]:
        """This process's part, (B / count,), of a batch (B,): equal parts of each opinion's."""
        if self.count == 1:
            return whole
        parts = whole.reshape(opinions, self.count, -1)
        return np.ascontiguousarray(parts[:, self.index]).reshape(-1)

    def average(self, parameters: Iterable[nn.Parameter], loss: Tensor) -> Tensor:
        """Replace the gradients by their mean over all processes; the mean loss, a scalar."""
        return loss

    def wait(self) -> None:
        """Block until all processes have called this."""


class Accelerated(Processes):
    """Processes started by `accelerate launch`."""

    def __init__(self) -> None:
        from accelerate import Accelerator  # the extra `multi`

        self._accelerator: Any = Accelerator(cpu=not torch.cuda.is_available())
        self.index = int(self._accelerator.process_index)
        self.count = int(self._accelerator.num_processes)

    @property
    def device(self) -> torch.device:
        """This process's own GPU, where there are any."""
        return torch.device(self._accelerator.device)

    def average(self, parameters: Iterable[nn.Parameter], loss: Tensor) -> Tensor:
        """Average as above, in one message for all gradients and the loss, a scalar."""
        if self.count == 1:
            return loss
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([*(g.reshape(-1) for g in gradients), loss.detach().reshape(1)])
        mean: Tensor = self._accelerator.reduce(flat, "mean")
        at = 0
        for gradient in gradients:
            gradient.copy_(mean[at : at + gradient.numel()].view_as(gradient))
            at += gradient.numel()
        return mean[-1]

    def wait(self) -> None:
        """Block until all processes have called this."""
        self._accelerator.wait_for_everyone()


def launched() -> int:
    """Number of processes that were launched together, this one included."""
    lone = "MASTER_ADDR" in os.environ and os.environ.get("ACCELERATE_USE_CPU", "") == "True"
    for name in COUNTS:
        if name in os.environ:
            return int(os.environ[name])
    if lone:
        _log.warning(
            "accelerate launch --cpu starts one process unless it is given --mpirun_hostfile; "
            "for several on this machine: sidestick train WS --processes N"
        )
    return 1


def launch(count: int, program: Sequence[str]) -> int:
    """Run a Python program in `count` processes of this machine; its exit code.

    `program` holds the arguments of `python`: a script or `-m` and a module, and their arguments.
    """
    if importlib.util.find_spec("accelerate") is None:
        raise PolicyError(f"{count} processes need Accelerate; {install_hint('multi')}")
    here = ("-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}")
    environment = {**os.environ, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    command = [sys.executable, *here, *program]
    return subprocess.run(command, env=environment, check=False).returncode


@cache
def _accelerated() -> Accelerated:
    return Accelerated()


def processes() -> Processes:
    """The processes launched together; PolicyError if there are several but no Accelerate."""
    if launched() == 1:
        return Processes()
    if importlib.util.find_spec("accelerate") is not None:
        return _accelerated()
    raise PolicyError(
        f"several processes were launched but Accelerate is not installed; {install_hint('multi')}"
    )
