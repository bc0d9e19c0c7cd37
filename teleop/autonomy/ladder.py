"""A `Ladder` says which level a policy has earned; pure: `ladder_store` reads and writes for it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from ...datasets.files.decoding import decoded
from ...datasets.step import Level
from ...policies.gate_record import GateRecord
from ...sim_envs.errors import BadValue, DamagedFile, NotEarned, PolicyError
from ...sim_envs.tasks import stages_of
from ..session.levels import name
from .arrival import level_on_arrival
from .criteria import CRITERIA, ENOUGH_DEMONSTRATIONS
from .episode_evidence import EpisodeEvidence
from .stage_evidence import StageEvidence, evidence_by_stage, failed_stage, where_lost
from .standing import Standing


class ChangeReason(Enum):
    """Why a level changed."""

    PROMOTED = "promoted"
    DEMOTED = "demoted"
    NEW_POLICY = "new policy"
    OVERRIDE = "override"
    """The operator drove at a level that was not earned; the earned level stays as it was."""


@dataclass(frozen=True)
class LevelChange:
    """A change of level, with its evidence."""

    task: str
    policy: str
    fingerprint: str
    why: ChangeReason
    before: Level
    after: Level
    evidence: str
    """As text, with the counts."""

    def to_json(self) -> dict[str, Any]:
        """The payload of an event."""
        values = {"why": self.why.value, "before": int(self.before), "after": int(self.after)}
        return {**asdict(self), **values}

    @classmethod
    def from_json(cls, payload: Mapping[str, Any]) -> "LevelChange":
        """The object from an event's payload; fields of later versions are ignored."""
        try:
            return decoded(payload, cls, "change")
        except BadValue as error:
            raise DamagedFile(f"an event that is no change of level: {error}") from error


Entry = EpisodeEvidence | LevelChange


