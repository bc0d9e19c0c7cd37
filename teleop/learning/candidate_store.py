"""`CandidateStore` keeps a workspace's one candidate until the gate has decided on it.

Each move is one rename, so that the learner, which calls it, may be killed at any moment. In the
policies' folder, `staging/candidate/` holds `plan.json` (what is being learnt), then what a
training resumes from, then the whole policy, then `gate.json` (the decision). A candidate that
passed is renamed to its number, with its decision; a refused one is removed. Then the database
gets the event, once: the candidate's token tells whether it already has it.
"""

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import msgspec

from ...datasets.database import Database, EventEntry, EventKind
from ...datasets.files.decoding import decoded
from ...datasets.files.durable import sync_folder
from ...datasets.files.plain_file import require_own_folder
from ...datasets.workspace import Workspace
from ...policies.base.json_files import read_json, write_json
from ...policies.gate_record import GateRecord
from ...policies.policy_config import CONFIG
from ...policies.store import STAGING, PolicyStore
from ...sim_envs.errors import BadValue, PolicyError
from .update_schedule import Update, UpdateKind, UpdateTrigger

PLAN = "plan.json"
KEPT = ("kind", "parent", "episodes", "fresh", "occasion", "token")
"""Keys of the plan that a gate decision keeps; those of earlier versions had no `occasion`."""


class _PlanDocument(msgspec.Struct):
    """What plan.json holds."""

    kind: UpdateKind
    episodes: tuple[str, ...]
    fresh: tuple[str, ...]
    parent: str | None
    occasion: UpdateTrigger = UpdateTrigger()


class CandidateStore:
    """The folder of a workspace where its one candidate lies."""

    def __init__(self, workspace: Workspace) -> None:
        self.store = PolicyStore(workspace.policies_dir)
        self.database = Database(workspace.db_path)
        self.candidate = workspace.policies_dir / STAGING / "candidate"
        self.trial = workspace.policies_dir / STAGING / "trial"
        """Where a training puts a checkpoint that it lets drive."""
        self._rubbish = workspace.policies_dir / STAGING / "rubbish"
        for folder in (self.candidate.parent, self.candidate, self.trial, self._rubbish):
            require_own_folder(folder)

    @property
    def is_whole(self) -> bool:
        """Whether the candidate has been trained to the end."""
        return (self.candidate / CONFIG).exists()

    def begin(self, update: Update) -> None:
        """Clear the folder for a candidate, and write down what it shall learn."""
        self.clear()
        plan = asdict(update)
        plan["kind"], plan["occasion"] = update.kind.value, plan.pop("trigger")
        plan["token"] = secrets.token_hex(8)
        write_json(self.candidate / PLAN, plan)

    def plan(self) -> Update | None:
        """What the candidate shall learn; None where there is none, or it cannot be read."""
        try:
            found = decoded(read_json(self.candidate / PLAN), _PlanDocument, PLAN)
        except (PolicyError, BadValue):
            return None
        return Update(found.kind, found.episodes, found.fresh, found.parent, found.occasion)

    def clear(self) -> None:
        """Remove the candidate: one rename takes it away whole, then its files are deleted."""
        for folder in (self._rubbish, self.trial):
            shutil.rmtree(folder, ignore_errors=True)
        if self.candidate.exists():
            self.candidate.rename(self._rubbish)
            shutil.rmtree(self._rubbish, ignore_errors=True)
        self.candidate.parent.mkdir(parents=True, exist_ok=True)

    def decide(self, record: GateRecord) -> None:
        """Write the decision into the candidate's folder; only `settle` may touch it afterwards."""
        plan = read_json(self.candidate / PLAN)
        kept = {key: plan[key] for key in KEPT if key in plan}
        replace(record, details={**record.details, **kept}).write(self.candidate)
        sync_folder(self.candidate)

    def settle(self) -> EventEntry | None:
        """Publish or remove a candidate that was decided on; add missing events to the database.

        Returns the event of that candidate, or of one whose event was missing; else None.
        """
        event = None
        if (record := GateRecord.read(self.candidate)) is not None:
            number = self.store.publish(self.candidate) if record.verdict.drives else None
            event = gate_event(record, number)
            self._add_event(event)
            if number is None:
                self.clear()
        for number, record in self.published():
            missed = gate_event(record, number)
            if self._add_event(missed):
                event = missed
        return event

    def published(self) -> Iterator[tuple[str, GateRecord]]:
        """Numbers and records of the policies that the gate has judged; no damaged ones."""
        for number in self.store.ids():
            record = self.store.state(number).record
            if record is not None:
                yield number, record

    def decisions(self) -> list[dict[str, Any]]:
        """All decisions of the gate on updates so far, oldest first."""
        events = self.database.events(EventKind.GATE)
        return [dict(event.payload) for event in events if "token" in event.payload]

    def _add_event(self, event: EventEntry) -> bool:
        """Add the event unless the database has it; whether it was added.

        Policies that were not updates, as `sidestick train` makes them, have no token.
        """
        token = event.payload.get("token")
        if token in {None, *(decision["token"] for decision in self.decisions())}:
            return False
        self.database.add_event(event)
        return True


def gate_event(record: GateRecord, policy: str | None) -> EventEntry:
    """The event of a decision; `policy` is the number of the policy, None for one refused."""
    return EventEntry(EventKind.GATE, {**record.to_json(), "policy": policy})


def describe_update(event: EventEntry) -> str:
    """The gate's decision on an update, as a sentence for people."""
    decision = event.payload
    parent, kind = decision.get("parent"), decision.get("kind") or "candidate"
    what = f"{kind} of {parent}" if parent else "first policy"
    reasons = "; ".join(decision["reasons"])
    if decision["passed"]:
        return f"policy {decision['policy']} ({what}) passed the gate: {reasons}"
    return f"a {what} was refused at the gate: {reasons}"
