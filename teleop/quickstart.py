"""`Quickstart` runs the whole loop: drive, record, learn, take over, correct, practise, report.

`sidestick quickstart` calls it with a workspace and a `Course`. Every stage asks the workspace what
is done already, so that a run that was interrupted, or killed, goes on where it stopped.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from ..datasets.database import Database
from ..datasets.effort_ledger import effort_entries
from ..datasets.step import Level
from ..datasets.summary import EpisodeSummary
from ..datasets.workspace import Workspace
from ..policies.base.provenance import Provenance
from ..policies.statistics.rates import Rate
from ..policies.store import PolicyStore
from ..sim_envs.tasks import task_class
from .evaluation.evaluate import evaluate
from .evaluation.rollouts import Rollouts
from .evaluation.seeds import PEOPLE, recorded_seeds, supervised_seeds
from .generation.generate import generate
from .generation.generating_operator import NAME as GENERATED
from .generation.sources import sources_of
from .learning.acceptance_gate import AcceptanceCriteria
from .learning.autonomous_practice import KIND as PRACTICE
from .learning.practice_rounds import RULES, PracticeRounds
from .learning.published_ruling import rule_published
from .learning.workspace_training import train_on_workspace
from .quickstart_config import QuickstartConfig
from .report.cost import EffortCost
from .report.write import write_report
from .session.human_effort import kind_of_level
from .session.subscriber import EpisodeOutcome
from .station.headless import drive_simulated
from .workspace_variant import agreed_config

EVALUATED = "evaluation"
"""Kind of the evaluations whose success is shown."""
DRAWN_FRAMES = 80
"""Most frames of each of the report's clips that are drawn again: they take seconds here."""
MOST_ATTEMPTS = 3
"""Most seeds driven for each successful demonstration that is wanted."""


@dataclass(frozen=True)
class Stage:
    """One stage of a quickstart."""

    title: str
    """For people."""
    run: Callable[[], str]
    """Does what is missing; returns one line on the result."""


