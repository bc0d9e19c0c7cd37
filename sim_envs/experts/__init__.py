"""This package holds the experts: scripted controllers, one per task, for simulated operators."""

from ..errors import UnknownName
from .expert import Expert
from .shelf_pick import ShelfPickExpert
from .sort_clothes import SortClothesExpert
from .sort_recycling import SortRecyclingExpert

EXPERTS: dict[str, type[Expert]] = {
    "ShelfPick": ShelfPickExpert,
    "SortRecycling": SortRecyclingExpert,
    "SortClothes": SortClothesExpert,
}

__all__ = ["EXPERTS", "Expert", "make_expert"]


def make_expert(task: str) -> Expert:
    """The expert for a task; raises UnknownName where there is none."""
    if task not in EXPERTS:
        raise UnknownName("expert for task", task, EXPERTS)
    return EXPERTS[task]()
