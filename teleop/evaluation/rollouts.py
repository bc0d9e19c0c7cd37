"""Rollouts: a policy drives alone on seeds, in the workers of an engine or in this process.

Evaluation, comparison, selection of checkpoints, practice and the gate call `Rollouts`; the
background learner calls `InProcessRollouts`.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ...datasets.config import WorkspaceConfig
from ...datasets.files.durable import replace_file
from ...datasets.workspace import Workspace
from ...policies.base.device import CPU
from ...policies.base.threads import few_threads
from ...policies.engines.crew import Crew, as_they_come
from ...policies.engines.job import Engine, Job, JobLost, Preparation
from ...policies.engines.shared_files import digest_of
from ...policies.loaded_policy import load_for
from ...policies.policy_config import CONFIG, MODEL, files_of
from ...sim_envs.worlds.contract import TaskWorld
from ..session.environments import environment_json, workspace_env
from ..session.open_session import unattended_session
from ..session.policy_runner import PolicyRunner
from ..session.subscriber import EpisodeOutcome
from .lost_seeds import LostSeeds
from .outcome_store import OutcomeStore, code, is_known
from .rollout_worker import KEPT, Driven, Rollout, begin, drive

MOST_AHEAD = 15
"""Seeds that the gate's workers drive before it is known whether they are needed."""


class InProcessRollouts:
    """Drives in this process; keeps the environment and the last policies loaded."""

    def __init__(self, config: WorkspaceConfig) -> None:
        self._config = config
        self._env: TaskWorld | None = None
        self._runners: dict[tuple[Path, int], PolicyRunner] = {}

    def __call__(self, policy: Path, seed: int) -> bool:
        """Whether the policy in a folder solves a seed."""
        self._env = self._env or workspace_env(self._config)
        session = unattended_session(self._env, self._runner(policy), policy.name)
        with few_threads():
            return session.run_episode(seed).success

    def _runner(self, policy: Path) -> PolicyRunner:
        """The policy that is in the folder now: candidates follow one another in one folder."""
        key = (policy, (policy / CONFIG).stat().st_mtime_ns)
        if key not in self._runners:
            loaded = load_for(policy, self._config)
            self._runners = dict([*self._runners.items()][1 - KEPT :])
            self._runners[key] = PolicyRunner(loaded, loaded.actions)
        return self._runners[key]

    def close(self) -> None:
        """End the environment."""
        if self._env is not None:
            self._env.close()
            self._env = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


OnOutcome = Callable[[EpisodeOutcome], object]


@dataclass
class Drives:
    """A policy's episodes that are being driven."""

    done: dict[int, EpisodeOutcome]
    """Those that were driven before."""
    futures: dict[Future[Driven], int]
    """The seeds of the others."""
    store: OutcomeStore | None
    episodes_dir: Path | None

    def finish(self, on_outcome: OnOutcome, lost: LostSeeds) -> None:
        """Wait for all, and keep each as it comes."""
        for outcome in self.done.values():
            lost.note_driven(outcome.seed)
            on_outcome(outcome)
        for future in as_they_come(self.futures):
            seed = self.futures.pop(future)  # and so is what it brought home, once it is kept
            try:
                driven = future.result()
            except JobLost as error:
                lost.add(seed, error)
                continue
            self._keep(driven)
            self.done[seed] = driven.outcome
            lost.note_driven(seed)
            on_outcome(driven.outcome)

    def cancel(self) -> None:
        """Drop those that no worker has begun."""
        for future in self.futures:
            future.cancel()

    def _keep(self, driven: Driven) -> None:
        for name, content in driven.files:
            assert self.episodes_dir is not None
            replace_file(self.episodes_dir / name, content)
        if self.store is not None:
            self.store.add(driven.outcome)


