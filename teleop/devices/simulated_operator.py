"""`SimulatedOperator` follows an expert with an operator's reaction time, noise and pauses.

It may read the simulator's state; a policy never may. It has the same device interface as a
gamepad, so that the whole loop runs without a person, and every figure about human effort in this
repository is measured with it.
"""

from dataclasses import dataclass, replace

import numpy as np

from ...datasets.step import Driver, Level
from ...sim_envs.experts import expert_of
from ...sim_envs.spaces import Action
from ...sim_envs.worlds.contract import TaskWorld
from ..session.command import Command, zero_action
from ..session.levels import supervises
from ..session.subscriber import Subscriber, Tick
from .clumsiness import Clumsiness, Habits
from .simulated_supervisor import HelpListener, SimulatedSupervisor, SupervisorModel

CLUMSY = "clumsy"
"""Name of a simulated operator with the habits of a beginner."""


@dataclass(frozen=True)
class OperatorModel:
    """How an operator's commands differ from the expert's."""

    slew: float = 0.35
    """Largest change of a stick from one tick to the next."""
    noise: float = 0.10
    """Standard deviation of the noise on each stick, which is correlated over about 0.25 s."""
    tremble_memory: float = 0.8
    """Share of the noise that is left after a tick."""
    pause_chance: float = 0.008
    """Chance per tick that the operator pauses to look."""
    pause_ticks: tuple[int, int] = (6, 20)
    """Shortest and longest pause, ticks."""
    answers_s: float = 1.5
    """Time from a help request to closing the clutch, s."""
    slowest: float = 0.7
    """The operator's pace differs by episode, between this and 1."""


class SimulatedOperator(Subscriber):
    """A device that does what an operator would at a level: it demonstrates; at supervised, it
    watches, takes over and gives control back; at on-call, it drives only when asked for help. A
    session notifies its device by itself.
    """

    name = "simulated"

    def __init__(
        self,
        env: TaskWorld,
        level: Level,
        operator_model: OperatorModel | None = None,
        rules: SupervisorModel | None = None,
        habits: Habits | None = None,
    ) -> None:
        """`habits` make it a clumsy one, under another name."""
        self._env = env
        self._operator_model = operator_model or OperatorModel()
        self._clumsiness = None
        if habits is not None:
            self.name, self._clumsiness = CLUMSY, Clumsiness(habits)
            self._operator_model = replace(
                self._operator_model,
                pause_chance=habits.pause_chance,
                pause_ticks=habits.pause_ticks,
            )
        change = self._clumsiness.change if self._clumsiness else None
        self._intended, self._spec = expert_of(env, change), env.world_spec.action
        self._idle = Command(zero_action(self._spec))
        self._supervisor = (
            SimulatedSupervisor(rules or SupervisorModel()) if supervises(level) else None
        )
        self._help_listener = (
            HelpListener(self._operator_model.answers_s) if level is Level.ON_CALL else None
        )
        self._alone = level is Level.AUTONOMOUS
        self.begin(0)

    def begin(self, seed: int) -> None:
        """Draw the operator of a new episode; the same seed gives the same one."""
        self._rng = np.random.default_rng([seed, 7])
        self._pace = self._rng.uniform(self._operator_model.slowest, 1.0)
        if self._clumsiness:
            self._pace = self._rng.uniform(*self._clumsiness.habits.pace)
            self._clumsiness.begin(self._rng)
        self._rest(self._idle.action)
        self._pause = 0
        if self._supervisor:
            self._supervisor.begin()
        if self._help_listener:
            self._help_listener.begin()

    def _rest(self, stick: Action) -> None:
        self._stick = stick.astype(np.float64)
        self._noise = np.zeros(len(self._stick[self._spec.motion]))

    def on_tick(self, tick: Tick) -> None:
        """Follow help requests, at on-call."""
        if self._help_listener:
            self._help_listener.on_tick(tick)

    def poll(self, driver: Driver) -> Command:
        """Drive, pause or watch."""
        if self._alone or (self._supervisor and not self._intervenes(self._supervisor, driver)):
            self._rest(self._idle.action)
            return self._idle
        return self._drive()

    def _intervenes(self, supervisor: SimulatedSupervisor, driver: Driver) -> bool:
        """Whether the operator drives where a policy may."""
        if self._help_listener and self._help_listener.heard:
            supervisor.step_in(self._env.status)
        if self._help_listener and not supervisor.driving:
            return False
        return supervisor.wants_to_drive(self._env.status, driver)

    def _drive(self) -> Command:
        if self._pause == 0 and self._rng.random() < self._operator_model.pause_chance:
            self._pause = int(self._rng.integers(*self._operator_model.pause_ticks))
        if self._pause > 0:
            self._pause -= 1
            self._rest(self._idle.action)
            demonstrating = self._supervisor is None
            return self._idle if demonstrating else Command(self._idle.action, clutch=True)
        return Command(self._action(), clutch=True)

    def _action(self) -> Action:
        """The sticks' action [A]: the expert's, with limited slew and with noise."""
        operator_model, motion = self._operator_model, self._spec.motion
        intended = self._intended().astype(np.float64)
        wanted = intended[motion] * self._pace
        change = np.clip(wanted - self._stick[motion], -operator_model.slew, operator_model.slew)
        self._stick[motion] += change
        fresh = self._rng.normal(0.0, operator_model.noise, len(wanted)) * np.sqrt(
            1 - operator_model.tremble_memory**2
        )
        self._noise = self._noise * operator_model.tremble_memory + fresh
        effort = float(np.linalg.norm(self._stick[self._spec.parts[0]]))
        moving = min(1.0, 0.3 + effort)  # there is less noise at rest
        stick = intended
        stick[motion] = self._stick[motion] + self._noise * moving
        return np.asarray(np.clip(stick, -1.0, 1.0), np.float32)
