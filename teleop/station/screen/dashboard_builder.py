"""DashboardBuilder turns the state of the window's loop into a Dashboard, once for each frame.

FrameScheduler calls it, and Screen draws what it returns.
"""

from dataclasses import replace

import numpy as np

from ....datasets.step import Driver, Level
from ....sim_envs.environment import ArmEnv
from ....sim_envs.spaces import CAMERAS, CONTROL_HZ, Image, Observation
from ...autonomy.evidence_recorder import audit_sampler
from ...devices.operator_input import SPEEDS
from ...session.levels import name
from ...ui.plan_path import DrawnPath, drawn_path
from ..loop import ACCEPT_S, StationLoop
from ..states import TICKING, WindowState
from ..tutorial import EXERCISES
from .dashboard import Card, Dashboard, Health
from .prompts import Prompter

PATHLESS = (WindowState.FREE, WindowState.TUTORIAL, WindowState.VERDICT)
COMPARED = (Level.SHADOW, Level.ASSIST)
"""Levels at which the policy's action is compared with the human's."""
SIMULATED = "THE SIMULATED OPERATOR"


class DashboardBuilder:
    """Makes dashboards; remembers the first count of episodes and the picture of the item."""

    def __init__(self, prompter: Prompter) -> None:
        self._prompter = prompter
        self._base: int | None = None
        self._item: tuple[int, Image | None] = (0, None)

    def dashboard(self, loop: StationLoop, frames: float) -> Dashboard:
        """What the window shows now; `frames` are drawn a second."""
        board = self._episode(loop, frames)
        board = self._operator_input(board, loop)
        return self._policy(self._words(board, loop), loop)

    def _episode(self, loop: StationLoop, frames: float) -> Dashboard:
        """A dashboard of the episode alone."""
        live, tally = loop.live, loop.context.tally
        env, episode, count = live.env, live.episode, tally.count
        if self._base is None:
            self._base = count.episodes
        meter = loop.meter
        return Dashboard(
            state=loop.state,
            driver=episode.authority.driver if loop.state in TICKING else Driver.NOBODY,
            level=name(live.assignment.level),
            instruction=env.instruction,
            episode=self._base + len(live.outcomes) + 1,
            tally=(count.successes, count.episodes),
            seconds=episode.steps / CONTROL_HZ,
            time_used=episode.steps / live.session.max_steps,
            stages=env.task.stages,
            stage=env.status.stage,
            gripper_m=float(np.sum(episode.observation["gripper_qpos"])),
            closing=env.arm.controller.closing,
            slowness=loop.slowness,
            health=Health(
                meter.hz, meter.worst_hz, meter.late, meter.late_share, frames, tally.minutes_left
            ),
            insets=insets(episode.observation),
            item=self._item_picture(loop),
        )

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
            novelty=live.proposal.novelty,
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
            return self._prompter.help_request_card(rules.words(reason), device)
        if loop.state is WindowState.READY:
            note, level = loop.options.seeds.label(loop.live.seed), loop.live.assignment.level
            return self._prompter.ready_card(level, device, _watched(loop), note)
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
        arm = loop.live.env.arm
        view = loop.live.env.task.cameras[loop.operator_input.camera].view(arm)
        done = min(loop.live.plan_done, len(plan.actions) - 1)
        return drawn_path(view, arm.tool().position, arm.controller.closing, plan, done)

    def _item_picture(self, loop: StationLoop) -> Image | None:
        """A picture of the named item, taken once after each reset."""
        if self._item[0] != loop.live.laid:
            self._item = (loop.live.laid, item_picture(loop.live.env))
        return self._item[1]


def insets(observation: Observation) -> dict[str, Image]:
    """Each camera's picture as it is recorded, uint8 [H, W, 3]."""
    return {camera: np.asarray(observation[f"{camera}_image"], np.uint8) for camera in CAMERAS}


def _watched(loop: StationLoop) -> bool:
    """Whether the operator has to watch the next episode."""
    return loop.live.assignment.level is not Level.AUTONOMOUS or audit_sampler(
        loop.options.audited
    )(loop.live.seed)


ITEM_PICTURE = 480
ITEM_MARGIN = 0.25


def item_picture(env: ArmEnv) -> Image | None:
    """The named item in the front camera's picture, uint8 [N, N, 3]; None where it is not seen."""
    goal = env.task.goal_names[env.task.goal]
    if goal not in env.task.labels:
        return None
    picture, labels = env.labelled("front", ITEM_PICTURE, ITEM_PICTURE)
    rows, columns = np.nonzero(labels == env.task.labels.index(goal))
    if len(rows) == 0:
        return None
    side = max(np.ptp(rows), np.ptp(columns)) * (1 + 2 * ITEM_MARGIN)
    half = int(np.clip(side / 2, 12, ITEM_PICTURE // 2))
    y = int(np.clip((rows.min() + rows.max()) // 2, half, ITEM_PICTURE - half))
    x = int(np.clip((columns.min() + columns.max()) // 2, half, ITEM_PICTURE - half))
    return np.ascontiguousarray(picture[y - half : y + half, x - half : x + half])