@dataclass(frozen=True)
class Ladder:
    """The evidence on one policy at one task, and the level that it earned."""

    task: str
    policy: str | None
    """Id of the policy; None as long as there is none."""
    fingerprint: str = ""
    demonstrations: int = 0
    """Successful demonstrations in the workspace."""
    entries: Sequence[Entry] = ()
    """Episode evidence and changes of all policies of the task, oldest first."""
    gate: GateRecord | None = None
    """What the acceptance gate found of the policy; read only where it has no level above shadow
    yet, and decides there where the policy begins."""

    @property
    def level(self) -> Level:
        """The highest level that the policy has earned."""
        own = self._changes(self.policy)
        return own[-1].after if own else Level.DEMONSTRATE

    @property
    def probation(self) -> bool:
        """Whether the policy is new and its level has not changed since it arrived."""
        own = self._changes(self.policy)
        return bool(own) and own[-1].why is ChangeReason.NEW_POLICY

    def standing(self, level: Level) -> Standing:
        """The clean episodes at a level since the policy's level last changed."""
        evidence = self._evidence(level)
        bar = None if level is Level.AUTONOMOUS else CRITERIA[Level(level + 1)].bar
        stay = sum(change.after is level for change in self._changes(self.policy))
        clean = sum(episode.clean for episode in evidence)
        return Standing(clean, len(evidence), bar, max(1, stay))

    def stages(self, level: Level) -> list[StageEvidence]:
        """The evidence at a level for every stage that was reached, in the task's order."""
        evidence = self._evidence(level)
        order = stages_of(self.task) or tuple({s: 0 for e in evidence for s in e.stages})
        return evidence_by_stage(evidence, order, CRITERIA[level].keeps_stage)

    def judge(self) -> LevelChange | None:
        """The change that follows from the evidence, or None; add it to `entries`, then repeat."""
        if self.policy is None:
            return None
        if not self._changes(self.policy):
            return self._arrival()
        return self._demotion() or self._promotion() or self._late_finding()

    def authorise(
        self, wanted: Level | None, override: bool = False
    ) -> tuple[Level, LevelChange | None]:
        """The level to drive at: the earned one, or a `wanted` one up to it.

        A higher one raises NotEarned with what is missing; with `override` it is given, along with
        the change to record. Raises PolicyError where there is no policy.
        """
        if wanted is None or wanted <= self.level:
            return (self.level if wanted is None else wanted), None
        if self.policy is None:
            raise PolicyError(
                f"level {name(wanted)!r} needs a policy, and there is no policy yet: "
                "`sidestick train` makes one"
            )
        if not override:
            raise NotEarned(self.missing(wanted))
        words = f"the operator asked for {name(wanted)}: {self.lack()}"
        return wanted, self._change(ChangeReason.OVERRIDE, self.level, words)

    def missing(self, wanted: Level) -> str:
        """The evidence that a level lacks, as text."""
        first = Level(self.level + 1)
        prefix = "" if wanted is first else f"{name(wanted)} comes after {name(first)}, and "
        return (
            f"{prefix}{self.lack()}. Earned is {name(self.level)}: drive there, "
            "or give --override, which is recorded"
        )

    def lack(self) -> str:
        """What the next level needs and what there is, as text."""
        following = Level(self.level + 1)
        bar = CRITERIA[following].bar
        if bar is None:
            return (
                f"{name(following)} needs {ENOUGH_DEMONSTRATIONS} successful demonstrations; "
                f"there are {self.demonstrations}"
            )
        standing = self.standing(self.level)
        return (
            f"{name(following)} needs a lower bound of {bar:.2f} that holds at every look; you "
            f"have {standing}. {standing.clean_needed} more clean episodes in a row would do"
        )

    def _changes(self, policy: str | None) -> list[LevelChange]:
        """The changes of a policy's level, without overrides."""
        return [
            entry
            for entry in self.entries
            if isinstance(entry, LevelChange)
            and entry.policy == policy
            and entry.why is not ChangeReason.OVERRIDE
        ]

    def _evidence(self, level: Level) -> list[EpisodeEvidence]:
        """All of the policy's episodes at a level, since its level last changed."""
        found: list[EpisodeEvidence] = []
        for entry in self.entries:
            if entry.policy != self.policy:
                continue
            if isinstance(entry, EpisodeEvidence):
                found += [entry] if entry.level is level else []
            elif entry.why is not ChangeReason.OVERRIDE:
                found.clear()
        return found

    def _change(self, why: ChangeReason, after: Level, evidence: str) -> LevelChange:
        assert self.policy is not None
        return LevelChange(
            self.task, self.policy, self.fingerprint, why, self.level, after, evidence
        )

    def _arrival(self) -> LevelChange:
        """The first change of a new policy, by what the gate found of it."""
        policies = {e.policy for e in self.entries if isinstance(e, LevelChange)}
        if self.gate is None and policies <= {self.policy}:
            return self._change(ChangeReason.NEW_POLICY, Level.DEMONSTRATE, "the first policy")
        return self._change(ChangeReason.NEW_POLICY, *self._finding())

    def _late_finding(self) -> LevelChange | None:
        """The change where the gate decided after the policy had arrived, and it rose no further.

        It is made once: whoever had more than shadow has shown, or lost, something by itself.
        """
        if any(change.after > Level.SHADOW for change in self._changes(self.policy)):
            return None
        after, words = self._finding()
        return self._change(ChangeReason.NEW_POLICY, after, words) if after > self.level else None

    def _finding(self) -> tuple[Level, str]:
        """Where the gate's finding puts the policy, and why."""
        compared = None if self.gate is None else self._changes(self.gate.compared_with)
        return level_on_arrival(self.gate, compared[-1].after if compared else None)

    def _promotion(self) -> LevelChange | None:
        if self.level is Level.AUTONOMOUS:
            return None
        following = Level(self.level + 1)
        bar, standing = CRITERIA[following].bar, self.standing(self.level)
        if bar is None:
            earned = self.demonstrations >= ENOUGH_DEMONSTRATIONS
            words = f"{self.demonstrations} successful demonstrations and a policy"
        else:
            earned = standing.earned
            words = f"at {name(self.level)} {standing}, needed {bar:.2f}"
        return self._change(ChangeReason.PROMOTED, following, words) if earned else None

    def _demotion(self) -> LevelChange | None:
        """The change that takes away the highest level that failed a test, up to the earned one."""
        for level in sorted(CRITERIA, reverse=True):
            if level <= self.level and (words := self._failed(level) or self._failed_stage(level)):
                return self._change(ChangeReason.DEMOTED, Level(level - 1), words)
        return None

    def _failed(self, level: Level) -> str:
        """Why a level is lost by its test on episodes, as text; empty where it is not."""
        test = CRITERIA[level].keeps
        if test is None:
            return ""
        clean = [episode.clean for episode in self._evidence(level)]
        found = test.judge(clean)
        if not found.rejected:
            return ""
        return (
            f"at {name(level)} {clean.count(False)} of {len(clean)} episodes were not "
            f"clean: sequential test {found.log_ratio:.2f}, limit {test.reject_at:.2f}"
            f"{where_lost(self.stages(level))}"
        )

    def _failed_stage(self, level: Level) -> str:
        """Why a level is lost by the test of one of its stages, as text; empty where it is not."""
        test, worst = CRITERIA[level].keeps_stage, failed_stage(self.stages(level))
        if test is None or worst is None or worst.test is None:
            return ""
        passed = worst.passed
        return (
            f"at {name(level)} {worst.stage!r} was not passed alone in "
            f"{passed.n - passed.successes} of {passed.n} episodes that came to it: "
            f"sequential test {worst.test.log_ratio:.2f}, limit {test.reject_at:.2f}"
        )
