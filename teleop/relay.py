"""A run of episodes in legs, each with one policy: between two of them another may take over."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

from ..datasets.workspace import Workspace
from .driving import DriveReport, OnOutcome, Terms, drive_simulated
from .duty import Duty, Relief
from .session import Outcome


def drive_in_legs(
    workspace: Workspace,
    duty: Duty,
    seeds: Iterable[int],
    on_outcome: OnOutcome = lambda _: None,
    terms: Terms | None = None,
    on_relief: Callable[[Relief], object] = lambda _: None,
) -> DriveReport:
    """Drive the seeds with the simulated operator and whoever is on duty.

    Every leg has its own entry in the ledger. A level that is lost ends the run.
    """
    left, waiting = deque(seeds), False
    legs: list[DriveReport] = []

    def heard(outcome: Outcome) -> None:
        left.popleft()
        duty.episode_over()
        on_outcome(outcome)

    def relieved() -> bool:
        nonlocal waiting
        waiting = duty.waiting()
        return waiting

    terms = replace(terms or Terms(), relieved=relieved)
    while left:
        relief = duty.relief()
        if relief is not None:
            on_relief(relief)
        elif legs and not waiting:
            break
        rest = tuple(left)
        leg = drive_simulated(workspace, duty.level, rest, duty.policy, 0, heard, True, terms)
        legs.append(leg)
    return DriveReport.together(legs)
