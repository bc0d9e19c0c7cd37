"""`sidestick practice` runs rounds of unattended episodes whose successes become data."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ...datasets.workspace import Workspace
from ...policies.policy_choice import PolicyChoice
from ..evaluation.rollouts import Rollouts
from ..learning.background_process import only_learner
from ..session.subscriber import EpisodeOutcome
from .chosen_policy import choice_json, take_policy
from .console import loading, print_json, progress, say, working
from .endings import asked_and_made, say_ending
from .job_options import JobOptions
from .numbers import Count
from .subcommand import DONE, Device, WorkspacePath

if TYPE_CHECKING:
    from ..learning.practice_rounds import PracticeRound, PracticeRounds


@dataclass(frozen=True)
class Practice(JobOptions):
    """Let the policy that drives attempt the task alone, and refit it on its successes too.

    The refitted policy drives only if it passes the gate; else the next round uses the same
    policy, with more data. An interrupted round is resumed, and counts as the first.
    """

    if_interrupted: ClassVar[str] = "the same command goes on with the round that it was in"

    workspace: WorkspacePath
    """Folder of the workspace."""
    rounds: Count = 1
    """Number of rounds of practice and refit."""
    episodes: Count = 100
    """Attempts in each round, on fresh seeds."""
    device: Device = "auto"
    """What networks run on."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Practise and refit, round by round."""
        workspace = Workspace.open(self.workspace)
        with working("looking through the episodes"):
            workspace.recover()
        choice = take_policy(workspace)  # refused here without one
        engine, kept_in = self.engine_asked(), workspace.outcomes_dir
        with (
            only_learner(workspace),
            Rollouts(workspace.config, engine, kept_in=kept_in) as rollouts,
        ):
            with loading():
                from ..learning.practice_rounds import PracticeRounds

            return self.practise(PracticeRounds(workspace, rollouts, notify=say), choice)

    def practise(self, rounds: "PracticeRounds", choice: PolicyChoice) -> int:
        """Run as many rounds as were asked for, and report; `choice` practises first."""
        done = self._all(rounds)
        if self.json:
            print_json({"rounds": [made.to_json() for made in done], **choice_json(choice)})
        else:
            attempts = sum(made.attempts for made in done)
            say(asked_and_made(self.rounds * self.episodes, attempts, "attempt", "made"))
            say_ending(f"{len(done)} rounds of practice", self.workspace, "policies")
        return DONE

    def _all(self, rounds: "PracticeRounds") -> "list[PracticeRound]":
        broken_off = rounds.go_on()
        done = [] if broken_off is None else [broken_off]
        for made in done:
            say(made.label)
        while len(done) < self.rounds:
            done.append(self._round(rounds))
            say(done[-1].label)
        return done

    def _round(self, rounds: "PracticeRounds") -> "PracticeRound":
        label = f"round {rounds.next()}: {rounds.driver()} practises"
        with progress(label, self.episodes) as tick:
            done = {"attempts": 0, "successes": 0}

            def on_outcome(outcome: EpisodeOutcome) -> None:
                done["attempts"] += 1
                done["successes"] += outcome.success
                over = done["attempts"] == self.episodes
                note = "; now it learns from them, and the gate decides" if over else ""
                tick(f"{done['successes']} succeeded{note}")

            return rounds.practise(self.episodes, on_outcome)
