"""One episode, tick by tick: observe, ask human and policy, decide who drives, act, tell all."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...datasets.step import Driver, Level, Step
from ...sim_envs.environment import ArmEnv
from ...sim_envs.errors import PolicyError
from ...sim_envs.snapshots import Snapshot
from ...sim_envs.spaces import CONTROL_HZ, Observation
from .authority import Authority, Decision, usable
from .command import ENDING, Command, Request
from .device import Device
from .help_requests import Alarm, Reason
from .levels import DRIVERS, NEEDS_POLICY, State, Switch, name
from .pacing import Pace, Unpaced
from .policy_runner import NO_PROPOSAL, Pilot, Proposal
from .subscriber import Outcome, Subscriber, Tick

if TYPE_CHECKING:
    pass

WAITED_OUT_S = 60.0
"""Help that has not come after this long, in all, will not come: the episode ends."""


@dataclass(frozen=True)
class Mark:
    """A moment of a running episode to go back to."""

    snapshot: Snapshot
    steps: int
    """Ticks since the episode began."""
    progress: float
    """Highest progress until then."""


class Episode:
    """The tick, written once for people, simulated operators and evaluation."""

    def __init__(self, session: "Session", seed: int, observation: Observation) -> None:
        self.session, self.seed, self.observation = session, seed, observation
        self.authority = Authority(session.level)
        self.states: list[State] = []
        """Who had the arm, for every tick of the main line."""
        self.asked, self.rewinds = 0, 0
        """How often the policy asked for help and the human went back, over all branches."""
        self.progress, self.stage = 0.0, session.env.task.stages[0]
        self.calling: Reason | None = None
        """Why the arm waits for help now; None while it does not."""
        self.share = float("nan")
        """The policy's share of the last tick's motion, in [0, 1]; NaN where nobody drove."""
        self.over, self.success = False, False
        self.requests: frozenset[Request] = frozenset()
        session.alarm.begin()

    @property
    def steps(self) -> int:
        """Ticks of the main line."""
        return len(self.states)

    @property
    def drivers(self) -> list[Driver]:
        """Whose action was executed, for every tick of the main line."""
        return [DRIVERS[state] for state in self.states]

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
        reason = self._feel(proposal)
        decision = self.authority.decide(
            command, proposal.action, proposal.novelty, asks=reason is not None
        )
        if decision.reseat:
            env.reseat()
        before = self.observation
        env.images_due = self._images_due(decision)
        self.observation, reward, success, _, _ = env.step(decision.action)
        self.states.append(decision.state)
        asked = self._note(decision, reason)
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
        switch, share = decision.switch, decision.share
        tick = Tick(step, switch, proposal, command, decision.state, share, asked)
        for subscriber in session.subscribers:
            subscriber.on_tick(tick)
        return tick

    def mark(self) -> Mark:
        """This moment, to rewind() to."""
        return Mark(self.session.env.snapshot(), self.steps, self.progress)

    def rewind(self, mark: Mark) -> int:
        """Go back to a mark; nobody drives until somebody begins to. Returns the ticks undone."""
        self.rewinds += 1
        undone = self.steps - mark.steps
        self.observation = self.session.env.restore(mark.snapshot)
        del self.states[mark.steps :]
        self.progress, self.over, self.success = mark.progress, False, False
        self.authority.rest()
        self.calling = None
        self.session.alarm.begin()
        if self.session.pilot:
            self.session.pilot.begin()
        return undone

    def _propose(self, command: Command) -> Proposal:
        pilot = self.session.pilot
        if pilot is None:
            return NO_PROPOSAL
        driver = Driver.HUMAN if command.clutch else self.authority.driver
        return pilot.propose(self.observation, driver)

    def _feel(self, proposal: Proposal) -> Reason | None:
        """Why the policy wants help now, at a level at which it may ask for it."""
        if self.session.level is not Level.ON_CALL:
            return None
        hand = self.observation["ee_pos"]
        answer = usable(proposal.action)
        return self.session.alarm.feel(self.authority.state, proposal.novelty, answer, hand)

    def _note(self, decision: Decision, reason: Reason | None) -> Reason | None:
        """Remember why help is waited for; gives the reason on the tick that it is asked for."""
        self.share = decision.share
        if decision.state is not State.CALLING:
            self.calling = None
        if decision.switch is not Switch.ASKED:
            return None
        self.asked, self.calling = self.asked + 1, reason
        return reason

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
        waiting = self.states.count(State.CALLING)
        limit = self.steps - waiting >= self.session.max_steps
        unheard = waiting >= WAITED_OUT_S * CONTROL_HZ
        self.success = success or Request.SAVE_SUCCESS in command.requests
        self.over = success or limit or unheard or bool(command.requests & ENDING)

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
        waiting = self.states.count(State.CALLING)
        policy = self.states.count(State.POLICY)
        return Outcome(
            seed=self.seed,
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


__all__ = ["Episode", "Mark", "Outcome", "Session", "Subscriber", "Tick"]


class Session:
    """Makes episodes and runs them; what lasts from one episode to the next is here."""

    def __init__(
        self,
        env: ArmEnv,
        device: Device,
        level: Level,
        pilot: Pilot | None = None,
        subscribers: Sequence[Subscriber] = (),
        pace: Pace | None = None,
        max_steps: int | None = None,
        alarm: Alarm | None = None,
    ) -> None:
        if level in NEEDS_POLICY and pilot is None:
            raise PolicyError(
                f"level {name(level)!r} needs a policy, and there is none yet; train one"
            )
        self.env, self.device, self.level, self.pilot = env, device, level, pilot
        self.subscribers = tuple(subscribers)
        self.pace = pace or Unpaced()
        self.max_steps = max_steps or env.task.max_steps
        self.alarm = alarm or Alarm()
        """What makes a policy on call ask for help; its budget lasts for the session."""
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

    def prepare(self, seed: int) -> Episode:
        """Reset the world to `seed`; nobody is told until the episode begins."""
        observation, _ = self.env.reset(seed=seed)
        self.device.begin(seed)
        if self.pilot:
            self.pilot.begin()
        return Episode(self, seed, observation)
