"""`sidestick drive` records episodes, driven at the window or by a simulated operator."""

import contextlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import ClassVar, Literal

from ...datasets.session_rows import session_rows
from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ...policies.policy_choice import PolicyChoice
from ...policies.store import PolicyStore
from ...sim_envs.errors import UnknownName
from ..autonomy.evidence_recorder import AUDITED_SHARE, recover_evidence
from ..autonomy.ladder import Ladder
from ..autonomy.ladder_store import LadderStore
from ..devices.operators import PERSON, SIMULATED, check_driver, driver_named
from ..devices.simulated_operator import CLUMSY
from ..evaluation.seeds import Seeds
from ..learning.active_policy import ActivePolicy, assignment_of
from ..learning.background_process import LearnerProcess
from ..session.assignment import Assignment
from ..session.help_requests import HelpRules
from ..session.levels import NEEDS_POLICY, level_named, name
from ..session.subscriber import EpisodeOutcome
from ..station.headless import DriveReport, RunRules, drive_with_switches, headless_assignment
from ..station.run import check_window, run_station
from ..workspace_variant import agreed_config, exists
from .chosen_policy import choice_json, say_change, say_choice
from .console import print_json, progress, say
from .drive_seeds import check_first_seed, seeds_to_drive
from .endings import asked_and_made, say_ending
from .numbers import Count, Limit, Seed, Share
from .picture_size import PictureSize, parse_size
from .subcommand import DONE, FOUND, Device, Person, WorkspacePath
from .unused_options import OF_THE_WINDOW, mention_unused, refuse_unused
from .window_options import station_options

SIMULATED_EPISODES = 10
_Begun = tuple[Level, PolicyChoice | None]


