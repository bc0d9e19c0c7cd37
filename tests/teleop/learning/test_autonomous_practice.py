"""Rounds of practice: attempts, a candidate, the gate; and resuming wherever it was killed."""

import json
import multiprocessing
import shutil
import signal
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from sidestick.datasets.database import Database
from sidestick.datasets.effort_ledger import EpisodeBegun, note_begun
from sidestick.datasets.step import Level
from sidestick.datasets.summary import EpisodeSummary
from sidestick.datasets.workspace import Workspace
from sidestick.policies.policy import load_policy
from sidestick.policies.policy_config import MODEL
from sidestick.policies.store import PolicyStore
from sidestick.sim_envs.errors import WorkspaceError
from sidestick.teleop.cli import practice as verb
from sidestick.teleop.evaluation.lost_seeds import LostSeeds
from sidestick.teleop.evaluation.rollouts import OnOutcome, Rollouts
from sidestick.teleop.evaluation.seeds import practice_seeds
from sidestick.teleop.learning.background_process import only_learner
from sidestick.teleop.learning.learner import Learner
from sidestick.teleop.learning.practice_rounds import PracticeRounds
from sidestick.teleop.learning.update_schedule import UpdateRules
from sidestick.teleop.session.subscriber import EpisodeOutcome
from tests.learning_rig import KILL_POINTS as CANDIDATE_KILL_POINTS
from tests.learning_rig import QUICK, die, learner, only_present
from tests.synthetic import made_up_episode

CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload(["tests.learning_rig"])
ATTEMPTS, FAILED = 6, 2
RULES = replace(QUICK, schedule=UpdateRules(first=1, refit=1))
Drives = Callable[[Path, int], bool]


class MadeUp(Rollouts):
    """Rollouts without a simulator: every third seed of a round fails; successes are recorded."""

    def __init__(self, drives: Drives, dies_at: int | None = None) -> None:
        self._drives, self._dies_at = drives, dies_at

    def run(
        self,
        policy: Path,
        seeds: Iterable[int],
        record_into: Path | None = None,
        on_outcome: OnOutcome = lambda _: None,
        keep_failures: int = 0,
        lost: LostSeeds | None = None,
    ) -> list[EpisodeOutcome]:
        outcomes = []
        for place, seed in enumerate(seeds):
            if seed == self._dies_at:
                die()
            success = seed % 3 != 2 if record_into else self._drives(policy, seed)
            if record_into and (success or place < keep_failures):
                record(Workspace.open(record_into), seed, success)
            outcomes.append(EpisodeOutcome(seed, success, 20, 0, 20, 0, "reach", 0.0))
            on_outcome(outcomes[-1])
        return outcomes

    def solves(self, policy: Path, seed: int) -> bool:
        (outcome,) = self.run(policy, [seed])
        return outcome.success

    def close(self) -> None:
        """Nothing was opened."""


class Idle(MadeUp):
    """Rollouts without any outcome."""

    def run(self, *_: object, **__: object) -> list[EpisodeOutcome]:
        return []


class OneAnswerARound(MadeUp):
    """Rollouts that answer the gate's seeds differently in every round."""

    def __init__(self, *answers: Drives) -> None:
        super().__init__(answers[0])
        self._answers = iter(answers)

    def run(
        self,
        policy: Path,
        seeds: Iterable[int],
        record_into: Path | None = None,
        on_outcome: OnOutcome = lambda _: None,
        keep_failures: int = 0,
        lost: LostSeeds | None = None,
    ) -> list[EpisodeOutcome]:
        if record_into:
            self._drives = next(self._answers)
        return super().run(policy, seeds, record_into, on_outcome, keep_failures, lost)


def record(workspace: Workspace, seed: int, success: bool, level: Level = Level.AUTONOMOUS) -> None:
    """Record an autonomous episode, unless another level is given."""
    name = f"2025010{2 + (level is not Level.AUTONOMOUS)}T000000-{seed:08x}"
    made = made_up_episode([0] * 20, seed, success, episode_id=name)
    header = replace(made.summary.header, level=level, operator="", policy_id="0001")
    summary = replace(made.summary, header=header)
    replace(made, summary=summary).write(workspace.episodes_dir / f"{summary.id}.hdf5")


def rounds_of(
    workspace: Workspace, drives: Drives = lambda *_: True, dies_at: int | None = None
) -> PracticeRounds:
    return PracticeRounds(workspace, MadeUp(drives, dies_at), RULES)