class Rollouts:
    """Workers of an engine, each of which keeps its environment and policies loaded."""

    def __init__(
        self,
        config: WorkspaceConfig,
        engine: Engine,
        device: str = CPU,
        kept_in: Path | None = None,
    ) -> None:
        """`device` is what the workers' policies run on, see `policies.base.device`.

        Outcomes are kept in the folder `kept_in`, and what is there is not driven again.
        """
        self.config, self.engine = config, engine
        self._device, self._kept_in = device, kept_in
        self._crew = Crew(engine, Preparation(begin, (device, code())))
        self._ahead: dict[tuple[str, int], Drives] = {}

    def run(
        self,
        policy: Path,
        seeds: Iterable[int],
        record_into: Path | None = None,
        on_outcome: OnOutcome = lambda _: None,
        keep_failures: int = 0,
        lost: LostSeeds | None = None,
    ) -> list[EpisodeOutcome]:
        """Drive one episode for every seed, in any order; the outcomes, in the order of seeds.

        Successes are recorded into the workspace `record_into`, and of the first `keep_failures`
        also failures. Seeds that are lost are left out of the outcomes, and noted in `lost`;
        without it, the first of them raises.
        """
        asked = list(seeds)
        drives = self._begin(policy, asked, record_into, keep_failures)
        drives.finish(on_outcome, lost or LostSeeds(asked))
        return [drives.done[seed] for seed in asked if seed in drives.done]

    def in_blocks(
        self, policies: Sequence[Path], seeds: Sequence[int], block: int, lost: LostSeeds
    ) -> Iterator[list[list[EpisodeOutcome]]]:
        """The outcomes of each policy for one block of seeds after the other, in their order.

        The workers are blocks ahead: what is decided early is decided as if they were not. A seed
        that one policy lost is left out for all.
        """
        blocks = [seeds[at : at + block] for at in range(0, len(seeds), block)]
        ahead = 1 + self._crew.size() // (block * len(policies))
        running: deque[list[Drives]] = deque()
        try:
            for number, part in enumerate(blocks):
                for each in blocks[number + len(running) : number + 1 + ahead]:
                    running.append([self._begin(policy, each) for policy in policies])
                current = running.popleft()
                for drives in current:
                    drives.finish(lambda _: None, lost)
                yield [[each.done[seed] for seed in lost.driven(part)] for each in current]
        finally:
            for drives in (each for left in running for each in left):
                drives.cancel()

    def solves(self, policy: Path, seed: int) -> bool:
        """Whether the policy in a folder solves a seed; idle workers drive the next ones ahead."""
        digest = digest_of(policy, files_of(policy))
        for each in range(seed, seed + 1 + min(MOST_AHEAD, self._crew.size() - 1)):
            if (digest, each) not in self._ahead:
                self._ahead[digest, each] = self._begin(policy, [each])
        drives = self._ahead.pop((digest, seed))
        drives.finish(lambda _: None, LostSeeds([seed]))
        return drives.done[seed].success

    def close(self) -> None:
        """End the workers."""
        self._crew.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        for drives in self._ahead.values():
            drives.cancel()
        self._crew.__exit__(kind, *rest)

    def _begin(
        self,
        policy: Path,
        seeds: Sequence[int],
        record_into: Path | None = None,
        keep_failures: int = 0,
    ) -> Drives:
        policy = policy.resolve()
        files = files_of(policy)
        digest = digest_of(policy, files)
        store = self._store(digest, policy) if MODEL in files else None  # a server's may change
        known = {} if store is None else store.outcomes()
        folder = None if record_into is None else Workspace.open(record_into).episodes_dir
        drives = Drives({}, {}, store, folder)
        shared = self._crew.share(policy, files, digest)
        for place, seed in enumerate(seeds):
            failure = record_into is not None and place < keep_failures
            if seed in known and (folder is None or not (known[seed].success or failure)):
                drives.done[seed] = known[seed]
                continue
            record = record_into is not None
            job = Rollout(self.config, digest, policy.name, seed, record, failure)
            future = self._crew.submit(Job(f"seed {seed}", drive, (job, shared)))
            drives.futures[future] = seed
        return drives

    def _store(self, digest: str, policy: Path) -> OutcomeStore | None:
        """Where outcomes are kept; nowhere where they need not repeat themselves."""
        if self._kept_in is None or not is_known(self.config, policy):
            return None
        return OutcomeStore(self._kept_in, digest, environment_json(self.config), self._device)
