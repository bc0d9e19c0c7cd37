"""`Desk` hands items to judges, one at a time, and writes their answers as judgements.

An item is leased for a minute. A share of the items is answered by several; where they disagree,
it comes back to an expert. Items that an expert has answered are gold: a judge's answer to one
tells how far the judge can be trusted.
"""

import contextlib
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ....datasets.judgements.judgement import DESK, EXPERT, JUDGE, Judgement
from ....datasets.judgements.judgements import Judge
from ....sim_envs.errors import BadValue, SidestickError
from ..dataset.library import Library
from .answer_book import ANSWER, AnswerBook, ItemAnswers
from .items import JUDGED_AS, Item, ItemKind
from .kept_ranking import KeptRanking
from .stock import Stock

LEASE_S = 60.0
GOLD_SHARE = 0.1
"""So often a judge gets an item whose answer is known."""


class TooLate(SidestickError):
    """A lease is over, and the item is answered or with somebody else."""


@dataclass
class Lease:
    """An item in the hands of one judge."""

    id: str
    item: Item
    operator: str
    expert: bool
    until: float
    """s of the clock; whoever answers later may find it answered."""
    swapped: bool = False
    """Whether a pair is shown with its second episode on the left."""


@dataclass
class Desk:
    """The items of a workspace, who has which, and the answers."""

    library: Library
    stock: Stock
    clock: Callable[[], float] = time.monotonic
    chance: random.Random = field(default_factory=random.SystemRandom)
    gold_share: float = GOLD_SHARE

    def __post_init__(self) -> None:
        self.book = AnswerBook(self.library.judgements)
        self.ranking = KeptRanking()
        self._leases: dict[str, Lease] = {}
        self._lock = threading.RLock()

    def next(self, operator: str, kind: ItemKind, expert: bool = False) -> Lease | None:
        """Lease the next item of a kind to somebody; None where nothing is left for them."""
        found = self._next(operator, kind, expert)
        if found is None and not expert and self.stock.renewed(kind):
            found = self._next(operator, kind, expert)
        return found

    def _next(self, operator: str, kind: ItemKind, expert: bool) -> Lease | None:
        items = self.stock.items(kind)
        with self._lock:
            self.book.refresh()
            self._drop_old(operator)
            held = self._held()
            found = self._gold(operator, items) if not expert else None
            found = found or self._open(operator, items, held, expert)
            if found is None:
                return None
            swapped = kind is ItemKind.PAIR and self.chance.random() < 0.5
            lease = Lease(
                secrets.token_hex(8), found, operator, expert, self.clock() + LEASE_S, swapped
            )
            self._leases[lease.id] = lease
            return lease

    def lease(self, operator: str, name: str) -> Lease:
        """A lease that somebody has, or had within the last minutes; TooLate for no other."""
        with self._lock:
            found = self._leases.get(name)
        if found is None or found.operator != operator:
            raise TooLate("this item is not yours any more; go on with the next")
        return found

    def answer(self, operator: str, name: str, answer: str, value: object) -> Judgement:
        """Write an answer; the judgement it became before, where it was sent already.

        TooLate where the lease is over and the item is needed no more, BadValue for no answer.
        """
        if not 8 <= len(answer) <= 64 or not answer.isalnum():
            raise BadValue("answer", "an id of 8 to 64 letters and digits", repr(answer[:80]))
        with self._lock:
            self.book.refresh()
            written = self.book.sent(operator, answer)
            if written is not None:
                return written
            lease = self.lease(operator, name)
            if lease.until < self.clock() and not self._wanted(lease):
                raise TooLate("this item was answered meanwhile; go on with the next")
            judgement = self._write(lease, answer, value)
            del self._leases[name]
            self.book.refresh()
            return judgement

    def undo(self, operator: str, expert: bool = False) -> Judgement | None:
        """Take back somebody's last answer at the desk; None where there is none."""
        with self._lock:
            self.book.refresh()
            last = self.book.last(operator, expert)
            if last is not None:
                Judge(self.library.workspace, operator).undo(last)
                self.book.refresh()
            return last

    def give_back(self, operator: str, name: str) -> None:
        """Let others have an item at once that somebody does not want to answer."""
        with self._lock:
            self.lease(operator, name).until = self.clock()

    def open_count(self, operator: str, kind: ItemKind, expert: bool = False) -> int:
        """How many items of a kind are left for somebody."""
        items = self.stock.items(kind)
        with self._lock:
            self.book.refresh()
            held = self._held()
            return sum(self._is_open(operator, item, held, expert) for item in items)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Mapping[str, ItemAnswers]]:
        """All items that were answered, while nobody answers."""
        with self._lock:
            self.book.refresh()
            yield self.book.items()

    def _write(self, lease: Lease, answer: str, value: object) -> Judgement:
        item = lease.item
        payload = item.payload(value)
        start, stop = item.steps(value)
        steps = self.library.summary(item.episode).steps
        if max(start or 0, (stop or 1) - 1) >= steps:
            raise BadValue("answer", f"steps within the {steps} of the episode", (start, stop))
        judge = Judge(self.library.workspace, lease.operator)
        role = EXPERT if lease.expert else JUDGE
        own = {**payload, DESK: role, ANSWER: answer}
        return judge.say(item.episode, JUDGED_AS[item.kind], start, stop, **own)

    def _gold(self, operator: str, items: list[Item]) -> Item | None:
        """An item that an expert has answered and this judge has not, now and then."""
        if self.chance.random() >= self.gold_share:
            return None
        gold = [item for item in items if self._is_gold(operator, item)]
        return self.chance.choice(gold) if gold else None

    def _is_gold(self, operator: str, item: Item) -> bool:
        answers = self.book.of(item.key)
        expert = answers.expert
        own = operator in answers.judges
        return expert is not None and expert.operator != operator and not own

    def _open(
        self, operator: str, items: list[Item], held: dict[str, set[str]], expert: bool
    ) -> Item | None:
        return next((i for i in items if self._is_open(operator, i, held, expert)), None)

    def _is_open(self, operator: str, item: Item, held: dict[str, set[str]], expert: bool) -> bool:
        """Whether somebody may be asked: judges what is not answered, experts what is disputed."""
        answers, holders = self.book.of(item.key), held.get(item.key, set()) - {operator}
        if answers.expert is not None:
            return False
        if expert:
            return answers.disputed and not holders
        others = {*answers.judges, *holders}
        return operator not in answers.judges and len(others) < item.needed

    def _wanted(self, lease: Lease) -> bool:
        """Whether the answer of an old lease is still needed."""
        if self.book.of(lease.item.key).expert is not None:
            return self._is_gold(lease.operator, lease.item)
        return self._is_open(lease.operator, lease.item, self._held(), lease.expert)

    def _held(self) -> dict[str, set[str]]:
        """Who has which item now."""
        held: dict[str, set[str]] = {}
        for lease in self._leases.values():
            if lease.until >= self.clock():
                held.setdefault(lease.item.key, set()).add(lease.operator)
        return held

    def _drop_old(self, operator: str) -> None:
        """Forget leases of ten minutes ago, and end the one that somebody has now."""
        now = self.clock()
        self._leases = {n: x for n, x in self._leases.items() if x.until > now - 10 * LEASE_S}
        for lease in self._leases.values():
            if lease.operator == operator:
                lease.until = min(lease.until, now - 1e-6)
