"""A `TracedArm` replays recorded episodes in a fleet, and waits where a real arm would.

`benchmarks.fleet` makes fleets of them; operator, queue policies and counting are the product's.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.fleet_traces import ALONE, ON_CALL, WATCHED, Traces
from sidestick.teleop.fleet.arm_view import ArmView
from sidestick.teleop.fleet.operator_model import Doing
from sidestick.teleop.fleet.shift import ArmTick, Shift
from sidestick.teleop.session.help_requests import HelpReason
from sidestick.teleop.session.subscriber import EpisodeOutcome

NAN = float("nan")


class TracedArm:
    """One arm of a simulated fleet; `fleet.fleet.FleetArm`."""

    def __init__(
        self,
        number: int,
        traces: Traces,
        seeds: Iterator[int],
        shift: Shift,
        reset_s: float,
        kind: str = ON_CALL,
    ) -> None:
        self.number, self.kind = number, kind
        self._traces, self._seeds, self._shift = traces, seeds, shift
        self._reset_ticks = round(reset_s * traces.hz)
        self._attended, self._waited_before = False, 0
        self._begin()

    def _begin(self) -> None:
        self._seed = next(self._seeds)
        self._row: Mapping[str, Any] = self._traces.episodes[self.kind][self._seed]
        self._segments = [tuple(segment) for segment in self._row["segments"]]
        self._place, self._spent, self._gone = 0, 0, 0
        self._calls, self._waited, self._resetting, self._human = 0, 0, 0, 0
        self.calling = False

    @property
    def over(self) -> bool:
        """Whether the episode has ended, and its scene is being reset."""
        return self._place >= len(self._segments)

    @property
    def needs_hands(self) -> bool:
        """Whether it waits for help, or is driven by the operator."""
        return not self.over and (self.calling or self._segments[self._place][0] == "human")

    def attend(self, attended: bool) -> None:
        """The operator's attention comes to this arm, or leaves it."""
        self._attended = attended

    def dismiss(self) -> None:
        """Go on as the episode went without help."""
        alone = self._traces.episodes[ALONE][self._seed]
        left = max(1, sum(ticks for _, ticks in alone["segments"]) - self._gone)
        self._row, self._segments = alone, [("policy", left)]
        self._place, self._spent = 0, 0
        self._answer(by_hand=False)

    def view(self) -> ArmView:
        """The arm as it is now; signals are known while it calls."""
        call = self._row["calls"][self._calls - 1] if self.calling else {}
        return ArmView(
            number=self.number,
            calling=HelpReason[call["reason"]] if self.calling else None,
            waited_s=self._waited / self._traces.hz,
            waited_before_s=self._waited_before / self._traces.hz,
            novelty=NAN if call.get("novelty") is None else call["novelty"],
            stalled_s=call.get("stalled_s", 0.0),
            driven_s=call.get("driven_s", 0.0),
            risk=call.get("risk", 0.0),
            fails_alone=self._fails_alone,
        )

    @property
    def _fails_alone(self) -> bool:
        """Whether it fails without help; after help, that the next call is needed is assumed."""
        return bool(self._human) or not self._traces.episodes[ALONE][self._seed]["success"]

    def step(self, late_ms: float = 0.0) -> None:
        """One control tick: drive, wait, or be reset."""
        if self.over:
            self._resetting += 1
            self._shift.count(ArmTick.RESETTING)
            if self._resetting >= self._reset_ticks:
                self._begin()
        elif self.calling and not self._attended:
            self._waited += 1
            self._shift.count(ArmTick.WAITING)
        else:
            self._drive()

    def _drive(self) -> None:
        if self.calling:
            self._answer(by_hand=True)
        who, ticks = self._segments[self._place]
        human = who == "human"
        self._human += human
        self._shift.count(ArmTick.HUMAN if human else ArmTick.POLICY)
        self._spent, self._gone = self._spent + 1, self._gone + 1
        if who == "call" and self._spent == 1:
            self._calls, self.calling = self._calls + 1, True
            self._shift.asked(self.number, self._fails_alone)
        if self._spent >= ticks:
            self._place, self._spent = self._place + 1, 0
        if self.over:
            self.calling = False
            self._shift.ended(self.number, self._outcome())

    def _answer(self, by_hand: bool) -> None:
        self._shift.answered(self._waited / self._traces.hz, by_hand)
        self._waited_before, self._waited, self.calling = (
            self._waited_before + self._waited,
            0,
            False,
        )

    def _outcome(self) -> EpisodeOutcome:
        steps = self._gone
        return EpisodeOutcome(
            self._seed, self._row["success"], steps, self._human, steps - self._human, 0, "", 0.0
        )


def watch(traces: Traces, seeds: Iterator[int], shift: Shift, reset_s: float, ticks: int) -> None:
    """One arm, watched all the time by an operator who corrects it: HG-DAgger's way."""
    arm = TracedArm(0, traces, seeds, shift, reset_s, WATCHED)
    for _ in range(ticks):
        arm.step()
        shift.spend(Doing.DRIVING)
