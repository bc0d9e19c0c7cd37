"""`choose` says which policy of a workspace drives unasked, and why: one rule for every verb.

It is pure: the store reads the folders into `PolicyState`s, and gives the `PolicyChoice` to
sessions, the learner and the command line.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .base.provenance import Provenance
from .gate_record import GateRecord, GateVerdict

DIGITS = 4
NAMED, PINNED = "named", "pinned"


def name_of(number: int) -> str:
    """The name of a policy's folder, from its number."""
    return f"{number:0{DIGITS}d}"


def number_of(policy_id: str) -> int | None:
    """The number in the name of a policy's folder; None for any other name, such as a copy's."""
    decimal = policy_id.isascii() and policy_id.isdecimal()
    return int(policy_id) if decimal and name_of(int(policy_id)) == policy_id else None


def written_out(number: str) -> str:
    """A policy's number as its folder is named, 0001 for 1; any other text as it is."""
    decimal = number.isascii() and number.isdecimal() and len(number) <= DIGITS
    return name_of(int(number)) if decimal else number


def in_order(policy_ids: Iterable[str]) -> list[str]:
    """Names of policies by their numbers; those that are no numbers come first, as the oldest."""

    def key(policy_id: str) -> tuple[int, str]:
        number = number_of(policy_id)
        return (-1 if number is None else number), policy_id

    return sorted(policy_ids, key=key)


class PolicyStanding(StrEnum):
    """What is known of a policy, and so whether it may drive unasked."""

    FIRST = "the first policy"
    BETTER = "accepted by the gate as better"
    NOT_WORSE = "accepted by the gate as not worse"
    WORSE = "worse"
    UNDECIDED = "undecided"
    NOT_COMPARED = "not compared"
    """The gate has not decided on it: it was trained without the gate, or copied in by hand."""
    SET_ASIDE = "set aside"
    UNNUMBERED = "not numbered"
    """Its folder's name is no number: somebody's copy."""
    DAMAGED = "damaged"

    @property
    def drives(self) -> bool:
        """Whether a policy of this standing may drive unasked."""
        return self in (PolicyStanding.FIRST, PolicyStanding.BETTER, PolicyStanding.NOT_WORSE)

    @property
    def awaits_gate(self) -> bool:
        """Whether the gate could let a policy of this standing drive."""
        return self in (PolicyStanding.UNDECIDED, PolicyStanding.NOT_COMPARED)


OF_VERDICT = {
    GateVerdict.FIRST: PolicyStanding.FIRST,
    GateVerdict.BETTER: PolicyStanding.BETTER,
    GateVerdict.NOT_WORSE: PolicyStanding.NOT_WORSE,
    GateVerdict.WORSE: PolicyStanding.WORSE,
    GateVerdict.UNDECIDED: PolicyStanding.UNDECIDED,
}


@dataclass(frozen=True)
class PolicyState:
    """What a policy's folder says of it."""

    policy_id: str
    record: GateRecord | None = None
    """The gate's decision; None where there is none."""
    set_aside: bool = False
    damage: str = ""
    """What cannot be read; empty for a sound policy."""
    provenance: Provenance | None = None
    """Where it comes from; None for a damaged policy."""


@dataclass(frozen=True)
class PolicyChoice:
    """The policy that is used, and why that one."""

    policy_id: str
    why: str
    """`named`, `pinned`, or the policy's standing, with the one that it was compared with."""
    newer: Mapping[str, PolicyStanding] = field(default_factory=dict)
    """Newer policies that are not used, and their standings; empty for a policy that was named."""

    @property
    def label(self) -> str:
        """For people: the policy, why it is used, and why no newer one is."""
        return "; ".join((f"policy {self.policy_id}: {self.why}", *_passed_over(self.newer)))

    @property
    def to_gate(self) -> str | None:
        """The newest policy on which the gate could decide; None where there is none."""
        waiting = [name for name, standing in self.newer.items() if standing.awaits_gate]
        return waiting[-1] if waiting else None

    def to_json(self) -> dict[str, Any]:
        """The keys that scripts rely on."""
        newer = {name: standing.value for name, standing in self.newer.items()}
        return {"policy": self.policy_id, "why": self.why, "newer": newer}


def standings(states: Sequence[PolicyState]) -> dict[str, PolicyStanding]:
    """The standing of every policy, by name, oldest first.

    A policy without a decision of the gate counts as the first where no policy with a lower number
    stands, that is, has a number, can be read and was not set aside.
    """
    by_name = {state.policy_id: state for state in states}
    found: dict[str, PolicyStanding] = {}
    first = True
    for policy_id in in_order(by_name):
        found[policy_id] = _standing(by_name[policy_id], first)
        first &= found[policy_id] in (
            PolicyStanding.SET_ASIDE,
            PolicyStanding.UNNUMBERED,
            PolicyStanding.DAMAGED,
        )
    return found


def _standing(state: PolicyState, first: bool) -> PolicyStanding:
    if state.damage:
        return PolicyStanding.DAMAGED
    if state.set_aside:
        return PolicyStanding.SET_ASIDE
    if number_of(state.policy_id) is None:
        return PolicyStanding.UNNUMBERED
    if state.record is None:
        return PolicyStanding.FIRST if first else PolicyStanding.NOT_COMPARED
    return OF_VERDICT[state.record.verdict]


def choose(states: Sequence[PolicyState], pinned: str | None = None) -> PolicyChoice | None:
    """The policy that drives unasked: the pinned one, else the newest that may; None without one.

    `pinned` must be among the states.
    """
    found = standings(states)
    if pinned is not None:
        return PolicyChoice(pinned, PINNED, _newer(found, pinned))
    driving = next((name for name in reversed(found) if found[name].drives), None)
    if driving is None:
        return None
    record = next(state.record for state in states if state.policy_id == driving)
    before = "" if record is None or record.compared_with is None else record.compared_with
    than = {PolicyStanding.BETTER: f" than {before}", PolicyStanding.NOT_WORSE: f" than {before}"}
    why = found[driving].value + (than.get(found[driving], "") if before else "")
    newest = "" if found[driving] is PolicyStanding.FIRST else "the newest "
    return PolicyChoice(driving, newest + why, _newer(found, driving))


def _newer(found: Mapping[str, PolicyStanding], chosen: str) -> dict[str, PolicyStanding]:
    """The policies with higher numbers than the chosen one."""
    numbers = {name: number_of(name) for name in found}
    mine = numbers[chosen]
    if mine is None:
        return {}
    return {
        name: found[name] for name, other in numbers.items() if other is not None and other > mine
    }


def _passed_over(newer: Mapping[str, PolicyStanding]) -> list[str]:
    """One clause for each standing of the policies that are not used, in the order of numbers."""
    by_standing: dict[PolicyStanding, list[str]] = {}
    for name, standing in newer.items():
        by_standing.setdefault(standing, []).append(name)
    return [
        f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} newer and {standing.value}"
        for standing, names in by_standing.items()
    ]
