"""These functions say at a verb's end how much was made of what was asked for, where, what is next.

"Asked for 60 episodes, recorded 58" is said wherever a number was given, also where both are alike.
"""

from pathlib import Path

from .chosen_policy import quoted
from .console import say


def asked_and_made(asked: int, made: int, of: str, done: str, lost: int = 0) -> str:
    """How many were asked for, and how many there are; those that are lost count for nothing."""
    told = f"asked for {asked} {of}{'' if asked == 1 else 's'}, {done} {made}"
    return f"{told}; {lost} lost, which count neither as success nor as failure" if lost else told


def say_ending(made: str, workspace: Path, then: str = "") -> None:
    """Say what was made, in which workspace, and which verb is next on it."""
    say(f"{made}; kept in {quoted(workspace)}")
    if then:
        say(f"next: sidestick {then} {quoted(workspace)}")
