"""A `Judgement` is what one reviewer says of one episode; `KINDS` says what each kind may hold."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from ...sim_envs.errors import BadValue
from ..database_rows import Moment, Step, row_payload
from ..files.decoding import decoded
from ..files.names import episode_name

VERDICT, QUALITY, REASON, STAGE = "verdict", "quality", "reason", "stage"
TRIM, BAD, TAG, UNDO = "trim", "bad", "tag", "undo"
PREDICTION, CLICK, EXCLUSION = "prediction", "click", "exclusion"
PREFERENCE = "preference"
THIS, OTHER, NEITHER = "this", "other", "neither"
DESK, EXPERT, JUDGE = "desk", "expert", "judge"
"""Of a judgement from the judging desk: in its payload, and whose it is; others are experts'."""
SUCCESS, FAILURE = "success", "failure"
ACCEPT, REJECT, CORRECT = "accept", "reject", "correct"
QUALITIES = range(1, 6)
MOST_NUMBERS = 256
"""Of an action; how many it has in this workspace is compared where it is used."""
MOST_EXECUTED = 10_000
"""Steps of a plan that can have been executed."""
COLUMNS = "id, created, operator, episode, kind, start, stop, payload"
"""Of the table, in the order in which `judgement_of` takes them."""


@dataclass(frozen=True)
class Judgement:
    """One judgement of one episode by one reviewer; `kind` determines what `payload` holds.

    | kind | payload | start, stop |
    |---|---|---|
    | verdict | `verdict`: success or failure | |
    | quality | `quality`: 1 (poor) to 5 | |
    | reason | `reasons`: a list, `text`: free | |
    | stage | `stage`: begins at `start` | start |
    | trim | | the steps [start, stop) are kept |
    | bad | | the steps [start, stop) are excluded from training |
    | tag | `tag`: a word | |
    | undo | `of`: number of an own judgement | |
    | prediction | `grade`: accept, reject or correct; `policy`, `actions` (H, A) | start |
    | click | `camera`, `item`, `x`, `y` in pixels | start |
    | exclusion | `excluded`: True or False, `why`: free | |
    | preference | `other`: the id of another episode, `preferred`: this, other or neither | |
    """

    episode: str
    """Id of the episode."""
    kind: str
    """One of `KINDS`."""
    operator: str
    """The reviewer's name."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    """By kind; JSON-compatible."""
    start: Step | None = None
    """First step; None for the whole episode."""
    stop: Step | None = None
    """The step after the last; None for a single step or the whole episode."""
    created: Moment = field(default_factory=time.time)
    """time.time(), s."""
    id: int = 0
    """Its number in the table, in the order of arrival; 0 before it is added."""

    def checked(self) -> Self:
        """Itself; BadValue for values that its kind does not allow."""
        if self.kind not in KINDS:
            raise BadValue("kind of judgement", f"one of {', '.join(KINDS)}", repr(self.kind))
        if not self.operator:
            raise BadValue("operator", "the name of the reviewer", "nothing")
        KINDS[self.kind](self)
        return self


def judgement_of(row: Sequence[Any]) -> Judgement:
    """A row as a judgement; BadValue where it makes no sense."""
    values = dict(zip(COLUMNS.split(", "), row, strict=True))
    values["payload"] = row_payload(values["payload"])
    try:
        return decoded(values, Judgement, "judgement").checked()
    except (TypeError, ArithmeticError) as error:  # such as a list of numbers that holds a text
        raise BadValue("judgement: payload", f"that of a {values['kind']}", error) from None


def _one_of(key: str, *known: object) -> Callable[[Judgement], None]:
    def check(judgement: Judgement) -> None:
        value = judgement.payload.get(key)
        if isinstance(value, bool) or value not in known:
            raise BadValue(key, f"one of {', '.join(map(str, known))}", repr(value))

    return check


def _stretch(judgement: Judgement) -> None:
    start, stop = judgement.start, judgement.stop
    if start is None or stop is None or not 0 <= start < stop:
        raise BadValue(judgement.kind, "steps from start to a later stop", (start, stop))


def _moment(judgement: Judgement) -> None:
    if judgement.start is None or judgement.start < 0:
        raise BadValue(f"step of a {judgement.kind}", "a step of the episode", judgement.start)


def _reason(judgement: Judgement) -> None:
    reasons, text = judgement.payload.get("reasons", []), judgement.payload.get("text", "")
    listed = isinstance(reasons, list | tuple) and all(isinstance(r, str) for r in reasons)
    if not listed or not isinstance(text, str) or not (reasons or text):
        raise BadValue("reason", "a list of words, a text, or both", dict(judgement.payload))


def _text(key: str) -> Callable[[Judgement], None]:
    def check(judgement: Judgement) -> None:
        value = judgement.payload.get(key)
        if not isinstance(value, str) or not value.strip():
            raise BadValue(key, "a word", repr(value))

    return check


def _stage(judgement: Judgement) -> None:
    _moment(judgement)
    _text("stage")(judgement)


def _undo(judgement: Judgement) -> None:
    if not isinstance(judgement.payload.get("of"), int) or judgement.payload["of"] < 1:
        raise BadValue("undo", "the number of a judgement", judgement.payload.get("of"))


def _prediction(judgement: Judgement) -> None:
    _moment(judgement)
    _one_of("grade", ACCEPT, REJECT, CORRECT)(judgement)
    rows, executed = judgement.payload.get("actions"), judgement.payload.get("executed", 1)
    if not isinstance(executed, int) or not 0 <= executed <= MOST_EXECUTED:
        raise BadValue("executed steps of a prediction", f"0 to {MOST_EXECUTED}", executed)
    if not isinstance(rows, list) or not rows:
        raise BadValue("actions of a prediction", "a list of actions", repr(rows)[:80])
    for row in rows:
        fits = 0 < len(row) == len(rows[0]) <= MOST_NUMBERS
        if not fits or not all(math.isfinite(v) and abs(v) <= 1 for v in row):
            expected = "equally long rows of numbers in [-1, 1]"
            raise BadValue("actions of a prediction", expected, row)


def _click(judgement: Judgement) -> None:
    _moment(judgement)
    _text("camera")(judgement)
    _text("item")(judgement)
    place = [judgement.payload.get(axis) for axis in "xy"]
    if not all(isinstance(v, int | float) and math.isfinite(v) and v >= 0 for v in place):
        raise BadValue("click", "x and y in pixels", place)


def _exclusion(judgement: Judgement) -> None:
    given, why = judgement.payload.get("excluded"), judgement.payload.get("why", "")
    if not isinstance(given, bool) or not isinstance(why, str):
        raise BadValue("exclusion", "true or false, and why as text", dict(judgement.payload))


def _preference(judgement: Judgement) -> None:
    episode_name(judgement.payload.get("other"))
    if judgement.payload["other"] == judgement.episode:
        raise BadValue("preference", "two episodes", judgement.episode)
    _one_of("preferred", THIS, OTHER, NEITHER)(judgement)


KINDS: Mapping[str, Callable[[Judgement], None]] = {
    VERDICT: _one_of("verdict", SUCCESS, FAILURE),
    QUALITY: _one_of("quality", *QUALITIES),
    REASON: _reason,
    STAGE: _stage,
    TRIM: _stretch,
    BAD: _stretch,
    TAG: _text("tag"),
    UNDO: _undo,
    PREDICTION: _prediction,
    CLICK: _click,
    EXCLUSION: _exclusion,
    PREFERENCE: _preference,
}
"""The kinds of judgements, each with its validator."""
