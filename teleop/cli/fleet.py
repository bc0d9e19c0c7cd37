"""`sidestick fleet` lets one person serve many arms, at the window or simulated."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ...policies.policy_choice import PolicyChoice
from ...policies.store import PolicyStore
from ...sim_envs.errors import BadValue, SidestickError
from ..autonomy.evidence_recorder import recover_evidence
from ..autonomy.ladder_store import LadderStore
from ..devices.settings import operator_name
from ..evaluation.rollouts import InProcessRollouts
from ..fleet.fleet import Fleet
from ..fleet.headless import ShiftRules, run_fleet
from ..fleet.learning_rounds import LearningRounds
from ..fleet.opening import FleetOptions
from ..fleet.queues import FIRST_COME, queue_named
from ..fleet.shift import ShiftReport
from ..fleet.window.fleet_loop import FleetTerms
from ..fleet.window.outlet import OpenFleetOutlet
from ..fleet.window.run import run_window
from ..learning.background_process import LearnerProcess, only_learner
from ..learning.candidate_store import describe_update
from ..station.options import StationOptions
from ..station.run import check_window
from .chosen_policy import choice_json, say_change, say_choice
from .console import complain, print_json, progress, say
from .drive_seeds import check_first_seed, seeds_to_drive
from .endings import say_ending
from .numbers import Arms, Minutes, Seed
from .picture_size import PictureSize, parse_size
from .subcommand import DONE, FOUND, Device, Person, WorkspacePath
from .unused_options import refuse_unused

PERSON = "person"
SIMULATED_MINUTES = 10.0
ROUND_MINUTES = 2.0
"""Assumed: finetuning, and episodes of both policies at the gate on a machine of its own."""
MOST_EPISODES = 10_000
"""Seeds that a shift may use, for the check of reserved ones."""


@dataclass(frozen=True)
class FleetVerb:
    """Serve many arms as one person: policies drive on call, and an arm that asks waits, frozen."""

    if_interrupted: ClassVar[str] = (
        "every episode is kept, the running ones as incomplete; the same command begins a new shift"
    )

    workspace: WorkspacePath
    """Folder of the workspace; it needs a policy that may drive on call."""
    arms: Arms = 4
    """How many arms, 64 at most; each has a world and records as a session of its own."""
    policy: str | None = None
    """Which policy drives, by number; unless given, the pinned or the newest accepted one."""
    override: bool = False
    """Drive although the policy has not earned the level on-call; the override is recorded."""
    queue: str = FIRST_COME
    """Which caller comes first: first-come, longest-wait, risk, value-per-second, giving-up,
    uncertainty, constraint-order, random or round-robin; at the window another may be chosen."""
    headless: bool = False
    """Open no window; needs --driver simulated. Time is simulated, as fast as the machine is."""
    driver: Literal["person", "simulated"] = "person"
    """What serves the arms."""
    operator: Person = None
    """Name of the person who serves them, for the records."""
    minutes: Minutes | None = None
    """Length of the shift, in the operator's minutes; unless given, 10 where it is simulated, and
    until the window is closed."""
    on_loss: Literal["go-on", "hold"] = "go-on"
    """What the policies of the other arms do while the window has lost the focus, or its pad; the
    arm in focus holds still."""
    sound: bool = True
    """Play tones, and let the gamepad rumble."""
    view: Literal["auto", "gl", "tiny"] = "auto"
    """What draws the window's large view: OpenGL, or TinyRenderer in a process of its own."""
    size: PictureSize | None = None
    """Width and height of the window; F11 fills the screen."""
    clutch: Literal["hold", "latch"] = "hold"
    """Hold the clutch to drive, or press it to begin and again to end."""
    first_seed: Seed | None = None
    """Seed of the first episode, the next ones follow; unless given, unused ones."""
    learn: bool = False
    """Learn beside it; a policy that passes the gate, and may drive on call, reaches each arm
    between two of its episodes."""
    round_minutes: Minutes = ROUND_MINUTES
    """With --headless --learn: how long a round of learning takes, in the operator's minutes. When
    they are over the shift's clock stands still until the round is made. (At the window a learner
    works in the background, for as long as it needs.)"""
    device: Device = "cpu"
    """What networks run on."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Serve the arms."""
        self._check()
        workspace, choice = self._begin()
        at_the_window = self.learn and not self.headless
        beside = LearnerProcess(workspace) if at_the_window else contextlib.nullcontext()
        with beside as learner:
            serve = self._headless if self.headless else self._window
            report = serve(workspace, choice)
        died = learner.died if learner else ""
        if self.json:
            learnt = {"learner_ended": died} if at_the_window else {}
            print_json({**report.to_json(), **choice_json(choice), **learnt})
        else:
            say_ending(report.label, self.workspace, "ledger")
        return FOUND if died else DONE

    def shift(self, open_outlet: OpenFleetOutlet) -> ShiftReport:
        """Let a person serve the arms at another outlet than this machine's window."""
        workspace, choice = self._begin()
        return self._window(workspace, choice, open_outlet)

    def check_person(self) -> None:
        """BadValue for a fleet that a person cannot serve."""
        if queue_named(self.queue).needs_truth or self.queue == "nobody":
            raise BadValue("--queue", "one for a person", f"{self.queue}, a limit for benchmarks")
        check_first_seed(self.first_seed, MOST_EPISODES)

    def _begin(self) -> tuple[Workspace, PolicyChoice]:
        """Recover what an earlier session left; the policy, if it may drive on call."""
        workspace = Workspace.open(self.workspace)
        workspace.recover()
        ladder_store = LadderStore(workspace)
        for change in recover_evidence(ladder_store):
            say_change(change)
        choice = PolicyStore(workspace.policies_dir).choose(self.policy)
        ladder_store.authorise(Level.ON_CALL, choice.policy_id, self.override, record=False)
        say_choice(workspace, choice)
        return workspace, choice

    def _check(self) -> None:
        """Refuse what cannot be done before anything is opened."""
        if self.headless != (self.driver != PERSON):
            raise BadValue(
                "--driver",
                "simulated with --headless, person at the window",
                f"{self.driver}, {'headless' if self.headless else 'at the window'}",
            )
        if not (self.headless and self.learn):
            refuse_unused(self, "without --headless --learn", ("round_minutes",))
        if self.headless:
            refuse_unused(self, "with --headless", ("operator",))
        else:
            check_window()
        parse_size(self.size)
        self.check_person()
        FleetOptions(self.arms)

    def _headless(self, workspace: Workspace, choice: PolicyChoice) -> ShiftReport:
        seeds = seeds_to_drive(workspace, Level.ON_CALL, self.first_seed, fresh=True)
        options = self._options()
        minutes = SIMULATED_MINUTES if self.minutes is None else self.minutes
        rules, seconds = ShiftRules(minutes, self.queue), round(minutes * 60)
        hz = workspace.config.control_hz
        with (
            self._learning(workspace) as learn,
            progress(f"{self.arms} arms, {workspace.config.task}", seconds) as tick,
        ):

            def on_tick(fleet: Fleet) -> None:
                learn(fleet.now)
                if fleet.now % hz == 0:
                    solved = sum(outcome.success for outcome in fleet.shift.outcomes)
                    tick(f"{solved} succeeded")

            return run_fleet(workspace, choice.policy_id, seeds.start, options, rules, on_tick)

    @contextlib.contextmanager
    def _learning(self, workspace: Workspace) -> Iterator[Callable[[int], object]]:
        """What learns in simulated time, called with each tick; nothing without --learn."""
        if not self.learn:
            yield lambda _: None
            return
        from ..learning.learner import Learner  # it loads PyTorch's training

        with only_learner(workspace), InProcessRollouts(workspace.config) as rollouts:
            learner = Learner(workspace, rollouts, notify=say)

            def learn() -> None:
                try:
                    event = learner.step()
                except (SidestickError, OSError) as error:  # such as a full disk: drive on
                    complain(error)
                else:
                    say("nothing to learn" if event is None else describe_update(event))

            due, hz = lambda: learner.due() is not None, workspace.config.control_hz
            yield LearningRounds(due, learn, hz, self.round_minutes).spend

    def _options(self) -> FleetOptions:
        follows = self.policy is None
        return FleetOptions(self.arms, follows=follows, on_change=say_change, on_policy=say)

    def _window(
        self,
        workspace: Workspace,
        choice: PolicyChoice,
        open_outlet: OpenFleetOutlet | None = None,
    ) -> ShiftReport:
        seeds = seeds_to_drive(workspace, Level.ON_CALL, self.first_seed, fresh=True)
        seat = StationOptions(
            first_seed=seeds.start,
            operator=self.operator or operator_name(),
            sound=self.sound,
            view=self.view,
            size=parse_size(self.size),
            latch=self.clutch == "latch",
        )
        terms = FleetTerms(queue_named(self.queue), self.on_loss == "hold", self.minutes)
        options = self._options()
        return run_window(
            workspace, choice.policy_id, options, terms, seat, self.queue, open_outlet=open_outlet
        )
