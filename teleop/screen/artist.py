"""Fills the dashboard from the seat, and draws frames as often as there is time."""

import time
from collections.abc import Callable

import numpy as np

from ...datasets.step import Driver
from ...sim_envs.environment import ArmEnv
from ...sim_envs.spaces import CAMERAS, CONTROL_HZ, Image, Observation
from ..authority import DRIVER_BY_LEVEL, Clutch, name
from ..devices.hands import SPEEDS
from ..devices.sdl import pygame
from ..flow import TICKING, State
from ..lesson import EXERCISES
from ..seat import ACCEPT_S, Seat
from .dashboard import Card, Dashboard, DrawnPath, Health
from .pathway import drawn_path
from .prompts import Prompter
from .screen import Screen
from .view import ViewSource

FRAME_S = 1 / 40
"""Frames begin no closer together than this where there is time: two to a tick."""
SHORTEST_S = 1 / 75
"""They begin this close where the next tick would come before the second one."""
LONGEST_GAP_S = 0.2
"""A frame is drawn after this even if it makes a tick late: a frozen window frightens."""
MARGIN_S = 0.002
ITEM_PICTURE = 480
ITEM_MARGIN = 0.25


class Artist:
    """Called whenever the seat has nothing more urgent to do."""

    def __init__(
        self,
        surface: pygame.Surface,
        view: ViewSource,
        prompter: Prompter,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.surface, self.view, self.screen = surface, view, Screen()
        self._prompter, self._clock = prompter, clock
        self._began, self._cost = float("-inf"), 0.01
        self._base: int | None = None
        self._item: tuple[int, Image | None] = (0, None)
        self._fps = 0.0

    def __call__(self, seat: Seat) -> float:
        """Draw a frame where one is due and there is time; return the wait until the next [s]."""
        now = self._clock()
        ahead = seat.pace.ahead_s() if seat.state in TICKING else 1.0
        due = self._began + FRAME_S - now
        if ahead - due < self._cost + MARGIN_S:  # then it would be too late
            due = self._began + SHORTEST_S - now
        if due > 0:
            return due
        if self._cost + MARGIN_S > ahead and now - self._began < LONGEST_GAP_S:
            return ahead
        gap, self._began = now - self._began, now
        self._fps += 0.05 * (1 / gap - self._fps)
        self.draw(seat)
        pygame.display.flip()
        spent = self._clock() - now
        self._cost = max(spent, 0.9 * self._cost) if spent < 0.04 else 0.04
        return 0.0

    def draw(self, seat: Seat) -> None:
        """One frame, whether or not it is due."""
        self.surface = pygame.display.get_surface() or self.surface
        area = self.screen.layout(self.surface).view
        camera = seat.hands.camera
        shrunk = min(1.0, self.view.widest / area.w)
        size = (round(area.w * shrunk), round(area.h * shrunk))
        picture = self.view.picture(camera, seat.scene.seed, *size)
        self.screen.draw(self.surface, picture, self.dashboard(seat))

    def dashboard(self, seat: Seat) -> Dashboard:
        """The seat at this moment."""
        scene, hands, options = seat.scene, seat.hands, seat.options
        env, episode = scene.env, scene.episode
        count = seat.desk.tally.count
        if self._base is None:
            self._base = count.episodes
        device, speed = hands.device, SPEEDS[hands.speed][0]
        driver = episode.authority.driver if seat.state in TICKING else Driver.NOBODY
        observation = episode.observation
        lesson, duty = seat.state is State.LESSON, seat.desk.duty
        return Dashboard(
            state=seat.state,
            driver=driver,
            level=name(scene.level),
            instruction=env.instruction,
            episode=self._base + len(scene.outcomes) + 1,
            tally=(count.successes, count.episodes),
            seconds=episode.steps / CONTROL_HZ,
            time_used=episode.steps / scene.max_steps,
            stages=env.task.stages,
            stage=env.status.stage,
            gripper_m=float(np.sum(observation["gripper_qpos"])),
            closing=env.arm.controller.closing,
            speed=speed,
            precision=(1.0 - hands.scale / SPEEDS[hands.speed][1]),
            slowness=seat.slowness,
            device=hands.words,
            camera=hands.camera,
            frame=hands.frame,
            health=self._health(seat),
            hints=self._prompter.hints(seat.state, device),
            card=self._prompter.lesson_card(seat.lesson, len(EXERCISES), device)
            if lesson
            else self._card(seat),
            notice=seat.notice,
            path=self._path(seat),
            share=episode.share,
            novelty=scene.proposal.novelty,
            novelty_threshold=options.novelty_threshold,
            policy=(duty.policy if duty else options.policy_id) if scene.pilot else None,
            duty=duty.words if duty and scene.pilot else "",
            discard=hands.discard.fraction,
            insets=insets(observation),
            item=self._item_picture(seat),
            sound=seat.desk.feedback.on,
            help=self._prompter.help_rows() if seat.help else None,
        )

    def _card(self, seat: Seat) -> Card | None:
        reason = seat.scene.episode.calling
        if reason and seat.state is State.RECORDING:
            return self._prompter.call_card(reason.value, seat.hands.device)
        return self._prompter.card(
            seat.state,
            seat.hands.device,
            lost=seat.lost,
            locked=seat.hands.guard.waiting or not seat.hands.focused,
            offered=seat.offered,
            left=max(0.01, 1.0 - seat.seconds_here / ACCEPT_S),
            policy_drives=DRIVER_BY_LEVEL[seat.scene.level, Clutch.RELEASED] is Driver.POLICY,
        )

    def _health(self, seat: Seat) -> Health:
        meter = seat.meter
        left = seat.desk.tally.minutes_left
        return Health(meter.hz, meter.worst_hz, meter.late, meter.late_share, self._fps, left)

    def _path(self, seat: Seat) -> DrawnPath | None:
        plan = seat.scene.proposal.plan
        if plan is None or seat.state in (State.FREE, State.LESSON, State.VERDICT):
            return None
        arm = seat.scene.env.arm
        view = seat.scene.env.task.cameras[seat.hands.camera].view(arm)
        done = min(seat.scene.plan_done, len(plan.actions) - 1)
        return drawn_path(view, arm.tool().position, arm.controller.closing, plan, done)

    def _item_picture(self, seat: Seat) -> Image | None:
        """A picture of the named item, taken when the scene was laid."""
        if self._item[0] != seat.scene.laid:
            self._item = (seat.scene.laid, item_picture(seat.scene.env))
        return self._item[1]


def insets(observation: Observation) -> dict[str, Image]:
    """What is recorded of each camera, as it is recorded."""
    return {camera: np.asarray(observation[f"{camera}_image"], np.uint8) for camera in CAMERAS}


def item_picture(env: ArmEnv) -> Image | None:
    """The named item cut out of the front camera's picture; None where it is hidden or unnamed."""
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
