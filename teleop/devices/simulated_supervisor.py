"""When a person who watches a policy takes over, and when she lets go again."""

from dataclasses import dataclass

from ...datasets.step import Driver
from ...sim_envs.spaces import CONTROL_HZ
from ...sim_envs.tasks import Status
from ..session.levels import ControlState
from ..session.subscriber import Tick


@dataclass(frozen=True)
class SupervisorModel:
    """What worries a person, in terms of the task's progress (0 to 1)."""

    stalled_s: float = 2.5
    """No new best progress for this long."""
    gain: float = 0.01
    """What counts as a new best."""
    lost: float = 0.15
    """A fall this far below the best: something was dropped."""
    reaction_s: float = 0.25
    """From seeing to pressing."""
    repaired: float = 0.4
    """Things are back on track when progress is this far above where she took over: a miss is
    mended once the item is in the hand and out of the shelf, a bad carry once it is in the tote."""
    settled_s: float = 0.3
    """How long it must look right before she lets go."""


class SimulatedSupervisor:
    """Follows one episode's progress; wants to drive when the policy stalls, strays or drops."""

    def __init__(self, rules: SupervisorModel) -> None:
        self._rules = rules
        self.begin()

    def begin(self) -> None:
        """A new episode."""
        self._best = 0.0
        self._since_best = 0
        self._worried = 0
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
        self._worried = self._worried + 1 if self._is_worrying(status) else 0
        if self._worried > self._rules.reaction_s * CONTROL_HZ:
            self._start_driving(status)
        return self._driving

    @property
    def driving(self) -> bool:
        """Whether she has the clutch in her hand."""
        return self._driving

    def step_in(self, status: Status) -> None:
        """She is asked to drive, whatever she thinks of it."""
        self._best = max(self._best, status.progress)
        self._start_driving(status)

    def _start_driving(self, status: Status) -> None:
        self._driving, self._start, self._good, self._worried = True, status, 0, 0

    def _follow(self, status: Status) -> None:
        self._since_best += 1
        if status.progress > self._best + self._rules.gain:
            self._best, self._since_best = status.progress, 0

    def _is_worrying(self, status: Status) -> bool:
        stalled = self._since_best > self._rules.stalled_s * CONTROL_HZ
        return stalled or status.progress < self._best - self._rules.lost

    def _is_repaired(self, status: Status) -> bool:
        better = status.progress > self._start.progress + self._rules.repaired
        self._good = self._good + 1 if better else 0
        return self._good > self._rules.settled_s * CONTROL_HZ


class HelpListener:
    """What someone on call hears of the session: nothing but the calls."""

    def __init__(self, answers_s: float) -> None:
        self._answer_ticks = round(answers_s * CONTROL_HZ)
        self.begin()

    def begin(self) -> None:
        """Nobody has called."""
        self._called = 0

    @property
    def heard(self) -> bool:
        """Whether she was called, and has come by now."""
        return self._called > self._answer_ticks

    def on_tick(self, tick: Tick) -> None:
        """A call lasts until it is answered."""
        self._called = self._called + 1 if tick.state is ControlState.CALLING else 0
