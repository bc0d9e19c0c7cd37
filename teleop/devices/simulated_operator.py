"""The simulated operator: a person with reaction time, a slewing hand, noise and pauses.

It may look at the simulator's state; the policy never may. It drives through the same device
interface as a gamepad, so that the whole loop runs without a person, and every figure about human
effort in this repository is measured with it.
"""

from dataclasses import dataclass

import numpy as np

from ...datasets.step import Driver, Level
from ...sim_envs.environment import ArmEnv
from ...sim_envs.experts import Expert, make_expert
from ...sim_envs.spaces import ACTION_SIZE, GRIP, MOTION, MOVE, Action
from ..session.command import IDLE, Command
from ..session.levels import supervises
from ..session.subscriber import Subscriber, Tick
from .simulated_supervisor import HelpListener, SimulatedSupervisor, SupervisorModel


@dataclass(frozen=True)
class OperatorModel:
    """How a person's hand differs from a script's."""

    slew: float = 0.35
    """Largest change of a stick from one tick to the next."""
    noise: float = 0.10
    """Standard deviation of the hand's tremble on each stick, which has a memory of 0.25 s."""
    tremble_memory: float = 0.8
    """Share of the tremble that is left after a tick."""
    pause_chance: float = 0.008
    """Chance per tick that the person lets go to look."""
    pause_ticks: tuple[int, int] = (6, 20)
    """Shortest and longest pause."""
    answers_s: float = 1.5
    """From being called to closing the clutch."""
    slowest: float = 0.7
    """A person's pace differs by episode, between this and 1."""


class SimulatedOperator(Subscriber):
    """Demonstrates; or watches, takes over and lets go, where a policy drives; or comes when the
    policy asks for help, and looks at nothing before. A session lets its device listen by itself.
    """

    name = "simulated"

    def __init__(
        self,
        env: ArmEnv,
        level: Level,
        operator_model: OperatorModel | None = None,
        rules: SupervisorModel | None = None,
    ) -> None:
        self._env = env
        self._operator_model = operator_model or OperatorModel()
        self._expert: Expert = make_expert(env.task_name)
        self._watch = SimulatedSupervisor(rules or SupervisorModel()) if supervises(level) else None
        self._summons = (
            HelpListener(self._operator_model.answers_s) if level is Level.ON_CALL else None
        )
        self._alone = level is Level.AUTONOMOUS
        self.begin(0)

    def begin(self, seed: int) -> None:
        """A new episode: the same seed gives the same person on the same day."""
        self._random = np.random.default_rng([seed, 7])
        self._pace = self._random.uniform(self._operator_model.slowest, 1.0)
        self._rest(IDLE.action)
        self._pause = 0
        if self._watch:
            self._watch.begin()
        if self._summons:
            self._summons.begin()

    def _rest(self, stick: Action) -> None:
        self._stick = stick.astype(np.float64)
        self._tremble = np.zeros(ACTION_SIZE - 1)

    def on_tick(self, tick: Tick) -> None:
        """A policy on call may ask for help."""
        if self._summons:
            self._summons.on_tick(tick)

    def poll(self, driver: Driver) -> Command:
        """Drive, pause or watch, as a person would."""
        if self._alone or (self._watch and not self._comes(self._watch, driver)):
            self._rest(IDLE.action)
            return IDLE
        return self._drive()

    def _comes(self, watch: SimulatedSupervisor, driver: Driver) -> bool:
        """Whether she drives where a policy may."""
        if self._summons and self._summons.heard:
            watch.step_in(self._env.status)
        if self._summons and not watch.driving:
            return False
        return watch.wants_to_drive(self._env.status, driver)

    def _drive(self) -> Command:
        if self._pause == 0 and self._random.random() < self._operator_model.pause_chance:
            self._pause = int(self._random.integers(*self._operator_model.pause_ticks))
        if self._pause > 0:
            self._pause -= 1
            self._rest(IDLE.action)
            demonstrating = self._watch is None
            return IDLE if demonstrating else Command(IDLE.action, clutch=True)
        return Command(self._hand(), clutch=True)

    def _hand(self) -> Action:
        """The sticks: they slew towards what is intended, and tremble."""
        operator_model = self._operator_model
        intended = self._expert.next(self._env).action(self._env.arm.tool()).astype(np.float64)
        wanted = intended[MOTION] * self._pace
        change = np.clip(wanted - self._stick[MOTION], -operator_model.slew, operator_model.slew)
        self._stick[MOTION] += change
        fresh = self._random.normal(0.0, operator_model.noise, 6) * np.sqrt(
            1 - operator_model.tremble_memory**2
        )
        self._tremble = self._tremble * operator_model.tremble_memory + fresh
        effort = float(np.linalg.norm(self._stick[MOVE]))
        moving = min(1.0, 0.3 + effort)  # a hand at rest trembles less
        stick = np.concatenate([self._stick[MOTION] + self._tremble * moving, intended[GRIP:]])
        return np.asarray(np.clip(stick, -1.0, 1.0), np.float32)
