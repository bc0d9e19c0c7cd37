"""`LadderStore` reads a workspace's ladder from its database, checks it and adds to it.

The evidence recorder, the command line and the report use it; entries are never edited.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from ...datasets.database import Database, EventEntry, EventKind
from ...datasets.judgements.exclusion import used_episodes
from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ...policies.base.weights_file import require_weights
from ...policies.gate_record import GateRecord, GateVerdict
from ...policies.policy_config import files_of
from ...policies.store import PolicyStore
from ...sim_envs.errors import DamagedFile, PolicyError, WorkspaceError
from .episode_evidence import EpisodeEvidence, EpisodeKey
from .ladder import ChangeReason, Entry, Ladder, LevelChange

FINGERPRINT_DIGITS = 16
_log = logging.getLogger(__name__)
Made = TypeVar("Made", LevelChange, EpisodeKey, EpisodeEvidence)


class LadderStore:
    """The ladder of one workspace; every call reads the database anew."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._database = Database(workspace.db_path)
        self._store = PolicyStore(workspace.policies_dir)

    def ladder(self, policy: str | None = None) -> Ladder:
        """The ladder of a policy; of the one that drives unless given.

        Raises WorkspaceError for evidence of another task, or of other weights than the policy's
        present ones: after a database was copied here, or a policy replaced.
        """
        policy = policy or self._store.driving()
        fingerprint = "" if policy is None else self.fingerprint(policy)
        task, entries = self.workspace.config.task, tuple(self._entries())
        for entry in entries:
            self._check(entry, policy, fingerprint)
        gate = self._gate(policy, entries)
        return Ladder(task, policy, fingerprint, self._demonstrations(), entries, gate)

    def fingerprint(self, policy: str) -> str:
        """The first digits of the SHA-256 of a policy's weights; of its settings on a server."""
        folder = self._store.path(policy)
        path = folder / files_of(folder)[-1]
        require_weights(path)
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256")
        except OSError as error:
            raise PolicyError(f"{path}: cannot be read: {error.strerror}") from error
        return digest.hexdigest()[:FINGERPRINT_DIGITS]

    def apply_evidence(self, policy: str | None = None) -> tuple[Ladder, list[LevelChange]]:
        """Record every change that follows from the evidence; return ladder and changes."""
        made: list[LevelChange] = []
        ladder = self.ladder(policy)
        while change := ladder.judge():
            self.add_change(change)
            made.append(change)
            ladder = self.ladder(policy)
        return ladder, made

    def authorise(
        self,
        wanted: Level | None,
        policy: str | None = None,
        override: bool = False,
        record: bool = True,
    ) -> Level:
        """The level to drive at, as `Ladder.authorise` gives it.

        Changes that follow from the evidence are recorded, an override only with `record`: before
        a session that may still be refused, `record_override` is called by its first episode.
        """
        ladder, _ = self.apply_evidence(policy)
        level, change = ladder.authorise(wanted, override)
        if change and record:
            self.add_change(change)
        return level

    def record_override(self, policy: str, level: Level) -> None:
        """Record that a policy drives at a level that it has not earned; once, until it drove."""
        ladder = self.ladder(policy)
        own = [entry for entry in ladder.entries if entry.policy == policy]
        _, change = ladder.authorise(level, override=True)
        if change and not (own and _is_override(own[-1], level)):
            self.add_change(change)

    def add_context(self, key: EpisodeKey) -> None:
        """Store that an episode shall be evidence, before it is driven."""
        self._database.add_event(EventEntry(EventKind.ON_TRIAL, key.to_json()))

    def open_contexts(self) -> list[EpisodeKey]:
        """The stored keys without evidence: episodes broken off, discarded or still running."""
        ended = self._database.events(EventKind.TRIAL)
        begun = self._database.events(EventKind.ON_TRIAL)
        done = {event.payload.get("episode") for event in ended}
        keys = [key for event in begun if (key := self._made(EpisodeKey, event)) is not None]
        return [key for key in keys if key.episode not in done]

    def has_weights(self, key: EpisodeKey) -> bool:
        """Whether the workspace still has the episode's policy with the same weights."""
        if not key.policy:
            return True
        exists = key.policy in self._store.ids()
        return exists and self.fingerprint(key.policy) == key.fingerprint

    def add(self, evidence: EpisodeEvidence) -> list[LevelChange]:
        """Add an episode's evidence; return the changes of level that follow from it."""
        self._database.add_event(EventEntry(EventKind.TRIAL, evidence.to_json()))
        return self.apply_evidence(evidence.policy)[1] if evidence.policy else []

    def add_change(self, change: LevelChange) -> None:
        """Record a change."""
        self._database.add_event(EventEntry(EventKind.LEVEL, change.to_json()))

    def events(self) -> list[tuple[float, Entry]]:
        """All entries with their times, s, oldest first; an episode counts once."""
        found: list[tuple[float, Entry]] = []
        seen: set[str] = set()
        for event in self._database.events():
            entry = self._entry(event)
            if isinstance(entry, EpisodeEvidence) and entry.episode:
                if entry.episode in seen:
                    continue
                seen.add(entry.episode)
            if entry is not None:
                found.append((event.created, entry))
        return found

    def _entry(self, event: EventEntry) -> Entry | None:
        """An event as an entry of the ladder; None for one that is none."""
        if event.kind == EventKind.LEVEL:
            return self._made(LevelChange, event)
        return self._made(EpisodeEvidence, event) if event.kind == EventKind.TRIAL else None

    def _made(self, kind: type[Made], event: EventEntry) -> Made | None:
        """What an event says; None, and named, for one that makes no sense."""
        try:
            return kind.from_json(event.payload)
        except DamagedFile as error:
            _log.warning("%s: passed over, %s", self._database.path, error)
            return None

    def _entries(self) -> Iterator[Entry]:
        yield from (entry for _, entry in self.events())

    def _check(self, entry: Entry, policy: str | None, fingerprint: str) -> None:
        """Raise WorkspaceError for an entry of another task or of other weights."""
        path, task = self._database.path, self.workspace.config.task
        if entry.task != task:
            raise WorkspaceError(
                f"{path}: its ladder is of task {entry.task}, and this workspace is for {task}; "
                "remove the file, or put back the one that belongs here"
            )
        if entry.policy and entry.policy == policy and entry.fingerprint != fingerprint:
            raise WorkspaceError(
                f"{path}: its ladder is of another policy {policy} (weights {entry.fingerprint}, "
                f"here {fingerprint}); what one has earned does not count for the other. Train "
                "or copy the policy under a new number"
            )

    def _gate(self, policy: str | None, entries: Sequence[Entry]) -> GateRecord | None:
        """The gate's record of a policy that has had no level above shadow; None for others.

        The gate says "better" of a policy that beats the reference (see `GateRecord.reference`).
        Where the policy that it would replace is not the reference itself, it is only shown not
        to be worse than that one, whose level is in question here.
        """
        changes = (e for e in entries if isinstance(e, LevelChange) and e.policy == policy)
        if policy is None or any(
            change.after > Level.SHADOW and change.why is not ChangeReason.OVERRIDE
            for change in changes
        ):
            return None
        record = GateRecord.read(self._store.path(policy))
        if record is None or record.compared_with not in self._store.ids():
            return record
        before = GateRecord.read(self._store.path(record.compared_with))
        is_reference = before is None or before.verdict in (GateVerdict.FIRST, GateVerdict.BETTER)
        if is_reference or record.verdict is not GateVerdict.BETTER:
            return record
        return replace(record, verdict=GateVerdict.NOT_WORSE)

    def _demonstrations(self) -> int:
        """The number of successful, complete episodes that the operator drove alone.

        Those that people excluded do not count, while what a policy showed in one stays evidence:
        nobody can lift a policy by taking out its failures.
        """
        return sum(
            summary.success and summary.complete and summary.policy_steps == 0
            for summary in used_episodes(self.workspace)
        )


def _is_override(entry: Entry, level: Level) -> bool:
    """Whether an entry is an override to a level."""
    if not isinstance(entry, LevelChange):
        return False
    return entry.why is ChangeReason.OVERRIDE and entry.after is level
