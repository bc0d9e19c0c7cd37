"""`train_all` has a workspace's policies trained with many settings, by the workers of an engine.

`sidestick sweep` calls it. A training is a job: a worker trains on a copy of what the workspace
holds to learn from, and the policy comes home as bytes. One that was finished is not trained again.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ...datasets.database_copy import copied_database
from ...datasets.files.durable import replace_file
from ...datasets.files.plain_file import own_folder
from ...datasets.finished_jobs import FinishedJobs
from ...datasets.judgements.judgements import Judgements
from ...datasets.workspace import Workspace
from ...datasets.workspace_place import CONFIG_FILE
from ...policies.base.device import CPU
from ...policies.engines.crew import Crew, as_they_come
from ...policies.engines.job import Engine, Job, JobLost, Preparation
from ...policies.engines.shared_files import Shared, digest_of, unpacked
from ...policies.policy_config import CONFIG, MODEL
from ...policies.store import STAGING, PolicyStore
from ...policies.training.config import TrainConfig
from ..evaluation.outcome_store import code
from ..evaluation.rollout_worker import begin
from .workspace_perception import FINETUNED_PERCEPTION, PRETRAINED_PERCEPTION
from .workspace_training import KEYPOINT_CACHE, train_on_workspace

FILES = (MODEL, CONFIG)
"""Of a policy; with its config it is complete."""


@dataclass(frozen=True)
class Trained:
    """What comes home of a training."""

    model: bytes
    config: bytes
    seconds: float
    """Wall time in the worker."""


OnTrained = Callable[[TrainConfig, str], object]
"""Hears of each policy by its number."""
OnLost = Callable[[TrainConfig, JobLost], object]


def train_all(
    workspace: Workspace,
    configs: Sequence[TrainConfig],
    engine: Engine,
    on_trained: OnTrained,
    on_lost: OnLost,
    device: str = CPU,
) -> list[str | None]:
    """Train with each configuration and publish the policies; their numbers, in this order.

    None stands for a training that its workers did not survive.
    """
    found: dict[int, str] = {}
    with (
        learning_copy(workspace) as (folder, names, digest),
        Crew(engine, Preparation(begin, (device, code()))) as crew,
    ):
        known, futures = _Finished(workspace, digest), dict[Future[Trained], int]()
        for place, config in enumerate(configs):
            if (policy := known.policy(config)) is not None:
                found[place] = policy
                on_trained(config, policy)
                continue
            shared = crew.share(folder, names, digest)
            name = f"training of {config.head} with seed {config.seed}"
            futures[crew.submit(Job(name, train_copy, (config, shared)))] = place
        for future in as_they_come(futures):
            config = configs[futures[future]]
            try:
                found[futures[future]] = known.add(config, future.result())
            except JobLost as error:
                on_lost(config, error)
            else:
                on_trained(config, found[futures[future]])
    return [found.get(place) for place in range(len(configs))]


def train_copy(config: TrainConfig, shared: Shared) -> Trained:
    """Train in this worker, on a copy of a workspace."""
    started = time.monotonic()
    with unpacked(shared) as folder:
        path = train_on_workspace(Workspace.open(folder), config, progress=False).path
        seconds = time.monotonic() - started
        return Trained((path / MODEL).read_bytes(), (path / CONFIG).read_bytes(), seconds)


@contextmanager
def learning_copy(workspace: Workspace) -> Iterator[tuple[Path, list[str], str]]:
    """A copy of what is learnt from: a folder, the names in it, and what they amount to.

    Files are linked where the disk allows it. The last is a digest of episodes, perception and
    judgements: what else the database holds changes no training.
    """
    with tempfile.TemporaryDirectory(prefix="sidestick-") as place:
        folder = Path(place)
        with copied_database(workspace.db_path) as database:
            for path in database.parent.iterdir():
                shutil.copyfile(path, folder / path.name)
        judged = Judgements(folder / workspace.db_path.name).all()
        learnt = [path.relative_to(workspace.path) for path in workspace.episodes()]
        own = (FINETUNED_PERCEPTION, PRETRAINED_PERCEPTION)
        learnt += [Path(name) for name in own if (workspace.path / name).exists()]
        cached = (workspace.path / KEYPOINT_CACHE).rglob("*")
        cache = [path.relative_to(workspace.path) for path in cached if path.is_file()]
        for name in (Path(CONFIG_FILE), *learnt, *cache):
            _link(workspace.path / name, folder / name)
        files = digest_of(folder, sorted(map(str, (CONFIG_FILE, *learnt))))
        digest = hashlib.sha256(f"{files} {judged!r}".encode()).hexdigest()
        names = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
        yield folder, names, digest


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # on another disk, or one without links
        shutil.copyfile(source, target)


class _Finished:
    """The trainings on the same data that were finished, by what their policies consist of."""

    def __init__(self, workspace: Workspace, digest: str) -> None:
        self._workspace, self._digest = workspace, digest
        self._store = PolicyStore(workspace.policies_dir)

    def policy(self, config: TrainConfig) -> str | None:
        """The number of the policy of a finished training that is still there."""
        result = self._jobs(config).results().get(config.seed)
        if not isinstance(result, dict):
            return None
        numbers = reversed(self._store.ids())
        return next((n for n in numbers if self._content(n) == result.get("policy")), None)

    def add(self, config: TrainConfig, trained: Trained) -> str:
        """Publish a policy, and remember that its training is finished; its number."""
        name = hashlib.sha256(f"{self._digest} {config.identity}".encode()).hexdigest()[:12]
        staged = self._workspace.policies_dir / STAGING / f"sweep-{name}"
        own_folder(staged.parent)
        own_folder(staged)
        for file, content in zip(FILES, (trained.model, trained.config), strict=True):
            replace_file(staged / file, content)
        number = self._store.publish(staged)
        self._jobs(config).add(config.seed, {"policy": self._content(number)})
        return number

    def _content(self, number: str) -> str:
        return digest_of(self._store.path(number), FILES)

    def _jobs(self, config: TrainConfig) -> FinishedJobs:
        kind = {
            "training": replace(config, seed=0).identity,
            "data": self._digest,
            "code": code(),
        }
        return FinishedJobs(self._workspace.outcomes_dir, kind)
