"""A `Session` makes episodes; a `LiveEpisode` runs one, tick by tick.

Each tick reads the observation, polls the device, asks the policy for a proposal, lets `Authority`
decide, steps the environment and notifies the subscribers.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...datasets.journal_writer import episode_id
from ...datasets.step import Driver
from ...sim_envs.spaces import Observation
from ...sim_envs.worlds.contract import TaskWorld
from ...sim_envs.worlds.guarding import guarded_reset, guarded_step
from .assignment import Assignment
from .authority import Authority, Decision
from .begun_tick import BegunTick
from .command import ENDING, Command, Request
from .device import InputDevice
from .help_requests import HelpReason
from .levels import DRIVERS, ControlState, Switch
from .pacing import Pace, Unpaced
from .subscriber import EpisodeContext, EpisodeOutcome, Subscriber, Tick

HELP_TIMEOUT_S = 60.0
"""An episode ends once it has waited this long for help, in all."""


class Session:
    """What lasts from one episode to the next: world, device, assignment, subscribers."""

    def __init__(
        self,
        env: TaskWorld,
        device: InputDevice,
        assignment: Assignment,
        subscribers: Sequence[Subscriber] = (),
        pace: Pace | None = None,
        max_steps: int | None = None,
        answer_within_s: float | None = None,
    ) -> None:
        """A device that is a subscriber too, as the simulated operator, is notified last."""
        self.env, self.device, self.assignment = env, device, assignment
        last = [device] if isinstance(device, Subscriber) else []
        self.subscribers: tuple[Subscriber, ...] = (*subscribers, *last)
        self.pace = pace or Unpaced()
        self.max_steps = max_steps or env.world_spec.max_steps
        self.answer_within_s = answer_within_s

    def assign(self, assignment: Assignment) -> None:
        """Use another assignment from the next episode on, and notify all subscribers."""
        before, self.assignment = self.assignment, assignment
        for subscriber in self.subscribers:
            subscriber.on_assign(before, assignment)

    def run_episode(self, seed: int) -> EpisodeOutcome:
        """Reset to `seed` and tick until success, the step limit, or the operator's verdict."""
        episode = self.prepare(seed)
        self.pace.begin()
        episode.begin()
        late_ms = 0.0
        while not episode.over:
            episode.tick(late_ms)
            late_ms = self.pace.wait()
        return episode.end()

    def prepare(self, seed: int) -> "LiveEpisode":
        """Reset the scene to `seed`; subscribers are not notified until the episode begins."""
        observation = guarded_reset(self.env, seed)
        self.device.begin(seed)
        self.assignment.begin()
        return self.go_on(seed, observation)

    def go_on(self, seed: int, observation: Observation) -> "LiveEpisode":
        """An episode in the scene as it is, which was reset to `seed` some time ago."""
        about = (self.env, seed, self.device.name, self.assignment)
        context = EpisodeContext(*about, answer_within_s=self.answer_within_s)
        return LiveEpisode(context, self.device, self.subscribers, self.max_steps, observation)


@dataclass(frozen=True)
class RewindMark:
    """A moment of a running episode to go back to."""

    snapshot: object
    steps: int
    """Ticks since the episode began."""
    progress: float
    """Highest progress until then."""


