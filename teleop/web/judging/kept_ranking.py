"""`KeptRanking` ranks the policies again only when an answer to a pair, or an episode, is new.

A bootstrap takes a tenth of a second, and the page asks after each answer.
"""

from collections.abc import Sequence

from ....datasets.judgements.judgement import Judgement
from ...evaluation.pair_ranking import RankedPolicy, Wins, preferences, rank_policies
from ..dataset.library import Library


class KeptRanking:
    """The last ranking, and what it was made of."""

    def __init__(self) -> None:
        self._of: list[Wins] = []
        self._found: list[RankedPolicy] = []

    def of(self, library: Library, events: Sequence[Judgement]) -> list[RankedPolicy]:
        """The policies by the pairs that people judged."""
        policies = {s.id: s.header.policy_id or "" for s in library.summaries()}
        given = preferences(events, policies)
        if given != self._of:
            self._found, self._of = rank_policies(given), given
        return self._found
