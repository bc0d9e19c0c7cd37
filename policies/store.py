"""`PolicyStore` keeps a workspace's policies in numbered folders, the newest last.

The learner publishes policies here; sessions and the command line find, choose and load them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..datasets.config import WorkspaceConfig
from ..datasets.files.durable import sync_folder
from ..datasets.files.plain_file import own_folder, require_own_folder
from ..sim_envs.errors import PolicyError, SidestickError, UnknownName
from .base.json_files import read_json, write_json
from .gate_record import GateRecord
from .policy_choice import (
    NAMED,
    PolicyChoice,
    PolicyStanding,
    PolicyState,
    choose,
    in_order,
    name_of,
    number_of,
    standings,
    written_out,
)
from .policy_config import CONFIG, MODEL, PolicyConfig, is_remote

if TYPE_CHECKING:
    from .loaded_policy import LoadedPolicy

STAGING, REMOVED = "staging", "removed"
"""Folders beside the policies, for those that are not complete yet, and for removed ones."""
SET_ASIDE = "set-aside.json"
"""File in a policy's folder that excludes it from automatic choice."""
PIN = "pin.json"
"""File beside the policies that names the one that drives, whatever else is there."""


class PolicyStore:
    """Finds, numbers, chooses and loads the policies in a workspace's folder."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def ids(self) -> list[str]:
        """Names of the complete policies (those with a config) by number, oldest first."""
        return in_order(path.parent.name for path in self.folder.glob(f"*/{CONFIG}"))

    def standing(self) -> list[str]:
        """Those of `ids` that were not set aside."""
        return [name for name in self.ids() if not (self.folder / name / SET_ASIDE).exists()]

    def standings(self) -> dict[str, PolicyStanding]:
        """Whether each policy may drive unasked, and why not, oldest first."""
        return standings([self.state(name) for name in self.ids()])

    def state(self, policy_id: str) -> PolicyState:
        """What a policy's folder says of it; a policy that cannot be read is damaged."""
        folder = self.path(policy_id)
        aside = (folder / SET_ASIDE).exists()
        try:
            settings = read_json(folder / CONFIG)
            config = PolicyConfig.from_json(settings["policy"])
            if not is_remote(settings) and not (folder / MODEL).is_file():
                raise PolicyError(f"{folder / MODEL}: no such file")
            record = GateRecord.read(folder)
        except SidestickError as error:
            return PolicyState(policy_id, set_aside=aside, damage=str(error))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"{folder / CONFIG}: not a policy's settings ({error!r})"
            return PolicyState(policy_id, set_aside=aside, damage=reason)
        return PolicyState(policy_id, record, aside, provenance=config.provenance)

    def choice(self) -> PolicyChoice | None:
        """The policy that drives unasked, and why; None where none may.

        PolicyError for a pin that cannot be followed.
        """
        return choose([self.state(name) for name in self.ids()], self.pinned())

    def choose(self, named: str | None = None) -> PolicyChoice:
        """The named policy, 1 for 0001 too, or the one that drives unasked.

        UnknownName for a name that is not there; PolicyError says why none drives.
        """
        if named is not None:
            return PolicyChoice(self.path(self.spelt(named)).name, NAMED)
        found = self.choice()
        if found is None:
            reasons = [f"{name} is {standing}" for name, standing in self.standings().items()]
            known = f"none that may drive: {', '.join(reasons)}" if reasons else "none yet"
            pin = "`sidestick policies WS --pin ID` lets one drive, " if reasons else ""
            raise PolicyError(
                f"{self.folder}: no policy ({known}); {pin}`sidestick train` makes one"
            )
        return found

    def driving(self) -> str | None:
        """Name of the policy that drives unasked; None where none may."""
        found = self.choice()
        return None if found is None else found.policy_id

    def pinned(self) -> str | None:
        """Name of the pinned policy; PolicyError where it is not there."""
        if not (self.folder / PIN).exists():
            return None
        policy_id = str(read_json(self.folder / PIN).get("policy"))
        if policy_id not in self.ids():
            known = ", ".join(self.ids()) or "none"
            raise PolicyError(
                f"{self.folder / PIN}: policy {policy_id} is pinned and not there; "
                f"known: {known}. `sidestick policies WS --unpin`, or --pin another"
            )
        return policy_id

    def pin(self, policy_id: str, why: Mapping[str, Any]) -> None:
        """Let a policy drive, whatever else is there; `why` is kept beside its name, as JSON."""
        self.path(policy_id)
        write_json(self.folder / PIN, {**why, "policy": policy_id})

    def unpin(self) -> None:
        """Let the rule choose again."""
        (self.folder / PIN).unlink(missing_ok=True)
        sync_folder(self.folder)

    def set_aside(self, policy_id: str, why: Mapping[str, Any]) -> None:
        """Exclude a policy from automatic choice; `why` is kept in its folder, as JSON."""
        folder = self.path(policy_id)
        require_own_folder(folder)
        write_json(folder / SET_ASIDE, dict(why))

    def removed(self) -> list[str]:
        """Names of the removed policies, oldest first."""
        return in_order(path.parent.name for path in self.folder.glob(f"{REMOVED}/*/{CONFIG}"))

    def remove(self, policy_id: str) -> Path:
        """Move a policy out of use, with one rename; its folder from now on."""
        target = self.folder / REMOVED / policy_id
        own_folder(target.parent)
        if target.exists():  # a copy that was removed, made again, and shall be removed again
            raise PolicyError(f"{target}: is there from before; delete or rename it first")
        self.path(policy_id).rename(target)
        sync_folder(self.folder)
        return target

    def restore(self, policy_id: str) -> None:
        """Undo `set_aside`, and bring a removed policy back."""
        if policy_id not in self.ids() and policy_id in self.removed():
            require_own_folder(self.folder / REMOVED)
            (self.folder / REMOVED / policy_id).rename(self.folder / policy_id)
            sync_folder(self.folder)
        folder = self.path(policy_id)
        require_own_folder(folder)
        (folder / SET_ASIDE).unlink(missing_ok=True)

    def publish(self, staged: Path) -> str:
        """Move a complete policy's folder here, atomically, under the next number; that number.

        Of two processes that publish at the same moment one takes the number after.
        """
        if not (staged / CONFIG).exists():
            raise PolicyError(f"{staged}: not a whole policy, it has no {CONFIG}")
        sync_folder(staged)
        while True:
            name = self._next_name()
            try:
                staged.rename(self.folder / name)
            except OSError:
                if not (self.folder / name).exists():
                    raise
            else:
                sync_folder(self.folder)
                return name

    def _next_name(self) -> str:
        """The name after all that were ever given, removed ones too."""
        folders = (*self.folder.iterdir(), *self.folder.glob(f"{REMOVED}/*"))
        taken = (number_of(path.name) for path in folders)
        return name_of(1 + max((number for number in taken if number is not None), default=0))

    def next_path(self) -> Path:
        """Folder that the next policy would get; `publish` settles it."""
        return self.folder / self._next_name()

    def path(self, policy_id: str) -> Path:
        """Folder of a complete policy; raises UnknownName with those that exist."""
        if policy_id not in self.ids():
            raise UnknownName("policy", policy_id, self.ids())
        return self.folder / policy_id

    @staticmethod
    def name(number: int) -> str:
        """The folder's name for a policy's number."""
        return name_of(number)

    def spelt(self, asked: str) -> str:
        """The name of a policy that is there or was removed, for one typed as 1; else as it is."""
        exact = asked in (*self.ids(), *self.removed())
        return asked if exact else written_out(asked)

    def load(self, policy_id: str, config: WorkspaceConfig) -> "LoadedPolicy":
        """The policy; PolicyError if it was not made for such a workspace."""
        from .loaded_policy import load_for  # it loads PyTorch, which lists of policies need not

        return load_for(self.path(policy_id), config)
