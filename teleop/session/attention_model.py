"""`AttentionModel` says how long an operator is busy beside driving and watching, per event.

The ledger counts the events, and `attended_s` of a cost is modelled from them; it is not measured.
"""

from dataclasses import asdict, dataclass
from typing import Any

PREPARE_S = 1.35
"""Card, Moran, Newell (1980), keystroke-level model, operator M: to prepare mentally."""
HOME_S = 0.40
"""Operator H of the same model: to move the hands to a device."""
PRESS_S = 0.20
"""Operator K of the same model: a button, by an average skilled typist."""
RESUME_S = 3.8
"""Altmann, Trafton (2004), "Task interruption: resumption lag and the role of cues": mean time to
the first action of the interrupted task, against 1.9 s between actions without interruption."""


@dataclass(frozen=True)
class AttentionModel:
    """Durations beside driving and watching, s; the defaults are for every operator, simulated or
    not, and come from the studies named here where there are any. A takeover adds nothing to the
    seconds that are driven: who watches is there already, and who is called pays `request_s`."""

    begin_s: float = PREPARE_S + HOME_S + PRESS_S
    """To look at the scene and press start, where the operator is there for it (M + H + K)."""
    verdict_s: float = PREPARE_S + PRESS_S
    """To judge such an episode at its end, or discard it (M + K)."""
    reset_s: float = 5.0
    """To put the scene in order before such an episode. Assumed: in simulation it costs nothing. It
    is not charged for practice and on call, where nobody is there: simulated scenes reset
    themselves, and a real cell would have to."""
    request_s: float = PREPARE_S + RESUME_S
    """To look at the scene of a help request that is answered, and to find back to other work
    afterwards (M + resumption lag). The way there is measured: the arm waits meanwhile, and that
    counts as watched. The simulated operator takes `OperatorModel.answers_s`, 1.5 s, for it;
    drivers of automated cars take 2 to 3.5 s in critical situations, and longer in others (review
    in Eriksson, Stanton 2018, "Driver reactions to automated vehicles")."""
    watching: float = 1.0
    """Share of a watched second that counts. Assumed: who watches a policy does nothing else."""

    def attended_s(
        self, driven_s: float, watched_s: float, begun: int, verdicts: int, answered: int
    ) -> float:
        """The modelled attention of measured seconds and counted events, s."""
        return (
            driven_s
            + self.watching * watched_s
            + (self.begin_s + self.reset_s) * begun
            + self.verdict_s * verdicts
            + self.request_s * answered
        )

    def to_json(self) -> dict[str, Any]:
        """The durations by name."""
        return asdict(self)


ATTENTION = AttentionModel()
"""The model of the ledger, of reports and of benchmarks."""
