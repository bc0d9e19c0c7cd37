"""The tick, written once: observe, ask human and policy, decide who drives, act, tell everybody."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from ..datasets.step import Driver, Level, Step
from ..sim_envs.environment import ArmEnv
from ..sim_envs.errors import PolicyError
from ..sim_envs.snapshots import Snapshot
from ..sim_envs.spaces import Observation
from .authority import NEEDS_POLICY, Authority, Decision, Switch, name
from .command import ENDING, Command, Request
from .devices.device import Device
from .pacing import Pace, Unpaced
from .pilot import NO_PROPOSAL, Pilot, Proposal


@dataclass(frozen=True)
class Tick:
    """All that happened in one control tick, for whoever listens."""

    step: Step
    """The record, observation before and outcome after the action."""
    switch: Switch | None
    """What changed hands."""
    proposal: Proposal
    """What the policy wanted, with its whole plan."""
    command: Command
    """What the human wanted."""


@dataclass(frozen=True)
class Outcome:
    """How an episode ended."""

    seed: int
    success: bool
    """By the environment's verdict, or by the human's where she gave one."""
    steps: int
    human_steps: int
    policy_steps: int
    takeovers: int
    stage: str
    """The task's furthest stage that was reached."""
    progress: float
    """Highest progress that was reached."""
    discarded: bool = False
    """The human threw the episode away."""
    quit: bool = False
    """The human wants to leave."""
    complete: bool = True
    """False when she left in the middle, before anybody could judge it."""


class Subscriber(Protocol):
    """Told of everything, asked for nothing: recorder, screen, ledger, sound."""

    wants_images: bool
    """Whether every step's observation must carry fresh images."""

    def on_begin(self, env: ArmEnv, seed: int, level: Level, operator: str) -> None:
        """An episode begins."""

    def on_tick(self, tick: Tick) -> None:
        """A tick has passed."""

    def on_end(self, outcome: Outcome, observation: Observation, state: np.ndarray) -> None:
        """The episode is over; `observation` and `state` are the last ones."""


class Session:
    """One seat: an environment, a device, perhaps a policy, a level, and who listens."""

    def __init__(
        self,
        env: ArmEnv,
        device: Device,
        level: Level,
        pilot: Pilot | None = None,
        subscribers: Sequence[Subscriber] = (),
        pace: Pace | None = None,
        max_steps: int | None = None,
    ) -> None:
        if level in NEEDS_POLICY and pilot is None:
            raise PolicyError(
                f"level {name(level)!r} needs a policy, and there is none yet; train one"
            )
        Authority(level)  # refuses a level that cannot run
        self.env, self.device, self.level, self.pilot = env, device, level, pilot
        self.subscribers = tuple(subscribers)
        self.pace = pace or Unpaced()
        self.max_steps = max_steps or env.task.max_steps
        self.wants_images = any(subscriber.wants_images for subscriber in self.subscribers)

    def run_episode(self, seed: int) -> Outcome:
        """Reset to `seed` and tick until success, the step limit, or the human's verdict."""
        episode = self.prepare(seed)
        self.pace.begin()
        episode.begin()
        late_ms = 0.0
        while not episode.over:
            episode.tick(late_ms)
            late_ms = self.pace.wait()
        return episode.end()

    def prepare(self, seed: int) -> "Episode":
        """Reset the world to `seed`; nobody is told until the episode begins."""
        observation, _ = self.env.reset(seed=seed)
        self.device.begin(seed)
        if self.pilot:
            self.pilot.begin()
        return Episode(self, seed, observation)


@dataclass(frozen=True)
class Mark:
    """A moment of a running episode to go back to."""

    snapshot: Snapshot
    steps: int
    """Ticks since the episode began."""
    progress: float
    """Highest progress until then."""


