"""Every verb that uses a policy takes it here, and so says on standard error which one and why."""

import shlex
from pathlib import Path
from typing import Any

from ...datasets.workspace import Workspace
from ...policies.policy_choice import PolicyChoice
from ...policies.store import PolicyStore
from ..autonomy.ladder import LevelChange
from ..session.levels import name
from .console import say


def take_policy(workspace: Workspace, named: str | None = None) -> PolicyChoice:
    """The policy that was named, or the one that drives unasked; PolicyError where none does."""
    choice = PolicyStore(workspace.policies_dir).choose(named)
    say_choice(workspace, choice)
    return choice


def say_choice(workspace: Workspace, choice: PolicyChoice) -> None:
    """Say which policy is used, why, and what could let a newer one drive."""
    hint = ""
    if choice.to_gate is not None:
        hint = f" (`sidestick policies {shown(workspace)} --gate {choice.to_gate}` compares it)"
    say(choice.label + hint)


def say_change(change: LevelChange) -> None:
    """Say which level is earned now, and on what evidence."""
    say(f"{change.why.value}: {name(change.after)} is earned now; {change.evidence}")


def shown(workspace: Workspace) -> str:
    """The workspace as a command line takes it."""
    return quoted(workspace.path)


def quoted(path: Path) -> str:
    """A path as a command line takes it."""
    return shlex.quote(str(path))


def choice_json(choice: PolicyChoice | None) -> dict[str, Any]:
    """The keys of a report that say which policy was used, and why; null without one."""
    if choice is None:
        return {"policy": None, "policy_choice": None}
    return {"policy": choice.policy_id, "policy_choice": choice.to_json()}
