"""The values that rows of the database may hold, for `database` and `judgements`.

Whoever wrote a row, what reads it must not stumble: what a payload says under a known key has the
type of that key. Other keys, of other versions, are left as they are.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from ..sim_envs.errors import BadValue
from .files.decoding import decoded, parsed_json
from .files.names import PATTERN
from .summary import END_OF_TIME_S

MOST_PAYLOAD_BYTES = 2**24
"""Longest payload; an evaluation of ten thousand episodes has one of a megabyte."""
Moment = Annotated[float, msgspec.Meta(ge=0, lt=END_OF_TIME_S)]
"""time.time(), s."""
Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Number = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Count = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
Step = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
"""Of an episode; which range a judgement allows depends on its kind."""
LevelNumber = Annotated[int, msgspec.Meta(ge=0, le=5)]


class EvaluatedEpisode(msgspec.Struct):
    """One episode of an evaluation or comparison."""

    seed: Number = 0
    success: bool = False
    length: Count = 0
    stage: str | Number | None = None
    progress: float | None = None


class EvaluationPayload(msgspec.Struct):
    """Of an evaluation."""

    per_episode: list[EvaluatedEpisode] = []


class EffortPayload(msgspec.Struct):
    """Of an entry in the ledger."""

    successes: Count = 0
    switches: Count = 0
    requests: Count = 0
    answered: Count = 0
    steps_human: Count = 0
    steps_policy: Count = 0
    counted: list[str] = []
    failed_seeds: list[Number] = []
    takeover_s: list[Seconds] = []


class EpisodePayload(msgspec.Struct):
    """Of what happened in or to an episode."""

    episode: str | None = None
    policy: str | None = None
    task: str = ""
    audited: bool = False


class BeginningPayload(msgspec.Struct):
    """Of an episode that begins, see `effort_ledger`; its id names files."""

    episode: Annotated[str, msgspec.Meta(pattern=PATTERN)]
    run: str
    kind: str
    round: Number
    policy: str | None
    audited: bool = False
    details: dict[str, Any] = {}


class LevelPayload(msgspec.Struct):
    """Of a change of level."""

    before: LevelNumber = 0
    after: LevelNumber = 0
    policy: str | None = None
    why: str = ""
    evidence: str = ""


class SwapPayload(msgspec.Struct):
    """Of a switch from one policy to another."""

    policy: str | None = None
    before: str | None = None


class GatePayload(msgspec.Struct):
    """Of the gate's decision on a policy; a candidate's has a token."""

    policy: str | None = None
    passed: bool = False
    verdict: str = ""
    reasons: list[str] = []
    compared_with: str | None = None
    kind: str = ""
    parent: str | None = None
    episodes: list[str] = []
    fresh: list[str] = []
    token: str | None = None
    occasion: dict[str, str | Number | None] = {}
    solved: dict[Annotated[str, msgspec.Meta(pattern=r"^\d{1,18}$")], Any] = {}


class GateSeedsPayload(msgspec.Struct):
    """Of seeds that the gate is about to compare policies on: the first, and how many."""

    seeds: tuple[Count, Count]


class ComparedPolicy(msgspec.Struct):
    """One policy of a comparison."""

    policy: str
    successes: Count
    episodes: Count


class ComparisonPayload(msgspec.Struct):
    """Of a comparison."""

    a: ComparedPolicy | None = None
    b: ComparedPolicy | None = None
    pairs: Count | None = None
    blind: bool | None = None
    verdict: str | None = None
    p_value: float | None = None
    interval: tuple[float, float] | None = None


class OriginPayload(msgspec.Struct):
    """Of episodes that came from elsewhere."""

    origin: str = ""
    episodes: list[str] = []


class RemovalPayload(msgspec.Struct):
    """Of episodes that were removed or restored."""

    episodes: list[str] = []
    operator: str = ""
    why: str = ""


class MissingPayload(msgspec.Struct):
    """Of episodes that have no file any more."""

    episodes: Count


SCHEMAS: Mapping[tuple[str, str | None], type[Any]] = {
    ("EvaluationEntry", None): EvaluationPayload,
    ("EffortEntry", None): EffortPayload,
    ("EventEntry", "on-trial"): EpisodePayload,
    ("EventEntry", "driving"): BeginningPayload,
    ("EventEntry", "trial"): EpisodePayload,
    ("EventEntry", "level"): LevelPayload,
    ("EventEntry", "gate"): GatePayload,
    ("EventEntry", "gate-seeds"): GateSeedsPayload,
    ("EventEntry", "swap"): SwapPayload,
    ("EventEntry", "comparison"): ComparisonPayload,
    ("EventEntry", "merge"): OriginPayload,
    ("EventEntry", "import"): OriginPayload,
    ("EventEntry", "remove-episodes"): RemovalPayload,
    ("EventEntry", "restore-episodes"): RemovalPayload,
    ("EventEntry", "missing"): MissingPayload,
}
"""By the name of the entry, and the kind of event; None for all kinds."""


def row_payload(text: object) -> dict[str, Any]:
    """The payload of a row; BadValue unless it is a JSON object."""
    if not isinstance(text, str):
        raise BadValue("payload", "JSON", type(text).__name__)
    payload = parsed_json(text, "payload", MOST_PAYLOAD_BYTES)
    if not isinstance(payload, dict):
        raise BadValue("payload", "a JSON object", type(payload).__name__)
    return payload


def check_payload(entry: str, kind: str, payload: Mapping[str, Any]) -> None:
    """Raise BadValue where a payload has another type under a known key than its kind of entry."""
    schema = SCHEMAS.get((entry, kind)) or SCHEMAS.get((entry, None)) or EpisodePayload
    decoded(payload, schema, f"{kind or entry}: payload")