class LiveEpisode:
    """A running episode; the same for operators, simulated operators and evaluation."""

    def __init__(
        self,
        context: EpisodeContext,
        device: InputDevice,
        subscribers: Sequence[Subscriber],
        max_steps: int,
        observation: Observation,
    ) -> None:
        self.context, self.observation = context, observation
        self._env, self._assignment = context.env, context.assignment
        self._spec, self._guarded = context.env.world_spec, guarded_step(context.env)
        self._device, self._subscribers, self._max_steps = device, subscribers, max_steps
        self._wants_images = any(subscriber.wants_images for subscriber in subscribers)
        self.authority = Authority(context.assignment.level, self._spec.action)
        self.states: list[ControlState] = []
        """Who controlled the arm, for every tick of the main line."""
        self.asked, self.rewinds = 0, 0
        """How often the policy asked for help and the operator rewound, over all branches."""
        self.progress, self.stage = 0.0, self._spec.stages[0]
        self.calling: HelpReason | None = None
        """Why the arm waits for help now; None while it does not."""
        self.share = float("nan")
        """The policy's share of the last tick's motion, in [0, 1]; NaN where nobody drives."""
        self.over, self.success = False, False
        self.requests: frozenset[Request] = frozenset()
        context.assignment.monitor.begin()

    @property
    def steps(self) -> int:
        """Ticks of the main line."""
        return len(self.states)

    @property
    def drivers(self) -> list[Driver]:
        """Whose action was executed, for every tick of the main line."""
        return [DRIVERS[state] for state in self.states]

    def begin(self) -> None:
        """Give the episode its id and start time, and notify the subscribers."""
        now = time.time()
        self.context = replace(self.context, started=now, episode_id=episode_id(now))
        for subscriber in self._subscribers:
            subscriber.on_begin(self.context)

    def tick(self, late_ms: float = 0.0) -> Tick:
        """Run one control tick, which begins `late_ms` after it was due."""
        return self.finish_tick(self.begin_tick(late_ms))

    def begin_tick(self, late_ms: float = 0.0) -> BegunTick:
        """Decide on the action; a world that runs elsewhere steps until finish_tick()."""
        env, before = self._env, self.observation
        began, state, stage = time.time(), env.state(), env.status.stage
        command = self._device.poll(self.authority.driver)
        last = Driver.HUMAN if command.clutch else self.authority.driver
        proposal = self._assignment.propose(before, last, self.context.answer_within_s)
        reason = self._assignment.help_wanted(self.authority.state, proposal, before)
        asks = reason is not None
        decision = self.authority.decide(command, proposal.action, proposal.novelty, asks)
        if decision.reseat:
            env.reseat()
        env.images_due = self._wants_images or self._assignment.needs_images(decision.driver)
        env.begin_step(decision.action)
        return BegunTick(before, state, stage, command, proposal, decision, reason, began, late_ms)

    def finish_tick(self, begun: BegunTick) -> Tick:
        """Step the world by the action that was decided, and notify the subscribers."""
        command, proposal, decision = begun.command, begun.proposal, begun.decision
        step_world = self._guarded or self._env.step
        self.observation, reward, success, cut, info = step_world(decision.action)
        asked = self._note(decision, begun.reason)
        self._judge(command, success, cut)
        executed, level = info.get("executed", decision.action), self._assignment.level
        stage = self._spec.stages.index(begun.stage)
        step = begun.step(executed, reward, self.over, success, level, stage)
        tick = Tick(step, decision.switch, proposal, command, decision.state, decision.share, asked)
        for subscriber in self._subscribers:
            subscriber.on_tick(tick)
        return tick

    def mark(self) -> RewindMark:
        """This moment, to rewind() to."""
        return RewindMark(self._env.snapshot(), self.steps, self.progress)

    def rewind(self, mark: RewindMark) -> int:
        """Go back to a mark, with nobody driving; return the ticks undone."""
        self.rewinds += 1
        undone = self.steps - mark.steps
        self.observation = self._env.restore(mark.snapshot)
        del self.states[mark.steps :]
        self.progress, self.over, self.success = mark.progress, False, False
        self.authority.rest()
        self.calling = None
        self._assignment.monitor.begin()
        self._assignment.begin()
        for subscriber in self._subscribers:
            subscriber.on_rewind(undone)
        return undone

    def _note(self, decision: Decision, reason: HelpReason | None) -> HelpReason | None:
        """Store state, share and help reason; return the reason on the tick that asks for help."""
        self.states.append(decision.state)
        self.share = decision.share
        if decision.state is not ControlState.CALLING:
            self.calling = None
        if decision.switch is not Switch.ASKED:
            return None
        self.asked, self.calling = self.asked + 1, reason
        return reason

    def _judge(self, command: Command, success: bool, cut: bool) -> None:
        self.requests, status = command.requests, self._env.status
        if status.progress > self.progress:
            self.progress, self.stage = status.progress, status.stage
        waiting = self.states.count(ControlState.CALLING)
        limit = self.steps - waiting >= self._max_steps
        unanswered = waiting >= HELP_TIMEOUT_S * self._spec.control_hz
        self.success = success or Request.SAVE_SUCCESS in command.requests
        self.over = success or cut or limit or unanswered or bool(command.requests & ENDING)

    def end(
        self, verdict: bool | None = None, complete: bool = True, discarded: bool = False
    ) -> EpisodeOutcome:
        """Notify the subscribers of the outcome; the operator's `verdict` overrides the task's."""
        outcome, state = self.outcome(), self._env.state()
        success = outcome.success if verdict is None else verdict
        discarded = discarded or outcome.discarded
        outcome = replace(outcome, success=success, complete=complete, discarded=discarded)
        for subscriber in self._subscribers:
            subscriber.on_end(outcome, self.observation, state)
        return outcome

    def outcome(self) -> EpisodeOutcome:
        """The outcome by the counts so far."""
        waiting = self.states.count(ControlState.CALLING)
        policy = self.states.count(ControlState.POLICY)
        return EpisodeOutcome(
            seed=self.context.seed,
            success=self.success,
            steps=self.steps,
            human_steps=self.steps - policy - waiting,
            policy_steps=policy,
            takeovers=self.authority.takeovers,
            stage=self.stage,
            progress=self.progress,
            discarded=Request.DISCARD in self.requests,
            quit=Request.QUIT in self.requests,
            waiting_steps=waiting,
            requests=self.asked,
            rewinds=self.rewinds,
        )