@dataclass(frozen=True)
class Drive:
    """Drive the arm and record episodes into a workspace, which is created if it is new."""

    if_interrupted: ClassVar[str] = (
        "every episode is kept, the running one too; the same command records as many again"
    )

    workspace: WorkspacePath
    """Folder of the workspace."""
    task: str | None = None
    """Short name of the task; may be left out for a workspace that exists."""
    env: str | None = None
    """Another world than the built-in arm: a plug-in, gym:ID or module:maker (see doctor)."""
    env_options: str = ""
    """Options of that world, as JSON."""
    level: str | None = None
    """Level of autonomy: demonstrate, shadow, assist, supervised, on-call or autonomous; unless
    given, the highest that the policy has earned (see `sidestick ladder`)."""
    override: bool = False
    """Drive at a level that the policy has not earned; the override is recorded."""
    requests: Limit | None = None
    """How often the policy may ask for help at level on-call; without limit unless given."""
    audited: Share = AUDITED_SHARE
    """Share of the autonomous episodes that the operator watches."""
    headless: bool = False
    """Open no window; needs --driver simulated or a device."""
    driver: str = PERSON
    """What drives: person, simulated, a plug-in's device, or (headless) clumsy, a beginner."""
    operator: Person = None
    """Name of the person who drives, for the records."""
    episodes: Count | None = None
    """How many episodes to record; a simulated operator drives 10 unless given."""
    first_seed: Seed | None = None
    """Seed of the first episode, the next ones follow; unless given, see --fresh."""
    fresh: bool = False
    """Unused seeds at once. Else those come first that practice failed on, at supervised and
    on-call, or `sidestick generate`, at demonstrate, while they are unsolved."""
    policy: str | None = None
    """Which policy drives, by number; unless given, the pinned or the newest accepted one."""
    num_items: Count | None = None
    """Number of objects, if fewer than the task has, to begin easily (new workspaces only)."""
    variation: Literal["none", "mild", "strong"] | None = None
    """Domain randomization of cameras, light, colours and shapes (new workspaces only)."""
    lesson: bool = False
    """Begin with the tutorial of two minutes, as the first session at the window always does."""
    sound: bool = True
    """Play tones, and let the gamepad rumble."""
    voice: bool = False
    """Speak what matters, beside the tones; needs espeak-ng."""
    view: Literal["auto", "gl", "tiny"] = "auto"
    """What draws the window's large view: OpenGL, or TinyRenderer in a process of its own."""
    size: PictureSize | None = None
    """Width and height of the window; F11 fills the screen."""
    clutch: Literal["hold", "latch"] = "hold"
    """Hold the clutch to drive, or press it to begin and again to end. What stops the arm opens a
    latched clutch too."""
    aids: bool = True
    """Show how far away things are: a plumb line, the fingers' plane, what closing would hold. Only
    the window shows it, the recording never does; --no-aids leaves it out, for studies."""
    learn: bool = False
    """Learn in the background; a policy that passes the gate drives from the next episode on."""
    device: Device = "cpu"
    """What networks run on."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Record the episodes."""
        wanted = None if self.level is None else level_named(self.level)
        check_first_seed(self.first_seed, self.episodes or SIMULATED_EPISODES)
        check_driver(self.driver, self.headless)
        if self.driver != PERSON:
            refuse_unused(self, f"with --driver {self.driver}", ("operator",))
        parse_size(self.size)
        if self.headless:
            mention_unused(self, "without a window", OF_THE_WINDOW)
        else:
            check_window()
        workspace = self._open(wanted)
        level, choice = self._begin(workspace, wanted)
        beside = LearnerProcess(workspace) if self.learn else contextlib.nullcontext()
        with beside as learner, session_rows(workspace.db_path):
            report = self.record(workspace, level, choice)
        died = learner.died if learner else ""
        if self.json:
            learnt = {"learner_ended": died} if self.learn else {}
            print_json({**asdict(report), **choice_json(choice), **learnt})
        else:
            self._end(report)
        return FOUND if died else DONE

    def _end(self, report: DriveReport) -> None:
        """Say what was recorded, where, and what is next."""
        asked = self.episodes or (SIMULATED_EPISODES if self.headless else None)
        if asked is not None:
            say(asked_and_made(asked, report.episodes, "episode", "recorded"))
        then = (
            "train" if report.level in (name(Level.DEMONSTRATE), name(Level.SHADOW)) else "ledger"
        )
        say_ending(report.label, self.workspace, then if report.episodes else "")

    def session(self, window: Callable[..., DriveReport]) -> DriveReport:
        """Record a session of a workspace that exists, with `window` in place of this machine's."""
        wanted = None if self.level is None else level_named(self.level)
        workspace = self._open(wanted)
        level, choice = self._begin(workspace, wanted)
        return self.record(workspace, level, choice, window=window)

    def _begin(self, workspace: Workspace, wanted: Level | None) -> _Begun:
        """Recover what an earlier session left; the level that is allowed, and the policy."""
        workspace.recover()
        ladder_store = LadderStore(workspace)
        for change in recover_evidence(ladder_store):
            say_change(change)
        choice = self.choice(workspace, wanted)
        policy_id = None if choice is None else choice.policy_id
        return ladder_store.authorise(wanted, policy_id, self.override, record=False), choice

    def _open(self, wanted: Level | None) -> Workspace:
        """The workspace, made if it is new; whatever can be refused is refused before."""
        variant = {"num_items": self.num_items, "variation": self.variation}
        simulated = self.driver in (SIMULATED, CLUMSY)
        config = agreed_config(
            self.workspace, self.task, variant, self.env, self.env_options, simulated
        )
        if not exists(self.workspace):
            Ladder(config.task, None).authorise(wanted, self.override)
            if self.policy is not None:
                raise UnknownName("policy", self.policy, ())
        workspace = Workspace.open_or_create(self.workspace, config)
        workspace.lock().release()  # refused where another session records
        return workspace

    def choice(self, workspace: Workspace, wanted: Level | None) -> PolicyChoice | None:
        """The policy of the session and why it is that one; None where none drives.

        PolicyError where the wanted level needs one.
        """
        store = PolicyStore(workspace.policies_dir)
        if self.policy is None and wanted not in NEEDS_POLICY:
            return store.choice()
        return store.choose(self.policy)

    def record(
        self,
        workspace: Workspace,
        level: Level,
        choice: PolicyChoice | None = None,
        assign: Callable[..., Assignment] | None = None,
        window: Callable[..., DriveReport] = run_station,
        headless: Callable[..., DriveReport] = drive_with_switches,
    ) -> DriveReport:
        """Record at a level that is allowed, with the chosen policy; tests replace the callables.

        `assign` makes the session's first assignment, `window` and `headless` run the session.
        """
        assign = assign or (headless_assignment if self.headless else assignment_of)
        if choice is not None and (level in NEEDS_POLICY or not self.headless):
            say_choice(workspace, choice)
        policy_id = None if choice is None else choice.policy_id
        assignment = assign(workspace, level, policy_id, self.help_rules())
        if level is Level.ON_CALL:
            say(assignment.monitor.rules.label)
        seeds = seeds_to_drive(workspace, level, self.first_seed, self.fresh)
        if self.headless:
            return self._headless(workspace, assignment, seeds, headless)
        return window(workspace, assignment, station_options(self, seeds, level))

    def _headless(
        self,
        workspace: Workspace,
        assignment: Assignment,
        seeds: Seeds,
        drive: Callable[..., DriveReport],
    ) -> DriveReport:
        episodes, tally = self.episodes or SIMULATED_EPISODES, {"successes": 0}
        active_policy = ActivePolicy(workspace, assignment, self.policy is None, self.help_rules())
        who = driver_named(self.driver)
        rules = RunRules(self.help_rules(), self.audited, who, ladder=True, on_change=say_change)
        with progress(f"{name(assignment.level)} {workspace.config.task}", episodes) as tick:

            def on_outcome(outcome: EpisodeOutcome) -> None:
                tally["successes"] += outcome.success
                tick(f"{tally['successes']} succeeded")
                if note := seeds.label(outcome.seed):
                    say(f"{note}; {'solved' if outcome.success else 'not solved'} now")

            return drive(
                workspace, assignment, active_policy, seeds.take(episodes), on_outcome, rules,
                lambda new: say(new.label),
            )  # fmt: skip

    def help_rules(self) -> HelpRules:
        """When the policy asks for help at level on-call."""
        return HelpRules(budget=self.requests)