@pytest.fixture
def workspace(taught: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(taught, tmp_path / "ws")
    return Workspace.open(tmp_path / "ws")


def test_what_practice_has_learnt_drives_after_the_gate(workspace: Workspace) -> None:
    """The event is the learner's; the provenance says practice, and which round."""
    made = rounds_of(workspace).practise(ATTEMPTS)
    assert (made.number, made.attempts, made.successes) == (1, ATTEMPTS, ATTEMPTS - FAILED)
    assert made.policy == "0002"
    assert "passed the gate" in made.label
    provenance = load_policy(workspace.policies_dir / "0002").config.provenance
    assert (provenance.kind, provenance.round, provenance.parent) == ("practice", 1, "0001")
    (_, decision) = learner(workspace).staging.decisions()
    assert (decision["kind"], decision["policy"], decision["passed"]) == ("refit", "0002", True)
    assert len(decision["fresh"]) == ATTEMPTS - FAILED


def test_a_refused_candidate_leaves_the_active_policy_and_practice_goes_on(
    workspace: Workspace,
) -> None:
    """The next round learns from the refused candidate's episodes and its own."""
    first = rounds_of(workspace, only_present).practise(ATTEMPTS)
    assert first.policy == "0001"
    assert "was refused at the gate: worse (against policy 0001" in first.label
    assert first.label.endswith("policy 0001 goes on driving")
    second = rounds_of(workspace).practise(ATTEMPTS)
    assert (second.number, second.policy) == (2, "0002")
    provenance = load_policy(workspace.policies_dir / "0002").config.provenance
    assert (provenance.round, provenance.parent) == (2, "0001")
    assert len(provenance.episodes) == 6 + 2 * (ATTEMPTS - FAILED)


def test_a_round_that_no_session_could_enter_keeps_its_number(workspace: Workspace) -> None:
    """A supervised session of round 3 was killed: practice is round 4."""
    record(workspace, 1, True, Level.SUPERVISED)
    name = workspace.episodes()[-1].stem
    begun = EpisodeBegun(name, name, "supervised", 3, "0001")
    note_begun(Database(workspace.db_path), begun)
    assert rounds_of(workspace).next() == 4


def test_a_round_without_a_success_teaches_nothing(workspace: Workspace) -> None:
    """No candidate and no decision."""
    made = PracticeRounds(workspace, Idle(lambda *_: True), RULES).practise(ATTEMPTS)
    assert made.gate is None
    assert "nothing new to learn" in made.label
    assert made.to_json()["passed"] is None


def test_an_operator_on_a_seed_that_practice_failed_does_not_reopen_the_round(
    workspace: Workspace,
) -> None:
    """The operator's episode is learnt from in the next round, as all new ones are."""
    rounds = rounds_of(workspace)
    first = rounds.practise(ATTEMPTS)
    record(workspace, practice_seeds(1)[2], True, Level.SUPERVISED)
    assert rounds.go_on() is None
    second = rounds.practise(ATTEMPTS)
    assert first.gate is not None
    assert second.gate is not None
    new = ATTEMPTS - FAILED
    assert [len(g.payload["fresh"]) for g in (first.gate, second.gate)] == [new, new + 1]


KILL_POINTS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "attempts made": lambda: mock.patch.object(Database, "add_effort", die),
    "ledger written": lambda: mock.patch.object(Learner, "step", die),
    **{name: CANDIDATE_KILL_POINTS[name] for name in ("in the training", "examined", "published")},
}
"""Moments at which a round is killed, beside the middle of its attempts."""


def die_at(folder: Path, moment: str) -> None:
    """Practise until the moment, and die; runs in a process of its own."""
    workspace = Workspace.open(folder)
    if moment in KILL_POINTS:
        with KILL_POINTS[moment]():
            rounds_of(workspace).practise(ATTEMPTS)
    rounds_of(workspace, dies_at=practice_seeds(1)[4]).practise(ATTEMPTS)


def attempts(workspace: Workspace) -> list[EpisodeSummary]:
    return [s for s in workspace.summaries() if s.header.seed in practice_seeds(1)]


@pytest.fixture(scope="module")
def undisturbed(taught: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The weights of a round that is not killed."""
    folder = tmp_path_factory.mktemp("undisturbed") / "ws"
    shutil.copytree(taught, folder)
    rounds_of(Workspace.open(folder)).practise(ATTEMPTS)
    return (folder / "policies" / "0002" / MODEL).read_bytes()


@pytest.mark.parametrize("moment", ["in the attempts", *KILL_POINTS])
def test_killed_anywhere_the_next_start_finishes_the_round(
    workspace: Workspace, undisturbed: bytes, moment: str
) -> None:
    """No recorded attempt is made again; ledger, decision and weights are as if undisturbed."""
    process = CHILDREN.Process(target=die_at, args=(workspace.path, moment))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    kept = {s.path: s.path.read_bytes() for s in attempts(workspace) if s.path}
    rounds = rounds_of(workspace)
    made = rounds.go_on()
    assert (made is None) == (moment in ("in the attempts", "attempts made"))
    made = made or rounds.practise(ATTEMPTS)
    assert (made.number, made.successes, made.policy) == (1, ATTEMPTS - FAILED, "0002")
    assert rounds.go_on() is None
    assert all(path.read_bytes() == content for path, content in kept.items())
    (entry,) = Database(workspace.db_path).efforts()
    assert (entry.round, entry.episodes) == (1, ATTEMPTS)
    assert entry.payload["failed_seeds"] == [s for s in practice_seeds(1, ATTEMPTS) if s % 3 == 2]
    assert [r["policy"] for r in learner(workspace).staging.decisions()] == ["0001", "0002"]
    assert (workspace.policies_dir / "0002" / MODEL).read_bytes() == undisturbed


def test_the_verb_says_which_policy_drives(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """To people and to scripts, after a refused round and one that passed."""
    rollouts = OneAnswerARound(only_present, lambda *_: True)
    practice = verb.Practice(workspace.path, rounds=2, episodes=ATTEMPTS, json=True)
    choice = PolicyStore(workspace.policies_dir).choose()
    assert practice.practise(PracticeRounds(workspace, rollouts, RULES, verb.say), choice) == 0
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert (report["policy"], report["policy_choice"]["why"]) == ("0001", "the first policy")
    found = report["rounds"]
    assert [(r["round"], r["passed"], r["policy"]) for r in found] == [
        (1, False, "0001"),
        (2, True, "0002"),
    ]
    assert "refused at the gate" in " ".join(said.err.split())
    assert PolicyStore(workspace.policies_dir).choose().policy_id == "0002"


def test_practice_beside_another_learner_is_refused(workspace: Workspace) -> None:
    """Both would write candidates to one folder."""
    with only_learner(workspace), pytest.raises(WorkspaceError, match="learns here already"):
        verb.Practice(workspace.path).run()
