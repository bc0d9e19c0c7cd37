"""`level_on_arrival` says where a new policy begins: what the gate has shown of it decides."""

from ...datasets.step import Level
from ...policies.gate_record import GateRecord, GateVerdict
from ..session.levels import name

HIGHEST_FOR_NOT_WORSE = Level.SUPERVISED
"""The levels above it are unwatched: a policy that is merely not worse has to earn them itself."""


def level_on_arrival(gate: GateRecord | None, compared: Level | None) -> tuple[Level, str]:
    """The first level of a policy and the reason, as text.

    `gate` is what the acceptance gate found of it, None where it was not asked; `compared` is the
    level of the policy that it was compared with, None where that one never had any.
    """
    if gate is None:
        return Level.DEMONSTRATE, "it was not compared with another policy"
    if gate.verdict is GateVerdict.FIRST:
        return Level.DEMONSTRATE, "the first policy"
    found = f"the gate: {gate.verdict.value}"
    if compared is None or gate.verdict not in (GateVerdict.BETTER, GateVerdict.NOT_WORSE):
        other = f", compared with {gate.compared_with}" if gate.compared_with else ""
        return Level.DEMONSTRATE, f"{found}{other}; every level needs evidence of its own"
    found += f" than {gate.compared_with}, which had {name(compared)}"
    if gate.verdict is GateVerdict.NOT_WORSE and compared > HIGHEST_FOR_NOT_WORSE:
        highest = HIGHEST_FOR_NOT_WORSE
        return highest, f"{found}; levels above {name(highest)} need evidence of its own"
    return compared, found
