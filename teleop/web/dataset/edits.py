"""`Edits` writes what people judge in the browser into the workspace's judgements, and undoes it.

An edit carries an id that the browser chose. Sent twice, as after a cut connection, it counts once.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ....datasets.judgements.judgement import (
    BAD,
    EXCLUSION,
    QUALITY,
    REASON,
    STAGE,
    TAG,
    TRIM,
    UNDO,
    VERDICT,
    Judgement,
)
from ....datasets.judgements.judgement_state import not_undone
from ....datasets.judgements.judgements import Judge
from ....sim_envs.errors import BadValue
from .library import Library

EDITABLE: Mapping[str, frozenset[str]] = {
    VERDICT: frozenset({"verdict"}),
    QUALITY: frozenset({"quality"}),
    REASON: frozenset({"reasons", "text"}),
    STAGE: frozenset({"stage"}),
    TRIM: frozenset(),
    BAD: frozenset(),
    TAG: frozenset({"tag"}),
    EXCLUSION: frozenset({"excluded", "why"}),
}
"""Kinds of judgements that the dataset page writes, and what each may hold."""
ANSWER = "answer"
"""In a judgement's payload: the id with which the browser sent it."""
LONGEST_ANSWER, LONGEST_TEXT, MOST_REASONS = 64, 1000, 20


@dataclass(frozen=True)
class Edit:
    """What a browser sends."""

    answer: str
    """Chosen by the browser, another for each edit."""
    episode: str
    kind: str
    start: int | None = None
    stop: int | None = None
    payload: dict[str, Any] = field(default_factory=dict)


class Edits:
    """Writes the edits of all visitors."""

    def __init__(self, library: Library) -> None:
        self._library, self._writing = library, threading.Lock()

    def write(self, operator: str, edit: Edit) -> Judgement:
        """Write an edit; the judgement it became before, where it was written already.

        UnknownName for an episode that is not there, BadValue for what cannot be said of it.
        """
        if edit.kind not in EDITABLE:
            raise BadValue("kind of edit", f"one of {', '.join(EDITABLE)}", repr(edit.kind)[:60])
        if not 8 <= len(edit.answer) <= LONGEST_ANSWER or not edit.answer.isalnum():
            raise BadValue("answer", "8 to 64 letters and digits", repr(edit.answer[:80]))
        _check_payload(edit)
        steps = self._library.summary(edit.episode).steps
        if max(edit.start or 0, (edit.stop or 1) - 1) >= steps:
            raise BadValue("steps", f"within the {steps} of the episode", (edit.start, edit.stop))
        with self._writing:
            written = self._written(operator, edit)
            if written is not None:
                return written
            judge = Judge(self._library.workspace, operator)
            payload = {**edit.payload, ANSWER: edit.answer}
            return judge.say(edit.episode, edit.kind, edit.start, edit.stop, **payload)

    def undo(self, operator: str) -> Judgement | None:
        """Undo a visitor's last judgement that stands, and return it; None where there is none."""
        with self._writing:
            last = self.last(operator)
            if last is not None:
                Judge(self._library.workspace, operator).undo(last)
            return last

    def last(self, operator: str) -> Judgement | None:
        """A visitor's last judgement that was not undone."""
        events = not_undone(self._library.judgements.all())
        own = [event for event in events if event.operator == operator and event.kind != UNDO]
        return own[-1] if own else None

    def _written(self, operator: str, edit: Edit) -> Judgement | None:
        """The judgement that this edit became, if it was written."""
        for event in self._library.judgements.all(edit.episode):
            if event.operator == operator and event.payload.get(ANSWER) == edit.answer:
                return event
        return None


def _check_payload(edit: Edit) -> None:
    """BadValue for keys that such an edit has not, and for more words than a person types."""
    if odd := sorted(set(edit.payload) - EDITABLE[edit.kind]):
        known = ", ".join(sorted(EDITABLE[edit.kind])) or "nothing"
        raise BadValue(f"payload of a {edit.kind}", known, ", ".join(odd)[:60])
    reasons = edit.payload.get("reasons", ())
    words = [*reasons] if isinstance(reasons, list) else []
    texts = [text for text in (*edit.payload.values(), *words) if isinstance(text, str)]
    if max(map(len, texts), default=0) > LONGEST_TEXT or len(words) > MOST_REASONS:
        expected = f"at most {LONGEST_TEXT} characters, and {MOST_REASONS} reasons"
        raise BadValue("text", expected, "more")
