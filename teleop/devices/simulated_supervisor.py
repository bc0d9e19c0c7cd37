"""`SimulatedSupervisor` decides when the simulated operator takes over and gives control back.

It follows the task's progress on every tick; `HelpListener` follows help requests at on-call.
"""

from dataclasses import dataclass

from ...datasets.step import Driver
from ...sim_envs.spaces import CONTROL_HZ
from ...sim_envs.tasks import Status
from ..session.levels import ControlState
from ..session.subscriber import Tick


@dataclass(frozen=True)
class SupervisorModel:
    """When a supervisor intervenes, in terms of the task's progress (0 to 1)."""

    stalled_s: float = 2.5
    """A policy without new best progress for this long is stalled."""
    gain: float = 0.01
    """Least gain over the best progress that counts as a new best."""
    lost: float = 0.15
    """A drop this far below the best progress is a fault: an object was dropped."""
    reaction_s: float = 0.25
    """Time from the fault to closing the clutch."""
    repaired: float = 0.4
    """The correction is done when progress is this far above that at the takeover: a missed grasp
    once the item is held and out of the shelf, a bad carry once it is in the tote."""
    settled_s: float = 0.3
    """How long it must be done before the supervisor releases the clutch."""


class SimulatedSupervisor:
    """Follows one episode's progress; drives when the policy stalls, or progress drops."""

    def __init__(self, rules: SupervisorModel) -> None:
        self._rules = rules
        self.begin()

    def begin(self) -> None:
        """Start anew, for a new episode."""
        self._best = 0.0
        self._since_best = 0
        self._faulty = 0
        self._driving = False
        self._start = Status(False, "", 0.0)
        self._good = 0

    def wants_to_drive(self, status: Status, driver: Driver) -> bool:
        """Whether the clutch is held on this tick."""
        self._follow(status)
        if self._driving:
            self._driving = not self._is_repaired(status)
            if not self._driving:
                self._best, self._since_best = status.progress, 0
            return self._driving
        self._faulty = self._faulty + 1 if self._is_faulty(status) else 0
        if self._faulty > self._rules.reaction_s * CONTROL_HZ:
            self._start_driving(status)
        return self._driving

    @property
    def driving(self) -> bool:
        """Whether the supervisor holds the clutch."""
        return self._driving

    def step_in(self, status: Status) -> None:
        """Take over whatever the progress is: the policy asked for help."""
        self._best = max(self._best, status.progress)
        self._start_driving(status)

    def _start_driving(self, status: Status) -> None:
        self._driving, self._start, self._good, self._faulty = True, status, 0, 0

    def _follow(self, status: Status) -> None:
        self._since_best += 1
        if status.progress > self._best + self._rules.gain:
            self._best, self._since_best = status.progress, 0

    def _is_faulty(self, status: Status) -> bool:
        stalled = self._since_best > self._rules.stalled_s * CONTROL_HZ
        return stalled or status.progress < self._best - self._rules.lost

    def _is_repaired(self, status: Status) -> bool:
        better = status.progress > self._start.progress + self._rules.repaired
        self._good = self._good + 1 if better else 0
        return self._good > self._rules.settled_s * CONTROL_HZ


class HelpListener:
    """Follows the help requests of a session for an operator at on-call, who sees nothing else."""

    def __init__(self, answers_s: float) -> None:
        self._answer_ticks = round(answers_s * CONTROL_HZ)
        self.begin()

    def begin(self) -> None:
        """Start anew, for a new episode."""
        self._waiting = 0

    @property
    def heard(self) -> bool:
        """Whether help was asked for longer ago than the operator needs to answer."""
        return self._waiting > self._answer_ticks

    def on_tick(self, tick: Tick) -> None:
        """Count the ticks for which the arm has waited for help."""
        self._waiting = self._waiting + 1 if tick.state is ControlState.CALLING else 0
