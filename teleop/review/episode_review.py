"""`EpisodeReview` turns a reviewer's actions into judgements of one episode after the other.

`EpisodeWindow` passes it actions and time, and draws its state; judgements go to the database.
"""

import time
from collections.abc import Callable, Iterable

from ...datasets.episode import Episode
from ...datasets.judgements.judgement import (
    FAILURE,
    QUALITIES,
    QUALITY,
    REASON,
    SUCCESS,
    TAG,
    VERDICT,
)
from ...datasets.judgements.judgement_state import ResolvedJudgements, resolved
from ...datasets.judgements.judgements import Judge
from ...datasets.workspace import Workspace
from ...sim_envs.errors import DamagedFile
from .episode_actions import REASONS, TAGS, EpisodeAction
from .judgement_writer import JudgementWriter, Marks, Menu, ReviewSpeed
from .playback import MOVES, Playback, TimelineMark, bad_stretch, next_stage, trimmed
from .review_queue import Priority, ReviewQueue

MARKING = frozenset(
    {EpisodeAction.BAD, EpisodeAction.TRIM_START, EpisodeAction.TRIM_END, EpisodeAction.STAGE}
)
NOTICE_S = 2.5
"""How long a short message is shown, s."""


class EpisodeReview:
    """The episode that is shown, its playback, judgements and menus; draws nothing."""

    def __init__(
        self,
        workspace: Workspace,
        operator: str,
        only: Iterable[str] = (),
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.writer, self.clock = JudgementWriter(Judge(workspace, operator)), clock
        self.queue = ReviewQueue(workspace, operator, only)
        self.player = Playback(hz=workspace.config.control_hz)
        self.review_speed = ReviewSpeed(clock, began=clock())
        self.marks = Marks()
        self.episode: Episode | None = None
        self.stands = ResolvedJudgements()
        self.priority = Priority()
        self.help = self.over = False
        self._visited: list[str] = []
        self._notice = ("", 0.0)
        self._go_on()

    @property
    def name(self) -> str | None:
        """Id of the episode that is shown; None when none is left."""
        return self.episode.summary.id if self.episode else None

    @property
    def notice(self) -> str:
        """The short message that is shown now; empty when there is none."""
        return self._notice[0] if self.clock() < self._notice[1] else ""

    def show_notice(self, words: str) -> None:
        """Show a short message for `NOTICE_S`."""
        self._notice = (words, self.clock() + NOTICE_S)

    def pass_time(self, seconds: float, scrub: float = 0.0) -> None:
        """Play on; with `scrub` in [-1, 1], negative backward, scrub instead."""
        if abs(scrub) > 0.05:
            self.player.playing = False
            self.player.go(self.player.position + scrub * seconds * self.player.hz * 8)
        else:
            self.player.pass_time(seconds)
        self.queue.look_ahead(self.name)

    def shown(self) -> None:
        """Write the deferred verdict, now that the next episode is on the screen."""
        self.review_speed.shown()
        self._flush()

    def do(self, action: EpisodeAction) -> None:
        """Carry out one action."""
        self._flush()
        if action is EpisodeAction.QUIT and not (self.marks.menu or self.help):
            self.over = True
        elif action is EpisodeAction.HELP or self.help:
            self.help = not self.help
        elif self.marks.menu is not None:
            self._choose(action, self.marks.menu)
        elif action is EpisodeAction.UNDO:
            self._undo()
        elif action is EpisodeAction.PREVIOUS:
            self._go_back()
        elif self.episode is not None:
            self._act(action, self.episode)

    def write(self, text: str) -> None:
        """Append typed characters to the text of the reason, while one is written."""
        if self.marks.text is not None:
            self.marks.text += text

    def end_writing(self, keep: bool) -> None:
        """Keep the typed text as the text of the reason, or drop it."""
        text, self.marks.text = self.marks.text, None
        if keep and text and text.strip():
            self.say(REASON, reasons=list(self.stands.reasons), text=text.strip())

    def say(
        self, kind: str, start: int | None = None, stop: int | None = None, **payload: object
    ) -> None:
        """Write one judgement on the episode that is shown; of its steps [start, stop) if given."""
        if self.name is not None:
            self.writer.write(self.name, kind, start, stop, **payload)
            self._flush()
            self._refresh()

    def close(self) -> None:
        """Write the deferred verdict, and stop reading ahead."""
        self.queue.close()
        self.writer.close()

    def _flush(self) -> None:
        self.writer.flush()
        if self.writer.refused:
            self.show_notice(self.writer.refused)
            self.writer.refused = ""

    def _act(self, action: EpisodeAction, episode: Episode) -> None:
        if action in (EpisodeAction.SUCCESS, EpisodeAction.FAILURE):
            self._verdict(SUCCESS if action is EpisodeAction.SUCCESS else FAILURE)
        elif action.number in QUALITIES:
            self.say(QUALITY, quality=action.number)
        elif action is EpisodeAction.REASON:
            self.marks.menu = Menu("Why?", REASON, REASONS)
        elif action is EpisodeAction.TAG:
            self.marks.menu = Menu("Tag it", TAG, TAGS)
        elif action is EpisodeAction.WRITE:
            self.marks.text, self.player.playing = self.stands.text, False
        elif action in MARKING:
            self._mark(action, episode)
        elif action is EpisodeAction.NEXT:
            self._go_on(skip=True)
        elif action in MOVES:
            MOVES[action](self.player)

    def _verdict(self, verdict: str) -> None:
        name = self.name
        assert name is not None
        self.review_speed.verdict()
        self.writer.write_later(name, verdict)
        self.queue.open.discard(name)
        self._go_on()

    def _go_on(self, skip: bool = False) -> None:
        """Show the episode of the highest priority; a skipped one comes last."""
        current = self.name
        if current is not None:
            self._visited.append(current)
            if skip and current in self.queue.open:
                priority = self.queue.priorities[current]
                self.queue.priorities[current] = Priority(priority.value - 1000.0, priority.why)
        while (name := self.queue.next(current)) is not None:
            if self._show(name):
                return
            self.queue.open.discard(name)
        if current is None or current not in self.queue.open:
            self.episode = None

    def _go_back(self) -> None:
        while self._visited and not self._show(self._visited.pop()):
            continue

    def _show(self, name: str) -> bool:
        """Show an episode; False, with a message, where it cannot be read."""
        try:
            self.episode = self.queue.prefetcher.take(name)
        except DamagedFile as error:
            self.show_notice(f"passed over: {error}")
            return False
        self.priority = self.queue.priorities.get(name, Priority())
        self.marks = Marks()
        self.player.load(len(self.episode))
        self._refresh()
        self.queue.look_ahead(name)
        return True

    def _refresh(self) -> None:
        self.stands = (
            resolved(self.writer.judge.judgements.all(self.name))
            if self.name
            else ResolvedJudgements()
        )

    def _undo(self) -> None:
        if self.marks.bad_from is not None:
            self.marks.bad_from = None
            return
        last = self.writer.take_back()
        if last is None:
            self.show_notice("nothing to take back")
            return
        if last.kind == VERDICT:
            self.queue.open.add(last.episode)
            self.review_speed.done = self.review_speed.done[:-1]
        if last.episode != self.name:
            if self.name is not None:
                self._visited.append(self.name)
            self._show(last.episode)
        self._refresh()
        self.show_notice(f"taken back: {last.kind}")

    def _choose(self, action: EpisodeAction, menu: Menu) -> None:
        self.marks.menu, item = menu.answered(action)
        if item is None:
            return
        if menu.kind == TAG:
            self.say(TAG, tag=item)
        else:
            reasons = list(dict.fromkeys([*self.stands.reasons, item]))
            self.say(REASON, reasons=reasons, text=self.stands.text)

    def _mark(self, action: EpisodeAction, episode: Episode) -> None:
        step, begun = self.player.step, self.marks.bad_from
        if action is EpisodeAction.BAD and begun is None:
            self.marks.bad_from = step
            marked = TimelineMark(label="a bad stretch begins here; press again where it ends")
        elif action is EpisodeAction.BAD and begun is not None:
            self.marks.bad_from = None
            marked = bad_stretch(begun, step)
        elif action is EpisodeAction.STAGE:
            marked = next_stage(self.stands, episode.summary.header.stages, step)
        else:
            marked = trimmed(self.stands, len(episode), step, action is EpisodeAction.TRIM_START)
        if marked.label:
            self.show_notice(marked.label)
        if marked.kind is not None:
            self.say(marked.kind, marked.start, marked.stop, **marked.payload)
