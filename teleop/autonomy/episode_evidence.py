"""`EpisodeTrace.evidence` turns one driven episode into the `EpisodeEvidence` that a ladder keeps.

The evidence recorder makes traces live and from files; the ladder store writes keys and evidence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...datasets.files.decoding import decoded
from ...datasets.step import Level
from ...sim_envs.errors import BadValue, DamagedFile
from ...sim_envs.worlds.arm_spec import ARM_ACTION
from ...sim_envs.worlds.spec import ActionSpec
from ..session.action_agreement import ActionAgreement, action_agreement, agreement_by_stage
from ..session.levels import ControlState, supervises


@dataclass(frozen=True)
class EpisodeKey:
    """Which episode evidence is about; stored when the episode begins."""

    task: str
    policy: str
    """Id of the policy that was loaded; empty without one."""
    fingerprint: str
    """Of the policy's weights, see `LadderStore.fingerprint`; empty without a policy."""
    level: Level
    seed: int
    episode: str = ""
    """Id of the recording; empty in evidence of earlier versions."""
    audited: bool = False
    """Whether the operator watched an autonomous episode."""

    def to_json(self) -> dict[str, Any]:
        """The payload of an event."""
        return {**asdict(self), "level": int(self.level)}

    @classmethod
    def from_json(cls, payload: Mapping[str, Any]) -> Self:
        """The object from an event's payload; fields of later versions are ignored."""
        try:
            return decoded(payload, cls, "evidence")
        except BadValue as error:
            raise DamagedFile(f"an event that is no evidence of an episode: {error}") from error


@dataclass(frozen=True, kw_only=True)
class EpisodeEvidence(EpisodeKey):
    """The evidence of one episode that was driven to its end."""

    success: bool
    clean: bool
    """As `CRITERIA` defines it for the level."""
    stages: Mapping[str, bool] = field(default_factory=dict)
    """For every stage that was reached, whether it was passed clean."""
    last_stage: str = ""
    """The stage in which it ended; empty in evidence of earlier versions."""
    requests: int = 0
    takeovers: int = 0
    rewinds: int = 0
    policy_share: float | None = None
    """The policy's mean share of the motion where both drove, in [0, 1]; None where never."""
    agreement: Mapping[str, Any] = field(default_factory=dict)
    """`ActionAgreement` as JSON, of the whole episode ("all") and by stage; empty where the policy
    drives or there is none."""


LEAST_SHARE = 0.10
"""Least share of an episode's motion that a policy must have for a clean episode at assist."""


@dataclass(frozen=True)
class EpisodeTrace:
    """The ticks of an episode that was driven to its end, with branches abandoned by a rewind."""

    human: NDArray[np.float32]
    """[T, A] the operator's actions; NaN for none."""
    policy: NDArray[np.float32]
    """[T, A] the policy's actions; NaN for none."""
    states: Sequence[ControlState]
    """[T] who controlled the arm."""
    shares: Sequence[float]
    """[T] the policy's share of the motion, in [0, 1]; NaN where nobody drove."""
    stages: NDArray[np.integer]
    """[T] the stage, as an index of `names`."""
    names: tuple[str, ...]
    """The task's stages."""
    success: bool
    takeovers: int = 0
    requests: int = 0
    rewinds: int = 0
    spec: ActionSpec = ARM_ACTION
    """What the numbers of the actions mean."""

    def evidence(self, key: EpisodeKey) -> EpisodeEvidence:
        """The episode's evidence, by the criteria of its level."""
        whole, parts = self._agreement(key)
        share = self._policy_share()
        if key.level is Level.SHADOW:
            clean = whole is not None and whole.good
            stages = {stage: found.good for stage, found in parts.items()}
        elif key.level is Level.ASSIST:
            clean, stages = share is not None and share >= LEAST_SHARE, {}
        else:
            helped = self.takeovers or self.rewinds or self.requests
            clean = not (helped and supervises(key.level))
            stages = self._passed() if supervises(key.level) else {}
        shown = {"all": whole, **parts} if whole else {}
        known = asdict(key)
        known["audited"] &= key.level is Level.AUTONOMOUS
        return EpisodeEvidence(
            **known,
            success=self.success,
            clean=clean and self.success,
            stages=stages,
            last_stage=self.names[self.stages[-1]],
            requests=self.requests,
            takeovers=self.takeovers,
            rewinds=self.rewinds,
            policy_share=share,
            agreement={stage: found.to_json() for stage, found in shown.items()},
        )

    def _agreement(
        self, key: EpisodeKey
    ) -> tuple[ActionAgreement | None, dict[str, ActionAgreement]]:
        """Of the episode and by stage, where the operator drove with a policy; else None and {}."""
        if supervises(key.level) or not key.policy:
            return None, {}
        parts = agreement_by_stage(self.human, self.policy, self.stages, self.names, self.spec)
        whole = action_agreement(self.human, self.policy, spec=self.spec)
        return whole, parts

    def _policy_share(self) -> float | None:
        """The policy's mean share of the motion, over the ticks on which both drove."""
        shares = [
            share
            for share, state in zip(self.shares, self.states, strict=True)
            if state is ControlState.BLEND
        ]
        return float(np.mean(shares)) if shares else None

    def _passed(self) -> dict[str, bool]:
        """Whether the policy passed each stage alone; the last one reached only on success."""
        passed: dict[str, bool] = {}
        for stage, state in zip(self.stages.tolist(), self.states, strict=True):
            alone = state is ControlState.POLICY
            passed[self.names[stage]] = passed.get(self.names[stage], True) and alone
        if not self.success:
            passed[self.names[self.stages[-1]]] = False
        return passed
