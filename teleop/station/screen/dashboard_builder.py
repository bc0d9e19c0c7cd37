"""DashboardBuilder turns the state of the window's loop into a Dashboard, once for each frame.

FrameScheduler calls it, and Screen draws what it returns.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile

import numpy as np

from ....datasets.step import Driver, Level
from ....sim_envs.environment import ArmEnv
from ....sim_envs.spaces import CAMERAS, CONTROL_HZ, Image, Observation
from ....sim_envs.worlds.arm_spec import FINGERS
from ...autonomy.evidence_recorder import audit_sampler
from ...devices.operator_input import SPEEDS
from ...learning.update_schedule import UpdateRules
from ...session.levels import ControlState, name
from ...ui.depth_aid import (
    NOTHING_ORDERED,
    Between,
    DepthAid,
    OrderState,
    depth_aid,
    shown_stage,
    what_is_between,
)
from ...ui.plan_path import DrawnPath, drawn_path
from ..loop import ACCEPT_S, StationLoop
from ..states import TICKING, WindowState
from ..tutorial import EXERCISES
from .dashboard import Card, Dashboard, Health
from .order import Chip, chips, pictures
from .prompts import Prompter

NO_PICTURES: Mapping[str, Image] = {}
PATHLESS = (WindowState.FREE, WindowState.TUTORIAL, WindowState.VERDICT)
UNTOLD = float("nan")
"""The novelty in a blind comparison: it differs between the two."""
COMPARED = (Level.SHADOW, Level.ASSIST)
"""Levels at which the policy's action is compared with the human's."""
SIMULATED = "THE SIMULATED OPERATOR"


class DashboardBuilder:
    """Makes dashboards; remembers the first count of episodes and the pictures of the objects."""

    def __init__(self, prompter: Prompter) -> None:
        self._prompter = prompter
        self._base: int | None = None
        self._pictures: tuple[int, dict[str, Image]] = (0, {})

    def dashboard(
        self, loop: StationLoop, frames: float, extra: Mapping[str, Image] = NO_PICTURES
    ) -> Dashboard:
        """What the window shows now; `frames` are drawn a second.

        `extra` are pictures of cameras that are not recorded.
        """
        board = self._episode(loop, frames)
        board = replace(board, insets={**board.insets, **extra})
        board = self._operator_input(board, loop)
        return self._policy(self._words(board, loop), loop)

    def _episode(self, loop: StationLoop, frames: float) -> Dashboard:
        """A dashboard of the episode alone."""
        live, tally = loop.live, loop.context.tally
        env, episode, count = live.env, live.episode, tally.count
        meter, aids = loop.meter, loop.options.aids
        arm, spec = live.arm, env.world_spec
        state = OrderState.of(arm) if arm else NOTHING_ORDERED
        order = self._order(loop, state)
        between = what_is_between(arm, state) if aids and arm else None
        return Dashboard(
            state=loop.state,
            driver=episode.authority.driver if loop.state in TICKING else Driver.NOBODY,
            level=name(live.assignment.level),
            instruction=arm.task.summary if arm and len(order) > 1 else env.instruction,
            episode=self._number(loop),
            session=live.totals.words(),
            tally=(count.successes, count.episodes),
            seconds=episode.steps / spec.control_hz,
            time_used=episode.steps / live.session.max_steps,
            stages=spec.stages,
            stage=shown_stage(arm, between, state) if aids and arm else env.status.stage,
            gripper_m=float(np.sum(episode.observation.get(FINGERS, 0.0))),
            closing=env.closing,
            slowness=loop.slowness,
            health=Health(
                meter.hz, meter.worst_hz, meter.late, meter.late_share, frames, tally.minutes_left
            ),
            insets=insets(episode.observation, loop.operator_input.camera, spec.cameras),
            order=order,
            aid=self._aid(loop, arm, between, state) if aids and arm else None,
        )

    def _number(self, loop: StationLoop) -> str:
        """Which episode this is."""
        if self._base is None:
            self._base = loop.context.tally.count.episodes
        done, wanted = len(loop.live.outcomes), loop.options.episodes
        return f"{self._base + done + 1}" if wanted is None else f"{done + 1} of {wanted}"

    def _order(self, loop: StationLoop, state: OrderState) -> tuple[Chip, ...]:
        """The order; its pictures are cut once after each reset."""
        env = loop.live.arm
        if env is None:
            return ()
        if self._pictures[0] != loop.live.laid:
            self._pictures = (loop.live.laid, pictures(env))
        return chips(env, state, self._pictures[1])

    def _aid(
        self, loop: StationLoop, env: ArmEnv, between: Between | None, state: OrderState
    ) -> DepthAid:
        view = env.camera_view(loop.operator_input.camera)
        return depth_aid(view, env, between, state.containers)

    def _operator_input(self, board: Dashboard, loop: StationLoop) -> Dashboard:
        """Add speed, camera and device."""
        operator_input = loop.operator_input
        return replace(
            board,
            operator=SIMULATED if loop.options.simulated else "YOU",
            speed=SPEEDS[operator_input.speed][0],
            precision=(1.0 - operator_input.scale / SPEEDS[operator_input.speed][1]),
            device=operator_input.label,
            camera=operator_input.camera,
            frame=operator_input.frame,
            discard=operator_input.discard.fraction,
            sound=loop.context.feedback.on,
        )

    def _words(self, board: Dashboard, loop: StationLoop) -> Dashboard:
        """Add hints, card, notice and help."""
        device = loop.operator_input.device
        return replace(
            board,
            hints=self._prompter.hints(loop.state, device),
            card=self._card(loop),
            notice=loop.notice.text or (loop.live.proposal.why if loop.state in TICKING else ""),
            help=self._prompter.help_page() if loop.help else None,
        )

    def _policy(self, board: Dashboard, loop: StationLoop) -> Dashboard:
        """Add what concerns the policy: its number, plan, novelty and agreement."""
        live, active_policy, options = loop.live, loop.context.active_policy, loop.options
        assigned = live.assignment
        if assigned.runner is None:
            return board
        level = assigned.level
        return replace(
            board,
            path=self._path(loop),
            share=live.episode.share,
            calling=loop.state is WindowState.RECORDING and live.episode.calling is not None,
            novelty=UNTOLD if options.shown_policy else live.proposal.novelty,
            novelty_threshold=assigned.monitor.rules.novelty,
            running_agreement=live.running_agreement.cosine if level in COMPARED else None,
            policy=options.shown_policy or assigned.policy_id,
            active_policy=active_policy.label(assigned).removeprefix("policy ")
            if active_policy
            else "",
            looks_on=level in (Level.DEMONSTRATE, Level.SHADOW),
            requests_left=assigned.monitor.left if level is Level.ON_CALL else None,
        )

    def _card(self, loop: StationLoop) -> Card | None:
        device = loop.operator_input.device
        if loop.state is WindowState.TUTORIAL:
            return self._prompter.tutorial_card(loop.actions.tutorial, len(EXERCISES), device)
        reason = loop.live.episode.calling
        if reason and loop.state is WindowState.RECORDING:
            rules = loop.live.assignment.monitor.rules
            return self._prompter.help_request_card(rules.words(reason), device, _waited_s(loop))
        if loop.state is WindowState.READY:
            scene = loop.live.note or loop.options.seeds.label(loop.live.seed)
            session = loop.live.totals.words()
            notes = (scene, _next_policy(loop), loop.context.tally.learner, session)
            level = loop.live.assignment.level
            return self._prompter.ready_card(level, device, _watched(loop), notes)
        return self._prompter.card(
            loop.state,
            device,
            lost=loop.lost,
            locked=bool(loop.operator_input.guard.waiting_for) or not loop.operator_input.focused,
            offered=loop.actions.offered,
            doubted=loop.doubted,
            left=max(0.01, 1.0 - loop.seconds_in_state / ACCEPT_S),
        )

    def _path(self, loop: StationLoop) -> DrawnPath | None:
        plan = loop.live.proposal.plan
        if plan is None or loop.state in PATHLESS:
            return None
        env = loop.live.env
        view = env.camera_view(loop.operator_input.camera)
        if view is None:
            return None
        done = min(loop.live.plan_done, len(plan.actions) - 1)
        spec = env.world_spec.action
        return drawn_path(view, env.tool().position, env.closing, plan, done, spec)


def insets(
    observation: Observation, large: str, cameras: tuple[str, ...] = CAMERAS
) -> dict[str, Image]:
    """The picture of each recorded camera that is not the large one, uint8 [H, W, 3]."""
    pictures = {name: observation.get(f"{name}_image") for name in cameras if name != large}
    return {name: np.asarray(p, np.uint8) for name, p in pictures.items() if p is not None}


def _next_policy(loop: StationLoop) -> str:
    """When the learner makes its first policy; empty where there is one, or no learner."""
    left = UpdateRules().first - loop.context.tally.count.successes
    if not loop.options.learns or loop.live.assignment.policy_id is not None:
        return ""
    if left > 0:
        return f"the learner's first policy comes after {left} more success{'es' * (left > 1)}"
    return "the learner makes its first policy now"


def _waited_s(loop: StationLoop) -> float:
    """How long the arm has waited for help by now, s."""
    if loop.live.waits_s is not None:
        return loop.live.waits_s
    states = reversed(loop.live.episode.states)
    waits = sum(1 for _ in takewhile(lambda state: state is ControlState.CALLING, states))
    return waits / CONTROL_HZ


def _watched(loop: StationLoop) -> bool:
    """Whether the operator has to watch the next episode."""
    return loop.live.assignment.level is not Level.AUTONOMOUS or audit_sampler(
        loop.options.audited
    )(loop.live.seed)
