"""`compare_at_the_window` lets an operator supervise two policies without knowing which drives.

`cli.compare` calls it with two policies, and gets a Comparison of the operator's verdicts.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from ...datasets.workspace import Workspace
from ..devices.settings import operator_name
from ..evaluation.compare import Comparison, policies_to_compare, stopped, unseen_seeds
from ..evaluation.compare_blind import (
    BlindTrial,
    BlindVotes,
    blind_effort,
    finish,
    schedule,
    supervised,
)
from ..session.assignment import Assignment
from ..session.subscriber import EpisodeOutcome
from .live_episode import OperatorEpisode
from .loop import StationLoop
from .options import StationOptions
from .run import OnTurn, open_station

HIDDEN = "A or B"
"""How the window names the policy."""


@dataclass
class BlindEpisodes(OperatorEpisode):
    """Goes through the scenes of a schedule, each with the policy whose turn it is."""

    turns: list[BlindTrial] = field(default_factory=list)
    both: tuple[Assignment, ...] = ()
    """A's and B's; episode files name the policy, only the window does not."""
    blind_votes: BlindVotes = field(default_factory=BlindVotes)
    on_vote: Callable[[], object] = lambda: None
    votes: int = 0
    """Number of votes so far; a turn without a vote comes again."""

    @property
    def note(self) -> str:
        """How far the comparison is."""
        pairs = self.blind_votes.test.tally.pairs
        return f"blind comparison: {pairs} of at most {len(self.turns) // 2} pairs are done"

    @property
    def turn(self) -> BlindTrial:
        """The present scene, and the policy that drives it."""
        return self.turns[min(self.votes, len(self.turns) - 1)]

    def reset(self) -> None:
        """Reset to the scene of the turn; it is the same one until there is a vote."""
        turn = self.turn
        self.seed = turn.seed
        self.session.assign(self.both[turn.side])
        super().reset()

    def end(
        self, verdict: bool, complete: bool = True, discarded: bool = False
    ) -> EpisodeOutcome | None:
        """End the episode; a complete one that is kept is a vote."""
        turn = self.turn
        outcome = super().end(verdict, complete, discarded)
        if outcome is not None and outcome.complete:
            self.blind_votes.add(turn, outcome)
            self.votes += 1
            self.on_vote()
        return outcome


def compare_at_the_window(
    workspace: Workspace,
    a: str,
    b: str,
    scenes: int,
    first_seed: int,
    alpha: float,
    on_turn: OnTurn = lambda loop: None,
    operator: str | None = None,
) -> Comparison:
    """Open the window, let the operator supervise both, and reveal afterwards which was which.

    `on_turn` is called after every step of the event loop. Raises NoDisplay without a screen;
    leaving early is fine, the votes so far count.
    """
    both = policies_to_compare(workspace, a, b)
    turns = schedule(unseen_seeds(workspace, first_seed, scenes, alpha), random.SystemRandom())
    blind_votes, effort = BlindVotes(alpha), blind_effort(workspace)
    options = StationOptions(shown_policy=HIDDEN, operator=operator or operator_name())
    assigned = tuple(supervised(workspace, ref) for ref in both)
    with open_station(workspace, options, assigned[0], [effort]) as station:
        live = BlindEpisodes(station.session, turns=turns, both=assigned, blind_votes=blind_votes)
        loop = station.loop(live)
        live.on_vote = lambda: _leave_when_decided(loop, blind_votes, scenes)
        station.run(loop, on_turn)
        effort.enter()
    why = stopped(blind_votes.test, scenes - blind_votes.test.tally.pairs)
    return finish(workspace, blind_votes, both, why)


def _leave_when_decided(loop: StationLoop, blind_votes: BlindVotes, scenes: int) -> None:
    if stopped(blind_votes.test, scenes - blind_votes.test.tally.pairs):
        loop.leave()
