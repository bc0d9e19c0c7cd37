"""`training_folder` gives a training a folder of its own until its policy is published.

`train_on_workspace` calls it. Trainings of different configurations run at the same time; the same
one a second time is refused, and after an interruption goes on in its folder.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...datasets.files.lock import FileLock
from ...datasets.files.plain_file import require_own_folder
from ...datasets.workspace import Workspace
from ...policies.policy_config import CONFIG
from ...policies.store import STAGING, PolicyStore
from ...policies.training.config import TrainConfig
from ...policies.training.distributed import processes
from ...sim_envs.errors import WorkspaceError

DIGITS = 12
"""Digits of the SHA-256 of a training's configuration that name its folder."""
LOCK = "training.lock"


@dataclass
class TrainingFolder:
    """Where one training works."""

    path: Path
    store: PolicyStore

    def publish(self) -> Path:
        """Publish the policy once all processes have read it; its folder from now on.

        Only the main process publishes: to the others the folder's old path is given.
        """
        together = processes()
        together.wait()
        if not together.is_main:
            return self.path
        (self.path / LOCK).unlink(missing_ok=True)
        return self.store.path(self.store.publish(self.path))


@contextmanager
def training_folder(workspace: Workspace, config: TrainConfig) -> Iterator[TrainingFolder]:
    """A locked folder for a training of this configuration, beside the workspace's policies.

    It holds what an interrupted training has left; a policy whose publication was interrupted is
    made again from there. WorkspaceError where such a training is running.
    """
    digest = hashlib.sha256(config.identity.encode()).hexdigest()[:DIGITS]
    folder, together = workspace.policies_dir / STAGING / f"training-{digest}", processes()
    lock = _lock(folder) if together.is_main else None
    try:
        if lock is not None:
            (folder / CONFIG).unlink(missing_ok=True)
        together.wait()
        yield TrainingFolder(folder, PolicyStore(workspace.policies_dir))
    finally:
        if lock is not None:
            _remove_unused(folder)
            lock.release()


def _remove_unused(folder: Path) -> None:
    """Remove the folder of a training that was refused before it wrote anything."""
    if folder.is_dir() and {path.name for path in folder.iterdir()} == {LOCK}:
        (folder / LOCK).unlink()
        folder.rmdir()


def _lock(folder: Path) -> FileLock:
    lock = FileLock(folder / LOCK)
    require_own_folder(folder.parent)
    require_own_folder(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        got = lock.acquire()
    except OSError as error:
        raise WorkspaceError(f"{folder}: cannot train here: {error}") from error
    if not got:
        raise WorkspaceError(
            f"{folder}: process {lock.owner()} trains with the same settings; "
            "wait for it, or choose others, such as another --seed"
        )
    return lock
