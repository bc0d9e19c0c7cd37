"""These tests hold what the operator feels and hears: touches, lost objects, the reach, help."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.step import Level
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.errors import BadValue
from sidestick.sim_envs.experts import make_expert
from sidestick.sim_envs.making import make_task_env
from sidestick.sim_envs.spaces import GRIP
from sidestick.teleop.devices.gamepads import Gamepads
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.station.cues import Cue, CuePlayer
from sidestick.teleop.station.hand_watch import HandEvent, HandWatch
from sidestick.teleop.station.help_call import FIRST_S, HelpCall
from sidestick.teleop.station.options import StationOptions
from sidestick.teleop.station.voice import Voice
from tests import virtual_pad as vp
from tests.window_rig import Sideways, WindowRig


@pytest.fixture
def env() -> Iterator[ArmEnv]:
    env = make_task_env("SortRecycling", image_size=16, num_items=1)
    env.build(3)
    yield env
    env.close()


def push(**parts: float) -> np.ndarray:
    action = np.zeros(7, np.float32)
    for name, value in parts.items():
        action[["dx", "dy", "dz", "drx", "dry", "drz", "grip"].index(name)] = value
    return action


def watched(env: ArmEnv, actions: list[np.ndarray]) -> list[HandEvent]:
    watch, found = HandWatch(), []
    for action in actions:
        env.advance(action)
        found += watch.update(env, action)
    return found


def test_a_hand_in_the_air_feels_nothing(env: ArmEnv) -> None:
    """Pushing about freely is no touch, no end of the reach, no twist."""
    ways = [push(dx=0.6), push(dy=0.6), push(dz=0.4), push(dx=-0.6), push(dz=-0.4)]
    assert watched(env, [action for way in ways for action in [way] * 6]) == []


def test_the_table_is_felt_once_and_stops_the_arm(env: ArmEnv) -> None:
    """The first touch is one event; pushing on against it says that the arm cannot follow."""
    found = watched(env, [push(dz=-1.0)] * 50)
    assert found.count(HandEvent.TOUCHED) >= 1
    assert found.count(HandEvent.STUCK) == 1
    assert found.index(HandEvent.TOUCHED) < found.index(HandEvent.STUCK)


def test_the_end_of_the_reach_is_told(env: ArmEnv) -> None:
    """Far forward the arm twists or stops following, without touching anything."""
    found = watched(env, [push(dx=1.0, dz=0.4)] * 120)
    assert {HandEvent.STUCK, HandEvent.TWISTED} & set(found)


def test_a_lost_object_is_told_and_a_release_is_not(env: ArmEnv) -> None:
    """What is taken out of closed fingers was dropped; what open fingers let go of was not."""
    expert, watch, found = make_expert(env.task_name), HandWatch(), []
    for _ in range(env.task.max_steps):
        action = expert.next(env).action(env.arm.tool())
        env.advance(action)
        found += watch.update(env, action)
        if env.status.stage == "carry" and env.arm.controller.closing:
            break
    assert HandEvent.TOUCHED in found
    assert HandEvent.DROPPED not in found
    held = env.task.wanted(env.world)[0].label
    still = push(grip=1.0)
    for _ in range(8):
        env.advance(still)
        assert HandEvent.DROPPED not in watch.update(env, still)
    env.world.place(held, (0.4, 0.0, 0.02), (0.0, 0.0, 0.0, 1.0))
    found = []
    for _ in range(4):
        env.advance(still)
        found += watch.update(env, still)
    assert found.count(HandEvent.DROPPED) == 1


def test_a_whole_episode_of_the_expert_drops_nothing(env: ArmEnv) -> None:
    """Opening the fingers over the bin is no loss."""
    expert, watch = make_expert(env.task_name), HandWatch()
    while not env.status.success:
        action = expert.next(env).action(env.arm.tool())
        env.advance(action)
        assert HandEvent.DROPPED not in watch.update(env, action)
        assert np.isfinite(action[GRIP])


def test_a_call_repeats_sooner_and_louder_until_it_is_answered() -> None:
    """The pauses shrink and the loudness grows, to a limit; an answer begins anew."""
    call, times, loud = HelpCall(), [], []
    for step in range(1200):
        loudness = call.update(True, step / 20)
        if loudness is not None:
            times.append(step / 20)
            loud.append(loudness)
    gaps = np.diff([0.0, *times])
    assert gaps[0] == pytest.approx(FIRST_S)
    assert (np.diff(gaps) <= 0.051).all()
    assert gaps[-1] < 2.0
    assert loud == sorted(loud)
    assert loud[-1] == 1.0
    assert call.update(False, 60.0) is None
    assert call.update(True, 61.0) is None


def test_an_unanswered_call_is_heard_again_at_the_window(
    open_rig: Callable[..., WindowRig], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve seconds without an answer: more than one call, and the card counts the seconds."""
    assignment = Assignment(Level.ON_CALL, "0001", PolicyRunner(Sideways(novelty=1.0)))
    rig = open_rig(options=StationOptions(), assignment=assignment)
    played: list[Cue] = []
    monkeypatch.setattr(
        rig.loop.context.feedback, "play", lambda cue, loudness=0.3: played.append(cue)
    )
    rig.tap(vp.START)
    rig.run(12.0)
    assert played.count(Cue.HELP_WANTED) >= 3


def test_without_the_program_a_voice_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(BadValue, match="espeak-ng"):
        Voice()


def test_a_voice_says_the_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are passed as one argument, behind `--`; the loop does not wait."""
    program = tmp_path / "espeak-ng"
    program.write_text(f'#!/bin/sh\nprintf "%s|" "$@" > {tmp_path}/said\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    voice = Voice()
    voice.say("it worked")
    assert voice._speaking is not None
    voice._speaking.wait(10)
    assert (tmp_path / "said").read_text() == "--|it worked|"
    voice.close()


def test_a_voice_falls_silent_with_the_session() -> None:
    """It does not go on speaking after the window has closed."""

    class Speaker(Voice):
        def __init__(self) -> None:
            self.calls: list[str] = []

        def say(self, words: str) -> None:
            self.calls.append(words)

        def close(self) -> None:
            self.calls.append("closed")

    voice = Speaker()
    player = CuePlayer(Gamepads(), on=False, voice=voice)
    player.on = True
    player.play(Cue.DROPPED)
    player.close()
    assert voice.calls == ["dropped", "closed"]
