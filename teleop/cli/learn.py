"""`sidestick learn` runs the learner, beside a session or by itself."""

import signal
import sys
from dataclasses import dataclass, replace
from types import FrameType
from typing import TYPE_CHECKING, ClassVar

from ...datasets.database import EventEntry
from ...datasets.workspace import Workspace
from ...policies.store import PolicyStore
from ..evaluation.rollouts import InProcessRollouts
from ..learning.acceptance_gate import AcceptanceCriteria
from ..learning.background_process import learn_on, lower_priority, only_learner
from ..learning.candidate_store import describe_update
from ..learning.learner_rules import LearnerRules
from .chosen_policy import choice_json, say_choice
from .console import complain, loading, print_json, say, working
from .numbers import Count, Limit, Share
from .subcommand import DONE, Device, WorkspacePath
from .unused_options import mention_unused

if TYPE_CHECKING:
    from ..learning.learner import Learner

DEFAULTS = LearnerRules()


@dataclass(frozen=True)
class Learn:
    """Learn from finished episodes: finetune after corrections, refit after many new episodes.

    A new policy drives only if it passes the gate. A session in another terminal switches to it
    between two episodes; `sidestick drive --learn` starts this command by itself.
    """

    if_interrupted: ClassVar[str] = "the same command goes on where it stopped"

    workspace: WorkspacePath
    """Folder of the workspace."""
    watch: bool = False
    """Run until stopped, and learn from episodes as they are added."""
    gate_pairs: Count = DEFAULTS.gate.pairs
    """Most seeds that a new policy, the present one and the reference drive at the gate."""
    margin: Share = DEFAULTS.gate.margin
    """Drop in the success rate from which on a new policy counts as worse."""
    selection_episodes: Limit = DEFAULTS.selection
    """Episodes that each checkpoint of a refit drives before one is chosen; 0 keeps the last."""
    refit: Count = DEFAULTS.schedule.refit
    """New episodes after which the policy is refitted from the base."""
    nudge_steps: Count = DEFAULTS.schedule.nudge_steps
    """New human-driven steps after which the policy is finetuned."""
    parent: Count | None = None
    """Number of the process that started this one; when it ends, this one ends too."""
    device: Device = "auto"
    """What networks run on."""
    json: bool = False
    """Report as JSON on standard output (not with --watch)."""

    def run(self) -> int:
        """Learn what is due."""
        if self.watch:
            mention_unused(self, "with --watch", ("json",))
        signal.signal(signal.SIGTERM, _leave)
        workspace, rules = Workspace.open(self.workspace), self._rules()
        lower_priority(self.parent)
        with loading():
            from ..learning.learner import Learner

        say(f"the gate: {rules.gate.scope}")
        with only_learner(workspace), InProcessRollouts(workspace.config) as rollouts:
            choice = PolicyStore(workspace.policies_dir).choice()
            if choice is not None:
                say_choice(workspace, choice)
            learner = Learner(workspace, rollouts, rules, say)
            if self.watch:
                learn_on(learner, lambda event: say(describe_update(event)), complain)
            events = self._all(learner)
        if self.json:
            decided = [dict(event.payload) for event in events]
            print_json({"gate": decided, **choice_json(choice)})
        elif not events:
            say("nothing to learn: no new episodes, or too few")
        return DONE

    def _all(self, learner: "Learner") -> list[EventEntry]:
        """Learn until nothing is due any more."""
        events: list[EventEntry] = []
        while True:
            with working("learning"):
                event = learner.step()
            if event is None:
                return events
            say(describe_update(event))
            events.append(event)

    def _rules(self) -> LearnerRules:
        schedule = replace(DEFAULTS.schedule, refit=self.refit, nudge_steps=self.nudge_steps)
        gate: AcceptanceCriteria = replace(DEFAULTS.gate, pairs=self.gate_pairs, margin=self.margin)
        return replace(DEFAULTS, schedule=schedule, gate=gate, selection=self.selection_episodes)


def _leave(number: int, frame: FrameType | None) -> None:
    """End on SIGTERM: what is on disk is whole, and the next learner goes on from it."""
    sys.exit(DONE)
