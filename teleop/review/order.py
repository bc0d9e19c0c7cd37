"""Which episode comes next: those of most worth first, read and scored ahead."""

from collections.abc import Iterable
from pathlib import Path

from ...datasets.episode import Episode
from ...datasets.judgements import VERDICT, Judgements
from ...datasets.standing import standing_events, standings
from ...datasets.workspace import Workspace
from ...sim_envs.errors import DamagedFile
from .stock import Stock
from .worth import Worth, audits, best, first_worth, full_worth, is_audited

AHEAD = 3
"""Episodes that are read ahead."""
JUDGED_BY_OTHERS = -100.0
"""Added to the worth of an episode that somebody else has judged undisputed."""


class Order:
    """The episodes that one person has given no verdict on, by worth."""

    def __init__(self, workspace: Workspace, operator: str, only: Iterable[str] = ()) -> None:
        self.summaries = {summary.id: summary for summary in workspace.summaries()}
        judgements = Judgements(workspace.db_path)
        self._stands = standings(judgements)
        self._audits = audits(judgements)
        spoken = [e for e in standing_events(judgements.all()) if e.kind == VERDICT]
        own = {event.episode for event in spoken if event.operator == operator}
        self._others = {event.episode for event in spoken if event.operator != operator}
        wanted = set(only)
        self.open = {n for n in self.summaries if (n in wanted if wanted else n not in own)}
        """Without an own verdict."""
        self.total = len(self.open)
        self.worths = {name: self._first(name) for name in self.open}
        self._unscored = sorted(self.open, key=lambda name: -self.worths[name].value)
        self.stock = Stock(self._path, self._score_one)

    @property
    def scoring(self) -> int:
        """How many episodes' arrays have not been looked at yet."""
        return len(self._unscored)

    def look_ahead(self, current: str | None = None) -> list[str]:
        """The next ones at this moment; they are read in the background."""
        names = self.open - {current}
        ahead: list[str] = []
        worths = {name: self.worths[name] for name in names}
        while worths and len(ahead) < AHEAD:
            name = best(worths)
            assert name is not None
            del worths[name]
            ahead.append(name)
        self.stock.want(([current] if current else []) + ahead)
        return ahead

    def next(self, current: str | None = None) -> str | None:
        """The best one that is there at once, of the next ones; None when all are judged."""
        ahead = self.look_ahead(current)
        return next((name for name in ahead if self.stock.has(name)), ahead[0] if ahead else None)

    def close(self) -> None:
        """Stop reading."""
        self.stock.close()

    def _first(self, name: str) -> Worth:
        summary = self.summaries[name]
        audited = is_audited(summary, self._audits)
        return self._discounted(name, first_worth(summary, self._stands.get(name), audited))

    def _discounted(self, name: str, worth: Worth) -> Worth:
        stands = self._stands.get(name)
        if name in self._others and not (stands and stands.disputed):
            return Worth(worth.value + JUDGED_BY_OTHERS, (*worth.why, "a second opinion"))
        return worth

    def _path(self, name: str) -> Path:
        path = self.summaries[name].path
        assert path is not None  # it was read from there
        return path

    def _score_one(self) -> bool:
        """Score one more episode; called by the reading thread when it has nothing to read."""
        if not self._unscored:
            return False
        name = self._unscored.pop(0)
        summary = self.summaries[name]
        if summary.path is not None:
            try:
                episode = Episode.read(summary.path, images=False)
            except DamagedFile:
                return True
            audited = is_audited(summary, self._audits)
            worth = full_worth(episode, self._stands.get(name), audited)
            self.worths[name] = self._discounted(name, worth)
        return True
