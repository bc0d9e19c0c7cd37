"""`PolicyActions` changes which policies of a workspace may drive, and records every change.

`sidestick policies` and the rollback at the window call it. Sessions that are running follow at
the next boundary between two episodes.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...datasets.database import Database, EventEntry, EventKind
from ...datasets.workspace import Workspace
from ...policies.base.json_files import read_json
from ...policies.store import PIN, PolicyStore
from ...sim_envs.errors import PolicyError


class PolicyActions:
    """The changes; each is an event in the database."""

    def __init__(self, workspace: Workspace, clock: Callable[[], float] = time.time) -> None:
        self.workspace, self.store = workspace, PolicyStore(workspace.policies_dir)
        self._clock = clock

    def pin(self, policy_id: str, why: str = "") -> None:
        """Let a policy drive, whatever else is there; PolicyError for one that cannot."""
        self.store.load(policy_id, self.workspace.config)
        kept = _payload(self._clock(), policy_id, why=why)
        self.store.pin(policy_id, kept)
        self._record(EventKind.PIN, kept)

    def unpin(self) -> bool:
        """End the pin, readable or not; whether there was one."""
        if not (self.store.folder / PIN).exists():
            return False
        policy_id = self.pinned()
        self.store.unpin()
        self._record(EventKind.UNPIN, _payload(self._clock(), policy_id))
        return True

    def pinned(self) -> str | None:
        """The policy that the pin names, there or not; None without a readable pin."""
        try:
            return str(read_json(self.store.folder / PIN).get("policy"))
        except PolicyError:
            return None

    def set_aside(self, policy_id: str, why: str = "", to: str | None = None) -> None:
        """Let a policy not drive unasked any more; `to` is the one that drives instead."""
        self.store.path(policy_id)
        self._refuse_pinned(policy_id, "set aside")
        kept = _payload(self._clock(), policy_id, why=why, to=to or "")
        self.store.set_aside(policy_id, kept)
        self._record(EventKind.SET_ASIDE, kept)

    def restore(self, policy_id: str) -> None:
        """Let a policy that was set aside or removed be chosen again."""
        self.store.restore(policy_id)
        self._record(EventKind.RESTORE, _payload(self._clock(), policy_id))

    def remove(self, policy_id: str, why: str = "") -> Path:
        """Move a policy out of use; its folder from now on.

        PolicyError for one that is pinned, and for the only one that drives.
        """
        self.store.path(policy_id)
        self._refuse_pinned(policy_id, "removed")
        others = [n for n, s in self.store.standings().items() if s.drives and n != policy_id]
        choice = self.store.choice()
        if choice is not None and choice.policy_id == policy_id and not others:
            raise PolicyError(
                f"policy {policy_id} is the only one that drives; let the gate decide on another "
                "(`sidestick policies WS --gate ID`) or pin one before this one is removed"
            )
        folder = self.store.remove(policy_id)
        self._record(EventKind.REMOVE, _payload(self._clock(), policy_id, why=why))
        return folder

    def _refuse_pinned(self, policy_id: str, what: str) -> None:
        if self.pinned() == policy_id:
            raise PolicyError(
                f"policy {policy_id} is pinned, and so not {what}; "
                "`sidestick policies WS --unpin` first, or --pin another"
            )

    def _record(self, kind: EventKind, payload: dict[str, Any]) -> None:
        Database(self.workspace.db_path).add_event(EventEntry(kind, payload))


def _payload(created: float, policy_id: str | None, **more: str) -> dict[str, Any]:
    """What a file and an event keep of a change; `more` without what is empty."""
    said = {key: value for key, value in more.items() if value}
    return {"policy": policy_id, "created": created, **said}