class Quickstart:
    """A quickstart on one workspace."""

    def __init__(
        self, path: Path | str, course: QuickstartConfig, rollouts: Rollouts, command: str = ""
    ) -> None:
        self.course, self.rollouts = course, rollouts
        self._command = command or f"sidestick quickstart {path}"
        config = course.config()
        everything = {**task_class(course.task).variants(), **config.env_kwargs}
        agreed_config(Path(path), course.task, everything)
        self.workspace = Workspace.open_or_create(path, config)
        self.workspace.recover()
        self.store = PolicyStore(self.workspace.policies_dir)
        self.database = Database(self.workspace.db_path)

    def stages(self) -> Iterator[Stage]:
        """The stages in order."""
        course = self.course
        yield Stage(f"{course.demonstrations} demonstrations", self.demonstrate)
        if course.generated:
            yield Stage(f"{course.generated} more, made by the simulator", self.generate)
        yield from self._learn("demonstrations", 0, 1)
        number = 1
        for round_number in range(1, course.correction_rounds + 1):
            yield Stage(
                f"round {round_number}: {course.supervised_episodes} supervised episodes",
                lambda r=round_number, n=number: self.supervise(r, _id(n)),  # type: ignore[misc]
            )
            number += 1
            yield from self._learn("corrections", round_number, number)
        yield Stage(f"the gate decides on {_id(number)}", lambda: self.gate(_id(number)))
        for practice_round in range(1, course.practice_rounds + 1):
            round_number = course.correction_rounds + practice_round
            yield Stage(
                f"round {round_number}: {course.practice_episodes} practice episodes, and the gate",
                lambda r=round_number: self.practise(r),  # type: ignore[misc]
            )
            yield Stage(
                "evaluation of the policy that drives",
                lambda: self.evaluate(self.store.choose().policy_id),
            )
        yield Stage("report", self.report)

    def _learn(self, kind: str, round_number: int, number: int) -> Iterator[Stage]:
        yield Stage(
            f"policy {_id(number)} from {kind}", lambda: self.train(kind, round_number, number)
        )
        yield Stage(f"evaluation of {_id(number)} without help", lambda: self.evaluate(_id(number)))

    def demonstrate(self) -> str:
        """Drive until there are enough successful demonstrations."""
        wanted, done = self.course.demonstrations, recorded_seeds(self.workspace)
        successes = len(self._of_level(Level.DEMONSTRATE, successful=True))

        def note(outcome: EpisodeOutcome) -> None:
            nonlocal successes
            successes += outcome.success

        fresh = [seed for seed in PEOPLE.seeds(MOST_ATTEMPTS * wanted) if seed not in done]
        if successes < wanted:
            needed = takewhile(lambda _: successes < wanted, fresh)
            drive_simulated(self.workspace, Level.DEMONSTRATE, needed, on_outcome=note)
        driven = len(self._of_level(Level.DEMONSTRATE))
        return f"{successes} of {driven} succeeded, {self._spent(Level.DEMONSTRATE, 0)}"

    def generate(self) -> str:
        """Make the demonstrations that are missing from those that were driven."""
        done = sum(s.header.operator == GENERATED for s in self.workspace.summaries())
        if done >= self.course.generated:
            return "done before"
        handlings = sources_of(self.workspace)
        missing = self.course.generated - done
        report = generate(self.workspace, missing, handlings, self.rollouts.engine)
        stopped = f"; stopped: {report.stopped}" if report.stopped else ""
        return f"{report.yielded:.0%} of {len(report.attempts)} attempts succeeded{stopped}"

    def supervise(self, round_number: int, policy_id: str) -> str:
        """Let the policy drive and the operator correct it, on this round's seeds."""
        seeds = supervised_seeds(round_number, self.course.supervised_episodes)
        missing = [seed for seed in seeds if seed not in recorded_seeds(self.workspace)]
        if missing:
            drive_simulated(self.workspace, Level.SUPERVISED, missing, policy_id, round_number)
        done = [s for s in self._of_level(Level.SUPERVISED) if s.header.seed in seeds]
        takeovers = sum(s.takeovers for s in done)
        spent = self._spent(Level.SUPERVISED, round_number)
        return f"{takeovers} takeovers in {len(done)} episodes, {spent}"

    def practise(self, round_number: int) -> str:
        """Run one round of practice; the gate decides whether its candidate drives."""
        gate = AcceptanceCriteria(pairs=self.course.gate_pairs)
        rules = replace(RULES, gate=gate, selection=self.course.selection_episodes)
        rounds = PracticeRounds(self.workspace, self.rollouts, rules)
        if (resumed := rounds.go_on()) is not None:
            return resumed.label
        if self._has_effort(PRACTICE, round_number):
            return "done before"
        return rounds.practise(self.course.practice_episodes).label

    def train(self, kind: str, round_number: int, number: int) -> str:
        """Refit from the base on everything that succeeded so far."""
        if _id(number) in self.store.ids():
            return "done before"
        parent = _id(number - 1) if number > 1 else None
        result = train_on_workspace(
            self.workspace,
            self.course.training(),
            self.rollouts,
            self.course.selection_episodes,
            Provenance(parent=parent, round=round_number, kind=kind),
        )
        return f"{result.whole_s:.0f} s, checkpoint of step {result.chosen_step}"

    def gate(self, policy_id: str) -> str:
        """Let the gate decide whether the last policy of the rounds drives from now on.

        Every round of corrections supervises the policy trained before it, by number.
        """
        if self.store.state(policy_id).record is None:
            rules = AcceptanceCriteria(pairs=self.course.gate_pairs)
            rule_published(self.workspace, self.rollouts.solves, policy_id, rules)
        return self.store.choose().label

    def evaluate(self, policy_id: str) -> str:
        """Let the policy drive alone on the unseen seeds."""
        episodes = self.course.evaluation_episodes
        for known in self.database.evaluations():
            if known.policy == policy_id and known.episodes == episodes:
                return f"{Rate(known.successes, known.episodes)} (done before)"
        report = evaluate(self.workspace, self.rollouts, policy_id, episodes)
        return str(report.rate)

    def report(self) -> str:
        """Write the report; its path."""
        commands = (self._command,)
        return str(write_report(self.workspace, commands=commands, redraw=DRAWN_FRAMES))

    def figures(self) -> list[str]:
        """What the operator's time bought, for people: seconds, and success before and after."""
        cost = EffortCost.of(effort_entries(self.workspace), "all")
        driven, attended = 60 * cost.driven_min, 60 * cost.attended_min
        known = [e for e in self.database.evaluations() if e.kind == EVALUATED]
        rates = [Rate(entry.successes, entry.episodes) for entry in known]
        return [
            f"the operator's time: {driven:.0f} s driven, {attended:.0f} s attended (modelled)",
            f"success without help, unseen scenes: {rates[0]}, after corrections {rates[-1]}",
            f"which policy drives: {self.store.choose().label}",
        ]

    def _of_level(self, level: Level, successful: bool = False) -> list[EpisodeSummary]:
        return [
            summary
            for summary in self.workspace.summaries()
            if summary.header.level == level and (summary.success or not successful)
        ]

    def _has_effort(self, kind: str, round_number: int) -> bool:
        entries = self.database.efforts()
        return any(entry.kind == kind and entry.round == round_number for entry in entries)

    def _spent(self, level: Level, round_number: int) -> str:
        """The effort of a stage, interrupted or not, for people."""
        kind = kind_of_level(level)
        entries = [e for e in effort_entries(self.workspace) if e.kind == kind]
        cost = EffortCost.of([e for e in entries if e.round == round_number], kind)
        return (
            f"{cost.driven_min:.1f} min driven, {cost.watched_min:.1f} min watched, "
            f"{cost.attended_min:.1f} min attended (modelled)"
        )


def _id(number: int) -> str:
    return PolicyStore.name(number)
