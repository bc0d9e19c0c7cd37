"""The device that networks of this process run on: `use_device` chooses it, `device` tells it.

The command line chooses once, by --device. Networks are moved where they are loaded or trained,
and arrays where they enter and leave a network; everything else stays on the CPU. PyTorch is loaded
when the first device is asked for, and not for a name; `choose_later` puts even the choice off
until then.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...sim_envs.errors import BadValue

if TYPE_CHECKING:
    import torch

AUTO, CPU = "auto", "cpu"
_chosen: list["torch.device"] = []
"""At most one entry, the device of this process; the CPU until `use_device`."""
_later: list[Callable[[str], object]] = []
"""At most one entry: who is told the device that is chosen when the first network needs it."""


def devices() -> list[str]:
    """Names of the devices that this machine has, the CPU first."""
    import torch

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return [CPU, *(f"cuda:{number}" for number in range(gpus))]


def choose_device(asked: str = AUTO) -> "torch.device":
    """The device `asked` for: auto (the first GPU, else the CPU), cpu, cuda or cuda:<number>.

    Raises BadValue with the devices that there are for any other.
    """
    import torch

    known = devices()
    if asked == AUTO:
        return torch.device(known[min(1, len(known) - 1)])
    wanted = "cuda:0" if asked == "cuda" else asked
    if wanted not in known:
        raise BadValue("--device", f"auto or one of {', '.join(known)}", repr(asked))
    return torch.device(wanted)


def use_device(asked: str) -> "torch.device":
    """Choose the device for this process from now on; returns it."""
    _chosen[:] = [choose_device(asked)]
    _later.clear()
    return _chosen[0]


def chosen_in_words(asked: str) -> str:
    """Choose the device for this process from now on; in words. The CPU needs no PyTorch for it."""
    if asked == CPU:
        _chosen.clear()  # `device` gives the CPU then
        _later.clear()
        return CPU
    return named(use_device(asked))


def choose_later(tell: Callable[[str], object]) -> None:
    """Choose as `auto` does when the first network asks for it, and tell its name in words then.

    What is refused before has not waited for PyTorch, which takes seconds to load.
    """
    _chosen.clear()
    _later[:] = [tell]


def device() -> "torch.device":
    """The device of this process."""
    if not _chosen:
        waiting = list(_later)
        use_device(AUTO if waiting else CPU)
        for tell in waiting:
            tell(named(_chosen[0]))
    return _chosen[0]


def named(chosen: "torch.device") -> str:
    """A device in words, with the model of a GPU."""
    if chosen.type != "cuda":
        return str(chosen)
    import torch

    return f"{chosen} ({torch.cuda.get_device_name(chosen)})"