class Episode:
    """One episode, tick by tick."""

    def __init__(self, session: Session, seed: int, observation: Observation) -> None:
        self.session, self.seed, self.observation = session, seed, observation
        self.authority = Authority(session.level)
        self.drivers: list[Driver] = []
        """Who drove, for every tick of the main line."""
        self.progress, self.stage = 0.0, session.env.task.stages[0]
        self.over, self.success = False, False
        self.requests: frozenset[Request] = frozenset()

    @property
    def steps(self) -> int:
        """Ticks of the main line."""
        return len(self.drivers)

    def begin(self) -> None:
        """Tell everybody that it begins."""
        session = self.session
        for subscriber in session.subscribers:
            subscriber.on_begin(session.env, self.seed, session.level, session.device.name)

    def tick(self, late_ms: float = 0.0) -> Tick:
        """One control tick, which begins `late_ms` after it was due."""
        session, env = self.session, self.session.env
        began, state, stage = time.time(), env.state(), env.status.stage
        command = session.device.poll(self.authority.driver)
        proposal = self._propose(command)
        decision = self.authority.decide(command, proposal.action)
        if decision.reseat:
            env.reseat()
        before = self.observation
        env.images_due = self._images_due(decision)
        self.observation, reward, success, _, _ = env.step(decision.action)
        self.drivers.append(decision.driver)
        self._judge(command, success)
        step = Step(
            observation=before,
            action=decision.action,
            human_action=command.action if command.clutch else None,
            policy_action=proposal.action,
            driver=decision.driver,
            level=session.level,
            action_mode=decision.mode,
            novelty=proposal.novelty,
            stage=env.task.stages.index(stage),
            reward=reward,
            done=self.over,
            success=success,
            reseat=decision.reseat,
            takeover_id=decision.takeover_id,
            state=state,
            wall_time=began,
            late_ms=late_ms,
        )
        tick = Tick(step, decision.switch, proposal, command)
        for subscriber in session.subscribers:
            subscriber.on_tick(tick)
        return tick

    def mark(self) -> Mark:
        """This moment, to rewind() to."""
        return Mark(self.session.env.snapshot(), self.steps, self.progress)

    def rewind(self, mark: Mark) -> int:
        """Go back to a mark; nobody drives until somebody begins to. Returns the ticks undone."""
        undone = self.steps - mark.steps
        self.observation = self.session.env.restore(mark.snapshot)
        del self.drivers[mark.steps :]
        self.progress, self.over, self.success = mark.progress, False, False
        self.authority.rest()
        if self.session.pilot:
            self.session.pilot.begin()
        return undone

    def _propose(self, command: Command) -> Proposal:
        pilot = self.session.pilot
        if pilot is None:
            return NO_PROPOSAL
        driver = Driver.HUMAN if command.clutch else self.authority.driver
        return pilot.propose(self.observation, driver)

    def _images_due(self, decision: Decision) -> bool:
        """Images are drawn when somebody will look at them: they are most of a tick's cost."""
        pilot = self.session.pilot
        return self.session.wants_images or (
            pilot is not None and pilot.needs_images(decision.driver)
        )

    def _judge(self, command: Command, success: bool) -> None:
        self.requests = command.requests
        status = self.session.env.status
        if status.progress > self.progress:
            self.progress, self.stage = status.progress, status.stage
        limit = self.steps >= self.session.max_steps
        self.success = success or Request.SAVE_SUCCESS in command.requests
        self.over = success or limit or bool(command.requests & ENDING)

    def end(
        self, verdict: bool | None = None, complete: bool = True, discarded: bool = False
    ) -> Outcome:
        """Tell everybody that it is over; a `verdict` is the human's, against the task's."""
        outcome = replace(self.outcome(), complete=complete)
        if verdict is not None:
            outcome = replace(outcome, success=verdict)
        if discarded:
            outcome = replace(outcome, discarded=True)
        state = self.session.env.state()
        for subscriber in self.session.subscribers:
            subscriber.on_end(outcome, self.observation, state)
        return outcome

    def outcome(self) -> Outcome:
        """What the counters say."""
        return Outcome(
            seed=self.seed,
            success=self.success,
            steps=self.steps,
            human_steps=len(self.drivers) - self.drivers.count(Driver.POLICY),
            policy_steps=self.drivers.count(Driver.POLICY),
            takeovers=self.authority.takeovers,
            stage=self.stage,
            progress=self.progress,
            discarded=Request.DISCARD in self.requests,
            quit=Request.QUIT in self.requests,
        )
