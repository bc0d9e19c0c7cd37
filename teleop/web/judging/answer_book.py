"""`AnswerBook` keeps what everybody has answered so far, read from the workspace's judgements.

It reads only what is new. Answers from the windows count too, as an expert's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

from ....datasets.judgements.counting_words import MACHINE
from ....datasets.judgements.judgement import UNDO, Judgement
from ....datasets.judgements.judgements import Judgements
from ....datasets.judgements.reliability import is_expert
from .items import alike, item_key

ANSWER = "answer"
"""In a judgement's payload: the id that the browser chose for it."""


@dataclass
class ItemAnswers:
    """What was answered to one item."""

    judges: dict[str, Judgement] = field(default_factory=dict)
    """Every judge's last answer, by name."""
    expert: Judgement | None = None
    """The last answer of an expert, or of a window."""

    @property
    def disputed(self) -> bool:
        """Whether judges disagree and no expert has settled it."""
        pairs = combinations(self.judges.values(), 2)
        return self.expert is None and not all(alike(*pair) for pair in pairs)


NO_ANSWERS = ItemAnswers()


class AnswerBook:
    """All answers by item."""

    def __init__(self, judgements: Judgements) -> None:
        self.judgements = judgements
        self._read = 0
        self._events: dict[int, Judgement] = {}
        self._items: dict[str, ItemAnswers] = {}
        self._sent: dict[tuple[str, str], Judgement] = {}

    def refresh(self) -> None:
        """Take in what was judged since the last call."""
        for event in self.judgements.all(after=self._read):
            self._read = event.id
            if event.kind == UNDO:
                self._take_back(event)
            elif event.operator != MACHINE:
                self._take_in(event)

    def of(self, key: str) -> ItemAnswers:
        """What was answered to an item."""
        return self._items.get(key, NO_ANSWERS)

    def items(self) -> Mapping[str, ItemAnswers]:
        """All items that were answered, by their keys."""
        return self._items

    def sent(self, operator: str, answer: str) -> Judgement | None:
        """The judgement that an answer became, by the id it was sent with."""
        return self._sent.get((operator, answer))

    def last(self, operator: str, expert: bool) -> Judgement | None:
        """The last answer at the desk that stands, of a judge, or with `expert` of an expert.

        A judge who comes in under an expert's name cannot take back what the expert has settled.
        """
        own = (e for e in reversed(self._events.values()) if e.operator == operator)
        given = (event for event in own if ANSWER in event.payload)
        return next((event for event in given if expert or not is_expert(event)), None)

    def _take_in(self, event: Judgement) -> None:
        key = item_key(event)
        if key is None:
            return
        self._events[event.id] = event
        answers = self._items.setdefault(key, ItemAnswers())
        if is_expert(event):
            answers.expert = event
        else:
            answers.judges[event.operator] = event
        if ANSWER in event.payload:
            self._sent[event.operator, str(event.payload[ANSWER])] = event

    def _take_back(self, undo: Judgement) -> None:
        event = self._events.get(int(undo.payload["of"]))
        if event is None or event.operator != undo.operator:
            return
        del self._events[event.id]
        key = item_key(event)
        assert key is not None  # such an event was not taken in
        self._items[key] = ItemAnswers()
        for left in [e for e in self._events.values() if item_key(e) == key]:
            self._take_in(left)
