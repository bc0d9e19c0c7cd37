"""This program saves screenshots of every state of the window, by a virtual gamepad and fake time.

`SDL_VIDEODRIVER=dummy python -m benchmarks.screens [--policy FOLDER] [--size 1280x800] [OUT]`
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
os.environ.setdefault("SDL_JOYSTICK_ALLOW_BACKGROUND_EVENTS", "1")

import numpy as np
from PIL import Image

from sidestick.datasets.step import Level
from sidestick.policies.base.plan import Plan, Policy
from sidestick.policies.policy import load_policy
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.experts import make_expert
from sidestick.sim_envs.renderers import best_view_renderer
from sidestick.sim_envs.spaces import Observation
from sidestick.teleop.devices.bindings import defaults
from sidestick.teleop.devices.controls import DRIVING
from sidestick.teleop.devices.sdl import pygame
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.levels import name
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.station.options import StationOptions
from sidestick.teleop.station.screen.frame_scheduler import FrameScheduler
from sidestick.teleop.station.screen.prompts import Prompter
from sidestick.teleop.station.screen.view import DirectView
from sidestick.teleop.station.states import WindowEvent, WindowState
from sidestick.teleop.ui.depth_aid import OrderState, shown_stage, what_is_between
from tests import virtual_pad as vp
from tests.window_rig import WindowRig

COLOURS, ROUNDS = 256, 2
"""Colours of an image, and rounds of their k-means: without it small bright areas change colour."""


class StandIn:
    """A policy for screenshots only: the expert's next action, sixteen times, with some spread."""

    chunk, execute = 16, 8

    def __init__(self) -> None:
        self.env: ArmEnv | None = None
        self.novelty = 0.4

    def reset(self) -> None:
        """Do nothing: it has no memory."""

    def plan(self, observation: Observation) -> Plan:
        """The expert's next action, repeated."""
        actions = np.zeros((16, 7), np.float32)
        if self.env is not None:
            expert = make_expert(self.env.task_name)
            actions[:] = expert.next(self.env).action(self.env.arm.tool())
        spread = np.full((16, 7), 0.3, np.float32) * np.linspace(0.3, 1.5, 16)[:, None]
        return Plan(actions, spread.astype(np.float32), self.novelty)


class Photographer:
    """Saves the rig's window as an image file."""

    def __init__(self, rig: WindowRig, out: Path, size: tuple[int, int]) -> None:
        surface = pygame.display.set_mode(size)
        view = DirectView(rig.env, best_view_renderer())
        self.frame_scheduler = FrameScheduler(surface, view, Prompter(defaults(DRIVING)), rig.time)
        self.rig, self.out = rig, out

    def __call__(self, name: str) -> None:
        """Save one screenshot."""
        self.frame_scheduler._fps = 40.0
        self.frame_scheduler.draw(self.rig.loop)
        shown = pygame.display.get_surface()
        assert shown is not None
        whole = Image.frombytes("RGB", shown.get_size(), pygame.image.tobytes(shown, "RGB"))
        few = whole.quantize(COLOURS, kmeans=ROUNDS, dither=Image.Dither.NONE)
        few.save(self.out / f"{name}.png", optimize=True)
        print(self.out / f"{name}.png", self.rig.state)


def demonstrations(rig: WindowRig, shoot: Photographer) -> None:
    """Save ready, recording, pause, rewind, discard, verdicts, help, free drive."""
    shoot("ready")
    rig.tap(vp.START)
    rig.pad.press(vp.LB)
    rig.pad.axis(vp.LEFT_Y, -0.8)
    rig.run(1.2)
    shoot("recording")
    rig.pad.axis(vp.LEFT_Y, 0.0)
    rig.pad.release(vp.LB)
    rig.run(0.2)
    rig.tap(vp.BACK)
    rig.run(0.3)
    shoot("paused")
    rig.loop.help = True  # SDL stretches GUIDE to 250 ms of real time, which is not faked
    shoot("help")
    rig.loop.help = False
    rig.tap(vp.R3)
    shoot("rewound")
    rig.drive(0.6)
    rig.pad.press(vp.X)
    rig.run(0.4)
    shoot("discarding")
    rig.run(0.4)
    rig.pad.release(vp.X)
    shoot("discarded")
    rig.chord(vp.X)
    rig.run(0.4)
    rig.tap(vp.START)
    rig.loop.actions.offered = True
    rig.loop.signal(WindowEvent.SUCCEEDED)
    rig.run(1.5)
    shoot("verdict")
    for _ in range(2):  # nothing was solved: it asks
        rig.tap(vp.A)
    rig.recorder.wait()
    rig.tally.refresh()
    rig.run(0.4)
    rig.chord(vp.UP)
    rig.drive(0.3)
    shoot("free-drive")


def contradictions(rig: WindowRig, shoot: Photographer) -> None:
    """Save a short stall, and a verdict that the environment contradicts."""
    rig.tap(vp.START)
    rig.drive(0.5)
    rig.time.now += 0.4
    rig.run(0.1)
    shoot("stalled")
    rig.drive(0.3)
    rig.tap(vp.A)
    shoot("doubted")


