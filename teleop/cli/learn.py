"""`sidestick learn`: the background learner, beside a session or by itself."""

import signal
import sys
from dataclasses import dataclass, replace
from types import FrameType

from ...datasets.database import EventEntry
from ...datasets.workspace import Workspace
from ..evaluation.rollouts import InProcessRollouts
from ..learning.acceptance_gate import AcceptanceCriteria
from ..learning.background_process import learn_on, lower_priority, only_learner
from ..learning.candidate_store import describe_update
from ..learning.learner import Learner, LearnerRules
from .console import complain, print_json, say
from .subcommand import DONE, WorkspacePath

DEFAULTS = LearnerRules()


@dataclass(frozen=True)
class Learn:
    """Learn from the finished episodes: nudge after corrections, refit after a round.

    New weights drive only after they have passed the gate. A session in another window takes them
    up between two episodes; `sidestick drive --learn` starts this by itself.
    """

    workspace: WorkspacePath
    """Folder of the workspace."""
    watch: bool = False
    """Go on for ever: learn from every episode that is added."""
    pairs: int = DEFAULTS.gate.pairs
    """Seeds that a candidate and the present policy both drive at the gate, at most."""
    selection_episodes: int = DEFAULTS.selection
    """Episodes that each checkpoint of a refit drives before one is chosen; 0 takes the last."""
    refit: int = DEFAULTS.planned_update.refit
    """New episodes after which the policy is refitted from the base."""
    nudge_steps: int = DEFAULTS.planned_update.nudge_steps
    """New human-driven steps after which it is nudged."""
    parent: int | None = None
    """End when the process of this number, which started this one, is gone."""
    json: bool = False
    """Report as JSON on standard output (not with --watch)."""

    def run(self) -> int:
        """Learn what is due."""
        lower_priority(self.parent)
        signal.signal(signal.SIGTERM, _leave)
        workspace = Workspace.open(self.workspace)
        with only_learner(workspace), InProcessRollouts(workspace.config) as soloist:
            learner = Learner(workspace, soloist, self._rules(), say)
            if self.watch:
                learn_on(learner, lambda event: say(describe_update(event)), complain)
            events = self._all(learner)
        if self.json:
            print_json({"gate": [dict(event.payload) for event in events]})
        elif not events:
            say("nothing to learn: no new episodes, or too few")
        return DONE

    def _all(self, learner: Learner) -> list[EventEntry]:
        """Until nothing is due any more."""
        events: list[EventEntry] = []
        while (event := learner.step()) is not None:
            say(describe_update(event))
            events.append(event)
        return events

    def _rules(self) -> LearnerRules:
        planned_update = replace(
            DEFAULTS.planned_update, refit=self.refit, nudge_steps=self.nudge_steps
        )
        gate: AcceptanceCriteria = replace(DEFAULTS.gate, pairs=self.pairs)
        return replace(
            DEFAULTS, planned_update=planned_update, gate=gate, selection=self.selection_episodes
        )


def _leave(number: int, frame: FrameType | None) -> None:
    """A polite end: whatever is on the disk is whole, and the next learner goes on from it."""
    sys.exit(DONE)
