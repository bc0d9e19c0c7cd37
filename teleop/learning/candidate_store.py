"""A candidate on its way to be a policy: each move is one rename, so it can be broken off anywhere.

In the policies' folder, `staging/candidate/` holds `plan.json` (what is being learnt), then what a
training leaves to go on from, then the whole policy, then `gate.json` (the ruling). A candidate
that passed is renamed to its number, ruling and all; a refused one is removed. The database is
told after that, once: by the candidate's token it is known whether it has been.
"""

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...datasets.database import Database, EventEntry, EventKind
from ...datasets.durable import sync_folder
from ...datasets.workspace import Workspace
from ...policies.base.checkpoint import read_json, write_json
from ...policies.policy import CONFIG
from ...policies.store import STAGING, PolicyStore
from ...sim_envs.errors import PolicyError
from .update_schedule import Update, UpdateKind, UpdateTrigger

PLAN, RULING = "plan.json", "gate.json"
KEPT = ("kind", "parent", "episodes", "fresh", "occasion", "token")
"""What a ruling keeps of its plan; those of earlier versions had no occasion."""


class CandidateStore:
    """The one place of a workspace where a candidate may lie."""

    def __init__(self, workspace: Workspace) -> None:
        self.store = PolicyStore(workspace.policies_dir)
        self.database = Database(workspace.db_path)
        self.candidate = workspace.policies_dir / STAGING / "candidate"
        self.trial = workspace.policies_dir / STAGING / "trial"
        """Where a training puts a checkpoint that it wants to see driving."""
        self._rubbish = workspace.policies_dir / STAGING / "rubbish"

    @property
    def is_whole(self) -> bool:
        """Whether the candidate has been learnt."""
        return (self.candidate / CONFIG).exists()

    def begin(self, planned_update: Update) -> None:
        """Make room for a candidate, and write down what it shall learn."""
        self.clear()
        plan = asdict(planned_update)
        plan["kind"], plan["occasion"] = planned_update.kind.value, plan.pop("trigger")
        plan["token"] = secrets.token_hex(8)
        write_json(self.candidate / PLAN, plan)

    def plan(self) -> Update | None:
        """What the candidate shall learn; None where there is none, or it cannot be read."""
        try:
            found = read_json(self.candidate / PLAN)
            return Update(
                UpdateKind(found["kind"]),
                tuple(found["episodes"]),
                tuple(found["fresh"]),
                found["parent"],
                UpdateTrigger(**found.get("occasion", {})),
            )
        except (PolicyError, KeyError, TypeError, ValueError):
            return None

    def clear(self) -> None:
        """Remove the candidate: at once to the eye, then from the disk."""
        for folder in (self._rubbish, self.trial):
            shutil.rmtree(folder, ignore_errors=True)
        if self.candidate.exists():
            self.candidate.rename(self._rubbish)
            shutil.rmtree(self._rubbish, ignore_errors=True)
        self.candidate.parent.mkdir(parents=True, exist_ok=True)

    def decide(self, ruling: dict[str, Any]) -> None:
        """Write the ruling beside the candidate; from here on only `settle` may touch it."""
        plan = read_json(self.candidate / PLAN)
        kept = {key: plan[key] for key in KEPT if key in plan}
        write_json(self.candidate / RULING, {**kept, **ruling})
        sync_folder(self.candidate)

    def settle(self) -> EventEntry | None:
        """Publish or remove a candidate that was decided on; tell the database what it missed.

        Returns the event of the candidate that lay here, or had just been published.
        """
        event = None
        if (self.candidate / RULING).exists():
            ruling = read_json(self.candidate / RULING)
            if ruling["passed"]:
                number = self.store.publish(self.candidate)
                event = EventEntry(EventKind.GATE, {**ruling, "policy": number})
                self._notify(event)
            else:
                event = EventEntry(EventKind.GATE, {**ruling, "policy": None})
                self._notify(event)
                self.clear()
        for number, ruling in self.published():
            missed = EventEntry(EventKind.GATE, {**ruling, "policy": number})
            if self._notify(missed):
                event = missed
        return event

    def published(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Numbers and rulings of the policies that came through the gate."""
        for number in self.store.ids():
            ruling = decision_of(self.store.path(number))
            if ruling is not None:
                yield number, ruling

    def rulings(self) -> list[dict[str, Any]]:
        """All that the gate has said so far."""
        return [dict(event.payload) for event in self.database.events(EventKind.GATE)]

    def _notify(self, event: EventEntry) -> bool:
        """Tell the database, once; whether it did not know."""
        if event.payload["token"] in {ruling.get("token") for ruling in self.rulings()}:
            return False
        self.database.add_event(event)
        return True


def decision_of(policy: Path) -> dict[str, Any] | None:
    """What the gate said about a policy; None for one that did not come through it."""
    if not (policy / RULING).exists():
        return None
    return read_json(policy / RULING)