def sorting(rig: WindowRig, shoot: Photographer) -> None:
    """Save the moment before a grasp, an object carried, and one of several in place."""
    task = rig.env.task_name
    rig.chord(vp.B)
    rig.tap(vp.L3)
    rig.tap(vp.START)
    shoot.frame_scheduler.draw(rig.loop)  # the order's pictures are cut in the first frame
    missing = ["grasp", "carry"] + ["one-in-place"] * (task != "ShelfPick")
    while missing and rig.state is WindowState.RECORDING:
        rig.drive_like_an_expert(0.1)
        order = OrderState.of(rig.env)
        stage = shown_stage(rig.env, what_is_between(rig.env, order), order)
        now = "one-in-place" if rig.env.task.placed(rig.env.world) else stage
        if now == missing[0]:
            shoot(f"{task}-{missing.pop(0)}")


def unplugged(rig: WindowRig, shoot: Photographer) -> None:
    """Save the gamepad being unplugged while it drives."""
    rig.tap(vp.START)
    rig.drive(0.8)
    rig.pad.unplug()
    rig.run(0.3)
    shoot("unplugged")


def tutorial(rig: WindowRig, shoot: Photographer) -> None:
    """Save the second exercise of the tutorial."""
    rig.hold(vp.LB, 1.3)
    rig.drive(0.6)
    shoot("lesson")


def look_ahead(rig: WindowRig) -> None:
    """Give a stand-in policy the environment, and have its plan drawn."""
    policy = rig.live.assignment.runner.policy
    if isinstance(policy, StandIn):
        policy.env = rig.env
        rig.live._preview()


def meet_something_new(rig: WindowRig) -> None:
    """Make a stand-in policy report a high novelty."""
    policy = rig.live.assignment.runner.policy
    if isinstance(policy, StandIn):
        policy.novelty = 0.99995


def supervised(rig: WindowRig, shoot: Photographer) -> None:
    """Save the policy driving, and a takeover at a high novelty."""
    look_ahead(rig)
    shoot("ready-with-policy")
    rig.tap(vp.START)
    rig.run(0.8)
    shoot("policy-drives")
    rig.pad.press(vp.LB)
    rig.pad.axis(vp.LEFT_X, 0.7)
    meet_something_new(rig)
    rig.run(0.6)
    shoot("takeover")


def together(rig: WindowRig, shoot: Photographer) -> None:
    """Save shadow or assist mode, in which policy and operator agree."""
    look_ahead(rig)
    rig.chord(vp.B)
    rig.tap(vp.L3)
    rig.tap(vp.START)
    rig.drive_like_an_expert(1.2)
    shoot(f"level-{name(rig.live.assignment.level)}")


def called(rig: WindowRig, shoot: Photographer) -> None:
    """Save a help request at a high novelty, and the operator's answer."""
    look_ahead(rig)
    rig.tap(vp.START)
    rig.run(0.8)
    meet_something_new(rig)
    rig.run(1.2)
    shoot("level-on-call")
    rig.drive(0.6)
    rig.tap(vp.R3)
    shoot("level-on-call-rewound")


def alone(rig: WindowRig, shoot: Photographer) -> None:
    """Save the policy ready to drive autonomously."""
    look_ahead(rig)
    shoot("level-autonomous")


def main() -> None:
    """Save all screenshots."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, nargs="?", default=Path("docs/screens"))
    parser.add_argument("--policy", type=Path)
    parser.add_argument("--size", default="1280x800")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    width, height = map(int, asked.size.split("x"))
    pygame.display.init()

    def beside(level: Level) -> Assignment:
        policy: Policy = load_policy(asked.policy) if asked.policy else StandIn()
        return Assignment(level, "0001", PolicyRunner(policy))

    plain, human = StationOptions(first_seed=3, sound=False), Assignment(Level.DEMONSTRATE)
    acts: list[tuple[Callable[[WindowRig, Photographer], None], StationOptions, Assignment]] = [
        (demonstrations, plain, human),
        (unplugged, plain, human),
        (contradictions, plain, human),
        (tutorial, replace(plain, tutorial=True), human),
        (supervised, plain, beside(Level.SUPERVISED)),
        (together, plain, beside(Level.SHADOW)),
        (together, plain, beside(Level.ASSIST)),
        (called, plain, beside(Level.ON_CALL)),
        (alone, plain, beside(Level.AUTONOMOUS)),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for act, options, assignment in acts:
            place = Path(folder) / f"{act.__name__}-{name(assignment.level)}"
            rig = WindowRig(place, options, assignment, num_items=6)
            act(rig, Photographer(rig, asked.out, (width, height)))
            rig.close()
        for task, items in (("SortRecycling", 4), ("SortClothes", 3), ("ShelfPick", 6)):
            rig = WindowRig(Path(folder) / task, plain, num_items=items, task=task)
            sorting(rig, Photographer(rig, asked.out, (width, height)))
            rig.close()


if __name__ == "__main__":
    main()
