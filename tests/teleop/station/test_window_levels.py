"""These tests run the window on call: a help request is answered, a lost level is left."""

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pygame

from sidestick.datasets.step import Driver, Level
from sidestick.policies.base.plan import Plan
from sidestick.sim_envs.spaces import Observation
from sidestick.teleop.devices.bindings import defaults
from sidestick.teleop.devices.controls import DRIVING
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.help_requests import HelpReason
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.station.cues import Cue
from sidestick.teleop.station.screen.dashboard_builder import DashboardBuilder
from sidestick.teleop.station.screen.prompts import Prompter
from sidestick.teleop.station.states import WindowState
from tests import virtual_pad as vp
from tests.window_rig import WindowRig

OpenWindow = Callable[..., WindowRig]


class Lost:
    """A policy to which everything is new."""

    chunk, execute = 16, 8

    def reset(self) -> None:
        """Nothing to forget."""

    def plan(self, observation: Observation) -> Plan:
        actions = np.tile(np.array([0, 0.4, 0, 0, 0, 0, -1], np.float32), (self.chunk, 1))
        return Plan(actions, np.zeros_like(actions), 1.0)


def test_a_help_request_is_answered_with_the_clutch(open_rig: OpenWindow) -> None:
    """The arm waits, with a cue and a card with reason and button; then the operator drives."""
    rig = open_rig(assignment=Assignment(Level.ON_CALL, "0001", PolicyRunner(Lost())))
    played: list[Cue] = []
    rig.loop.context.feedback.play = played.append  # type: ignore[method-assign]
    rig.tap(vp.START)
    rig.run(1.0)
    assert rig.live.episode.calling is HelpReason.NEW
    assert rig.live.episode.drivers[-1] is Driver.NOBODY
    assert Cue.HELP_WANTED in played
    assert "asks for help" in pygame.display.get_caption()[0], "the task bar says it too"
    card = Prompter(defaults(DRIVING)).help_request_card(
        HelpReason.NEW.value, rig.operator_input.device
    )
    assert card.keys
    assert "new to the policy" in card.lines[0]
    rig.pad.press(vp.LB)
    rig.run(0.2)
    assert rig.live.episode.drivers[-1] is Driver.HUMAN
    assert rig.live.episode.calling is None
    assert "help" not in pygame.display.get_caption()[0]
    rig.pad.release(vp.LB)
    rig.run(0.2)
    assert rig.live.episode.drivers[-1] is Driver.POLICY


def test_a_lost_level_is_left_before_the_next_episode(open_rig: OpenWindow) -> None:
    """From the next episode on the policy does not drive."""
    rig = open_rig(assignment=Assignment(Level.ON_CALL, "0001", PolicyRunner(Lost())))
    rig.live.session.assign(rig.live.assignment.at(Level.SHADOW))
    rig.live.reset()
    rig.tap(vp.START)
    rig.run(1.0)
    assert set(rig.live.episode.drivers) == {Driver.NOBODY}


class Slow(Lost):
    """A policy that thinks as long as it is told to."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()

    def plan(self, observation: Observation) -> Plan:
        assert self.may_answer.wait(30)
        return super().plan(observation)


def test_hands_are_heard_while_the_policy_thinks(open_rig: OpenWindow) -> None:
    """The arm rests and the window says why; takeover, pause and stick work as ever."""
    policy = Slow()
    policy.may_answer.set()
    supervised = Assignment(Level.SUPERVISED, "0001", PolicyRunner(policy))
    rig = open_rig(assignment=supervised, answer_within_s=0.01)
    policy.may_answer.clear()
    rig.tap(vp.START)
    rig.run(0.5)
    assert rig.steps >= 8
    assert set(rig.live.episode.drivers) == {Driver.NOBODY}
    board = DashboardBuilder(Prompter(defaults(DRIVING))).dashboard(rig.loop, 30.0)
    assert "thinks for more than 10 ms" in board.notice
    before = rig.env.arm.tool().position
    rig.drive(0.5)
    assert np.linalg.norm(rig.env.arm.tool().position - before) > 0.03
    assert Driver.HUMAN in rig.live.episode.drivers
    rig.tap(vp.BACK)
    assert rig.state is WindowState.PAUSED
    policy.may_answer.set()
    episode = rig.live.episode
    episode.context = replace(episode.context, answer_within_s=30.0)
    rig.run(0.3)
    rig.tap(vp.BACK)
    rig.run(0.5)
    assert rig.live.episode.drivers[-1] is Driver.POLICY
