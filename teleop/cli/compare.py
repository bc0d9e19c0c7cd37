"""`sidestick compare` tests whether one of two policies succeeds more often."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import tyro

from ...datasets.workspace import Workspace
from ...policies.policy_choice import NAMED, PolicyChoice
from ...policies.statistics.paired import ALPHA, SequentialTest
from ...sim_envs.errors import BadValue
from ..evaluation.compare import (
    PAIRS,
    Comparison,
    compare,
    policies_to_compare,
    unseen_seeds,
)
from ..evaluation.compare_blind import SCENES, compare_blind
from ..evaluation.rollouts import Rollouts
from ..evaluation.seeds import BLIND, EVALUATION, SeedRange
from ..session.subscriber import EpisodeOutcome
from .console import print_json, progress, say, working
from .endings import asked_and_made, say_ending
from .job_options import OPTIONS, JobOptions, say_lost
from .numbers import Count, ErrorRate, Seed
from .subcommand import DONE, FOUND, Device, Person, WorkspacePath
from .unused_options import mention_unused, refuse_unused


@dataclass(frozen=True)
class Compare(JobOptions):
    """Compare two policies on the same unseen seeds; stop as soon as they differ significantly."""

    if_interrupted: ClassVar[str] = (
        "what was driven is kept; the same command goes on, a blind one begins again"
    )

    workspace: WorkspacePath
    """Folder of the workspace."""
    a: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="A")]
    """Number of a policy, or the folder of a policy of another workspace of the same task."""
    b: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="B")]
    """Number or folder of the other policy."""
    episodes: Count | None = None
    """Most seeds that both drive; unless given, 100, or 20 with --blind."""
    first_seed: Seed | None = None
    """First seed; seeds with a recorded episode are skipped. Unless given, 20000, or 400000 with
    --blind."""
    alpha: ErrorRate = ALPHA
    """Chance of calling identical policies different, over the whole comparison."""
    blind: bool = False
    """An operator supervises both in random order and is not told which drives."""
    headless: bool = False
    """With --blind: open no window; needs --driver simulated."""
    driver: Literal["person", "simulated"] = "person"
    """With --blind: what supervises, takes over and judges."""
    operator: Person = None
    """With --blind: name of the person who does, for the records."""
    device: Device = "cpu"
    """What networks run on."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Compare, store the result, report it."""
        if self.blind:
            mention_unused(self, "with --blind", OPTIONS)
        else:
            refuse_unused(self, "without --blind", ("headless", "driver", "operator"))
        if self.driver == "simulated":
            refuse_unused(self, "with --driver simulated", ("operator",))
        if self.blind and self.headless and self.driver == "person":
            raise BadValue("--headless", "--driver simulated with it", "--driver person")
        workspace = Workspace.open(self.workspace)
        with working("looking through the episodes"):
            workspace.recover()
        both = {"a": PolicyChoice(self.a, NAMED), "b": PolicyChoice(self.b, NAMED)}
        say(", ".join(f"{side.upper()} is {choice.label}" for side, choice in both.items()))
        found = self._blind(workspace) if self.blind else self._alone(workspace)
        if self.json:
            policies = {side: choice.policy_id for side, choice in both.items()}
            choices = {side: choice.to_json() for side, choice in both.items()}
            print_json({**found_json(found), "policy": policies, "policy_choice": choices})
        else:
            both_drove, lost = found.tally.pairs, len(found.lost)
            say(asked_and_made(self._pairs(), both_drove, "scene", "driven by both", lost))
            say_ending(str(found), self.workspace, "report")
        return FOUND if found.lost else DONE

    def _alone(self, workspace: Workspace) -> Comparison:
        pairs, first = self._pairs(), self._first(EVALUATION)
        self._check(workspace, pairs, first)
        with (
            Rollouts(
                workspace.config, self.engine_asked(), self.device, workspace.outcomes_dir
            ) as rollouts,
            progress(f"compare {workspace.config.task}", pairs) as tick,
        ):

            def on_pair(test: SequentialTest) -> None:
                tally = test.tally
                tick(f"A {tally.only_a}, B {tally.only_b}, p {test.p_value:.2g}")

            return compare(
                workspace, rollouts, self.a, self.b, pairs, first, self.alpha, on_pair,
                on_lost=say_lost,
            )  # fmt: skip

    def _check(self, workspace: Workspace, pairs: int, first_seed: int) -> None:
        """Raise whatever refuses the comparison, before anything is shown or driven."""
        policies_to_compare(workspace, self.a, self.b)
        unseen_seeds(workspace, first_seed, pairs, self.alpha)

    def _pairs(self) -> int:
        return self.episodes or (SCENES if self.blind else PAIRS)

    def _first(self, usual: SeedRange) -> int:
        return usual.first if self.first_seed is None else self.first_seed

    def _blind(self, workspace: Workspace) -> Comparison:
        scenes, first = self._pairs(), self._first(BLIND)
        workspace.lock().release()  # refused where another session records
        self._check(workspace, scenes, first)
        if self.driver != "simulated":
            from ..station.blind_comparison import compare_at_the_window

            return compare_at_the_window(
                workspace, self.a, self.b, scenes, first, self.alpha, operator=self.operator
            )
        with progress(f"blind comparison on {workspace.config.task}", 2 * scenes) as tick:

            def on_episode(number: int, outcome: EpisodeOutcome) -> None:
                tick(f"{outcome.takeovers} takeovers in the last")

            return compare_blind(
                workspace, self.a, self.b, scenes, first, self.alpha, on_episode=on_episode
            )


def found_json(found: Comparison) -> dict[str, Any]:
    """The comparison for scripts; the intervals say in their name how sure they are, as all do."""
    key, values = f"interval{100 * (1 - found.alpha):g}", found.to_json()
    for part in (values, values["a"], values["b"]):
        part[key] = part.pop("interval")
    return values
