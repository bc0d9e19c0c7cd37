"""A `Ladder` says which level a policy has earned; pure: `ladder_store` reads and writes for it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import Enum
from typing import Any

from ...datasets.step import Level
from ...policies.statistics.rates import Rate
from ...sim_envs.errors import DamagedFile, NotEarned, PolicyError
from ...sim_envs.tasks import task_class
from ..session.levels import name
from .criteria import CRITERIA, ENOUGH_DEMONSTRATIONS, RECENT
from .episode_evidence import EpisodeEvidence
from .stage_evidence import StageEvidence, evidence_by_stage, failed_stage, where_lost


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
            values = {f.name: payload[f.name] for f in fields(cls)}
            levels = {key: Level(values[key]) for key in ("before", "after")}
            return cls(**{**values, **levels, "why": ChangeReason(values["why"])})
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedFile(f"an event that is no change of level: {error!r}") from error


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

    @property
    def level(self) -> Level:
        """The highest level that the policy has earned."""
        own = self._changes(self.policy)
        return own[-1].after if own else Level.DEMONSTRATE

    @property
    def probation(self) -> bool:
        """Whether the policy is new and its level has not changed since it arrived."""
        return _probation(self._changes(self.policy))

    def recent(self, level: Level) -> list[EpisodeEvidence]:
        """The policy's latest episodes at a level, since its level last changed."""
        return self._evidence(level)[-RECENT:]

    def standing(self, level: Level) -> Rate:
        """The rate of clean episodes among the recent ones at a level."""
        recent = self.recent(level)
        return Rate(sum(episode.clean for episode in recent), len(recent))

    def stages(self, level: Level) -> list[StageEvidence]:
        """The evidence at a level for every stage that was reached, in the task's order."""
        order = task_class(self.task).stages
        return evidence_by_stage(self._evidence(level), order, CRITERIA[level].keeps_stage)

    def judge(self) -> LevelChange | None:
        """The change that follows from the evidence, or None; add it to `entries`, then repeat."""
        if self.policy is None:
            return None
        if not self._changes(self.policy):
            return self._arrival()
        return self._demotion() or self._promotion()

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
        words = f"the operator asked for {name(wanted)}: {self._lack()}"
        return wanted, self._change(ChangeReason.OVERRIDE, self.level, words)

    def missing(self, wanted: Level) -> str:
        """The evidence that a level lacks, as text."""
        first = Level(self.level + 1)
        prefix = "" if wanted is first else f"{name(wanted)} comes after {name(first)}, and "
        return (
            f"{prefix}{self._lack()}. Earned is {name(self.level)}: drive there, "
            "or give --override, which is recorded"
        )

    def _lack(self) -> str:
        """What the next level needs and what there is, as text."""
        following = Level(self.level + 1)
        bar = CRITERIA[following].bar
        if bar is None:
            return (
                f"{name(following)} needs {ENOUGH_DEMONSTRATIONS} successful demonstrations; "
                f"there are {self.demonstrations}"
            )
        rate = self.standing(self.level)
        return (
            f"{name(following)} needs a lower bound of {bar:.2f}; you have {rate.successes} clean "
            f"of {rate.n}: {rate.interval95[0]:.2f}"
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
        """The first change of a new policy: to one level below that of the policy before.

        Where that one is on probation itself, to the same level.
        """
        others = [
            e
            for e in self.entries
            if isinstance(e, LevelChange) and e.why is not ChangeReason.OVERRIDE
        ]
        if not others:
            return self._change(ChangeReason.NEW_POLICY, Level.DEMONSTRATE, "the first policy")
        last = others[-1]
        below = 0 if _probation(self._changes(last.policy)) else 1
        after = Level(max(Level.DEMONSTRATE, last.after - below))
        words = f"policy {last.policy} had {name(last.after)}; a new one has to show itself"
        return self._change(ChangeReason.NEW_POLICY, after, words)

    def _promotion(self) -> LevelChange | None:
        if self.level is Level.AUTONOMOUS:
            return None
        following = Level(self.level + 1)
        bar, rate = CRITERIA[following].bar, self.standing(self.level)
        if bar is None:
            earned = self.demonstrations >= ENOUGH_DEMONSTRATIONS
            words = f"{self.demonstrations} successful demonstrations and a policy"
        else:
            earned = rate.interval95[0] >= bar
            words = (
                f"{rate.successes} clean of {rate.n} at {name(self.level)}: lower bound "
                f"{rate.interval95[0]:.2f}, needed {bar:.2f}"
            )
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


def _probation(changes: Sequence[LevelChange]) -> bool:
    return bool(changes) and changes[-1].why is ChangeReason.NEW_POLICY
