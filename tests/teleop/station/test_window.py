"""These tests drive the window by a virtual pad: record, discard, rewind, verdict, unplug."""

from collections.abc import Callable

import numpy as np
import pygame
import pytest

from sidestick.datasets.episode import Episode
from sidestick.datasets.judgements.judgement_state import resolved_by_episode
from sidestick.datasets.judgements.judgements import Judgements
from sidestick.datasets.step import Driver
from sidestick.sim_envs import make_task_env
from sidestick.teleop.devices.controls import Control
from sidestick.teleop.station.options import StationOptions
from sidestick.teleop.station.states import WindowState
from tests import virtual_pad as vp
from tests.window_rig import WindowRig

OpenWindow = Callable[..., WindowRig]


def test_start_records_and_a_saves(open_rig: OpenWindow) -> None:
    """START, some driving and A leave one successful episode on the disk, driven by the human."""
    rig = open_rig()
    assert rig.state is WindowState.READY
    rig.tap(vp.START)
    assert rig.state is WindowState.RECORDING
    before = rig.env.arm.tool().position
    rig.drive(1.0)
    assert np.linalg.norm(rig.env.arm.tool().position - before) > 0.05
    rig.tap(vp.A)
    assert rig.state is WindowState.DOUBTED
    rig.tap(vp.A)
    assert rig.state is WindowState.READY
    (path,) = rig.recorder.wait()
    episode = Episode.read(path, images=False)
    assert episode.summary.success
    assert set(np.unique(episode.driver)) == {Driver.HUMAN, Driver.NOBODY}
    assert rig.live.seed == 1


def test_releasing_the_clutch_stops_within_one_tick(open_rig: OpenWindow) -> None:
    """With LB released, nobody drives in the next tick, and nothing moves."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.pad.press(vp.LB)
    rig.pad.axis(vp.LEFT_Y, -1.0)
    rig.run(0.5)
    assert rig.live.episode.drivers[-1] is Driver.HUMAN
    rig.pad.release(vp.LB)
    steps = rig.steps
    rig.run(0.11)
    assert rig.live.episode.drivers[steps + 1 :] == [Driver.NOBODY] * (rig.steps - steps - 1)


def test_discard_needs_a_long_hold_and_can_be_undone(open_rig: OpenWindow) -> None:
    """A tap of X does nothing; 0.6 s discards; RB + X brings the running episode back."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.drive(0.5)
    rig.tap(vp.X)
    assert rig.state is WindowState.RECORDING
    rig.hold(vp.X, 0.7)
    assert rig.state is WindowState.DISCARDED
    steps = rig.steps
    rig.chord(vp.X)
    assert rig.state is WindowState.PAUSED
    assert rig.steps == steps
    rig.run(0.3)
    rig.tap(vp.START)
    assert rig.state is WindowState.RECORDING
    rig.tap(vp.B)
    rig.recorder.wait()
    assert len(rig.files("episodes")) == 1


def test_a_discarded_episode_goes_to_the_trash_and_is_redone(open_rig: OpenWindow) -> None:
    """START after a discard resets to the same scene; the old episode is in the trash."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.drive(0.5)
    rig.hold(vp.X, 0.7)
    rig.tap(vp.START)
    assert rig.state is WindowState.RECORDING
    assert rig.live.seed == 0
    assert rig.steps < 6
    rig.loop.leave()
    rig.run(0.1)
    rig.close()
    assert len(rig.files("trash")) == 1


def test_a_rewind_keeps_the_abandoned_branch_and_replays_exactly(
    open_rig: OpenWindow,
) -> None:
    """After a rewind of 2 s, seed and actions of the branch that was kept give the same states."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.drive(3.0)
    before = rig.steps
    rig.tap(vp.R3)
    assert rig.state is WindowState.REWINDING
    assert 40 <= before - rig.steps <= 50
    held = rig.steps
    rig.run(0.5)
    assert rig.steps == held
    rig.drive(1.0, vp.RIGHT_Y, -1.0)
    assert rig.state is WindowState.RECORDING
    rig.tap(vp.B)
    (path,) = rig.recorder.wait()
    episode = Episode.read(path, images=False)
    assert len(episode.abandoned) == 1
    env = make_task_env("ShelfPick", num_items=1)
    env.build(0)
    env.images_due = False
    for state, action, reseat in zip(episode.states, episode.actions, episode.reseat, strict=True):
        np.testing.assert_array_equal(env.state(), state)
        if reseat:
            env.reseat()
        env.step(action)
    env.close()


def test_holding_rewind_goes_further_back(open_rig: OpenWindow) -> None:
    """A second and a half on R3 goes back more than three seconds in all."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.drive(4.0)
    before = rig.steps
    rig.hold(vp.R3, 1.5)
    assert before - rig.steps > 60


def test_unplugging_holds_the_arm_and_keeps_the_episode(open_rig: OpenWindow) -> None:
    """The window pauses at once and names the pad; going on needs neutral sticks and a press."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.pad.press(vp.LB)
    rig.pad.axis(vp.LEFT_Y, -1.0)
    rig.run(0.5)
    steps = rig.steps
    rig.pad.unplug()
    rig.run(0.3)
    assert rig.state is WindowState.PAUSED
    assert "Test Pad was unplugged" in rig.loop.lost
    assert rig.steps - steps <= 1
    rig.pad = vp.VirtualPad("Second Pad")
    rig.run(0.1)
    rig.pad.axis(vp.LEFT_Y, -1.0)
    rig.run(0.3)
    rig.tap(vp.START)
    assert rig.state is WindowState.PAUSED  # the stick is still pushed
    rig.pad.axis(vp.LEFT_Y, 0.0)
    rig.run(0.3)
    rig.tap(vp.START)
    assert rig.state is WindowState.RECORDING
    rig.drive(0.3)
    assert rig.operator_input.label == "Second Pad"
    rig.tap(vp.B)
    rig.recorder.wait()
    assert len(rig.files("episodes")) == 1


def test_of_two_pads_the_one_whose_clutch_is_held_drives(open_rig: OpenWindow) -> None:
    """A second, equal pad does nothing until its own clutch is held; then it drives."""
    rig = open_rig()
    other = vp.VirtualPad()
    rig.run(0.3)
    rig.tap(vp.START)
    rig.pad.press(vp.LB)
    rig.run(0.1)
    other.axis(vp.LEFT_Y, -1.0)
    rig.run(0.3)
    before = rig.env.arm.tool().position
    rig.run(0.3)
    np.testing.assert_allclose(rig.env.arm.tool().position, before, atol=1e-3)
    rig.pad.release(vp.LB)
    other.press(vp.LB)
    rig.run(0.4)
    assert np.linalg.norm(rig.env.arm.tool().position - before) > 0.02
    assert rig.operator_input.label == "Test Pad (2 of 2)"
    other.unplug()
    rig.run(0.1)
    assert rig.state is WindowState.PAUSED


def test_taking_the_clutch_rumbles(open_rig: OpenWindow) -> None:
    """A short rumble confirms that the operator drives."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.drive(0.3)
    assert any(low or high for low, high in rig.pad.rumbles)


def test_rumble_and_sound_can_be_switched_off(open_rig: OpenWindow) -> None:
    """RB + D-pad right silences everything."""
    rig = open_rig()
    rig.chord(vp.RIGHT)
    rig.tap(vp.START)
    rig.drive(0.3)
    assert rig.pad.rumbles == []


@pytest.mark.parametrize(
    ("away", "back"),
    [
        (pygame.WINDOWFOCUSLOST, pygame.WINDOWFOCUSGAINED),
        (pygame.WINDOWMINIMIZED, pygame.WINDOWRESTORED),
    ],
)
def test_losing_the_focus_holds_the_arm_until_everything_was_let_go(
    open_rig: OpenWindow, away: int, back: int
) -> None:
    """After the focus is back, a stick still pushed and a button still held do nothing."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.pad.press(vp.LB)
    rig.pad.axis(vp.LEFT_Y, -0.61)
    rig.run(0.3)
    pygame.event.post(pygame.event.Event(away))
    steps = rig.steps
    rig.run(0.3)
    assert rig.state is WindowState.PAUSED
    assert "focus" in rig.loop.lost
    assert rig.steps - steps <= 1
    pygame.event.post(pygame.event.Event(back))
    rig.run(0.05)
    rig.tap(vp.START)
    assert rig.state is WindowState.PAUSED
    rig.pad.release(vp.LB)
    rig.pad.axis(vp.LEFT_Y, 0.0)
    rig.run(0.4)
    rig.tap(vp.START)
    assert rig.state is WindowState.RECORDING


def test_silence_of_the_devices_holds_the_arm(open_rig: OpenWindow) -> None:
    """When no device could be read for 150 ms the arm holds still and the window says why."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.pad.press(vp.LB)
    rig.pad.axis(vp.LEFT_Y, -1.0)
    rig.run(0.3)
    steps = rig.steps
    rig.time.now += 0.2
    rig.run(0.2)
    assert rig.state is WindowState.STALLED
    assert "the computer was busy for 20" in rig.loop.lost
    assert rig.steps == steps
    rig.run(0.3)
    assert rig.state is WindowState.STALLED  # the clutch is still held: it has to be pressed anew


def test_after_a_short_stall_the_clutch_goes_on(open_rig: OpenWindow) -> None:
    """Nothing else is needed; after a second of silence START is."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.drive(0.3)
    rig.time.now += 0.5
    rig.run(0.1)
    assert rig.state is WindowState.STALLED
    steps, before = rig.steps, rig.env.arm.tool().position
    rig.drive(0.5)
    assert (rig.state, rig.steps > steps) == (WindowState.RECORDING, True)
    assert np.linalg.norm(rig.env.arm.tool().position - before) > 0.01
    rig.time.now += 1.5
    rig.run(0.1)
    rig.drive(0.5)
    assert rig.state is WindowState.PAUSED


def test_buttons_survive_a_short_stall_and_motion_does_not(open_rig: OpenWindow) -> None:
    """What was pressed while the machine was busy is obeyed; a stick that is held is not."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.drive(0.3)
    before = rig.env.arm.tool().position
    rig.pad.press(vp.LB)
    rig.pad.axis(vp.LEFT_Y, -1.0)
    rig.pad.press(vp.BACK)
    rig.time.now += 0.4
    rig.run(0.3)
    assert rig.state is WindowState.PAUSED
    np.testing.assert_allclose(rig.env.arm.tool().position, before, atol=2e-3)


def test_buttons_survive_a_long_stall_too(open_rig: OpenWindow) -> None:
    """Whoever presses pause while the machine is busy for two seconds gets a pause, no more."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.drive(0.3)
    rig.pad.press(vp.BACK)
    rig.time.now += 2.0
    rig.run(0.3)
    rig.pad.release(vp.BACK)
    assert rig.state is WindowState.PAUSED
    assert rig.loop.lost.startswith("the computer was busy")
    rig.pad.press(vp.START)
    rig.loop.step()
    assert rig.state is WindowState.RECORDING


def test_a_button_that_is_pressed_right_after_a_reset_counts(open_rig: OpenWindow) -> None:
    """The scene is laid out again, which takes its time: nobody has to wait for the window."""
    rig = open_rig()
    rig.chord(vp.UP)
    assert rig.state is WindowState.FREE
    for expected in (WindowState.READY, WindowState.RECORDING):
        rig.pad.press(vp.START)
        rig.loop.step()
        assert rig.state is expected
        rig.pad.release(vp.START)
        rig.loop.step()


@pytest.mark.parametrize("after_ms", [*range(-90, 100, 10)])
def test_a_grip_with_the_clutch_takes_effect(open_rig: OpenWindow, after_ms: int) -> None:
    """Both come at a takeover, in either order: the fingers close, whichever is first."""
    rig = open_rig()
    rig.tap(vp.START)
    presses = sorted([(0, lambda: rig.pad.press(vp.LB)), (after_ms, lambda: _pull(rig))],
                     key=lambda press: press[0])  # fmt: skip
    presses[0][1]()
    rig.run(abs(after_ms) / 1000)
    presses[1][1]()
    rig.run(0.12)
    assert rig.env.arm.controller.closing
    assert not rig.loop.notice.text


def _pull(rig: WindowRig) -> None:
    rig.pad.axis(vp.RT, 1.0)


def test_a_grip_without_the_clutch_says_so(open_rig: OpenWindow) -> None:
    """Nothing moves, and the operator learns what is missing."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.pull(vp.RT)
    rig.run(0.2)
    assert not rig.env.arm.controller.closing
    assert "clutch" in rig.loop.notice.text


def test_a_latched_clutch_stays_closed_until_it_is_pressed_again(open_rig: OpenWindow) -> None:
    """A press begins, the next ends; whatever stops the arm opens it too."""
    rig = open_rig(options=StationOptions(latch=True))
    rig.tap(vp.START)
    rig.pad.axis(vp.LEFT_Y, -1.0)
    rig.tap(vp.LB)
    before = rig.env.arm.tool().position
    rig.run(0.5)
    assert np.linalg.norm(rig.env.arm.tool().position - before) > 0.03
    rig.tap(vp.LB)
    rig.run(0.2)
    before = rig.env.arm.tool().position
    rig.run(0.5)
    np.testing.assert_allclose(rig.env.arm.tool().position, before, atol=2e-3)
    rig.pad.axis(vp.LEFT_Y, 0.0)
    rig.tap(vp.LB)
    assert rig.operator_input.reading.held(Control.CLUTCH)
    rig.tap(vp.BACK)
    rig.run(0.3)
    rig.tap(vp.BACK)
    assert rig.state is WindowState.RECORDING
    assert not rig.operator_input.reading.held(Control.CLUTCH)


def test_a_verdict_against_the_environment_is_asked_about_once(open_rig: OpenWindow) -> None:
    """A success that is none is doubted; START drives on, a second A saves. A failure is not."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.drive(0.3)
    rig.tap(vp.A)
    assert (rig.state, rig.loop.doubted) == (WindowState.DOUBTED, True)
    rig.tap(vp.START)
    assert rig.state is WindowState.RECORDING
    rig.tap(vp.B)
    assert rig.state is WindowState.READY
    (path,) = rig.recorder.wait()
    assert not Episode.read(path, images=False).summary.success


def test_the_last_verdict_can_be_taken_back(open_rig: OpenWindow) -> None:
    """Undo turns it around, before and during the next episode; the recording stays."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.drive(0.3)
    for button in (vp.A, vp.A):
        rig.tap(button)
    assert rig.state is WindowState.READY
    judged = []
    for press_start in (False, True):
        if press_start:
            rig.tap(vp.START)
        rig.chord(vp.X)
        (state,) = resolved_by_episode(Judgements(rig.workspace.db_path)).values()
        judged.append(state.success)
    (path,) = rig.recorder.wait()
    assert judged == [False, True]
    assert Episode.read(path, images=False).summary.success


def test_a_late_simulation_holds_the_arm_and_keeps_the_episode(
    open_rig: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that takes 0.3 s is followed by a pause with its reason, and by no further step."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.pad.press(vp.LB)
    rig.pad.axis(vp.LEFT_Y, -1.0)
    rig.run(0.3)
    step = rig.env.step

    def slow(action: np.ndarray) -> object:
        rig.time.now += 0.3
        return step(action)

    monkeypatch.setattr(rig.env, "step", slow)
    steps = rig.steps
    rig.run(0.5)
    assert rig.state is WindowState.STALLED
    assert "the computer was busy for 30" in rig.loop.lost
    assert rig.steps == steps + 1
    monkeypatch.undo()
    rig.pad.axis(vp.LEFT_Y, 0.0)
    rig.pad.release(vp.LB)
    rig.run(0.4)
    rig.tap(vp.START)
    assert rig.state is WindowState.RECORDING
    assert rig.steps > steps


def test_a_slow_frame_after_a_slow_tick_leaves_the_clutch_closed(
    open_rig: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The devices are read between the two, neither of which takes 150 ms."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.pad.press(vp.LB)
    rig.run(0.3)
    begin = rig.live.begin_tick

    def slow(late_ms: float) -> object:
        rig.time.now += 0.1
        return begin(late_ms)

    def draw(loop: object) -> float:
        rig.time.now += 0.1
        return 0.0

    monkeypatch.setattr(rig.live, "begin_tick", slow)
    monkeypatch.setattr(rig.loop, "_draw", draw)
    steps = rig.steps
    rig.run(1.0)
    assert rig.state is WindowState.RECORDING
    assert rig.steps >= steps + 4
    assert rig.live.episode.drivers[-1] is Driver.HUMAN


def test_home_brings_the_end_effector_back(open_rig: OpenWindow) -> None:
    """Held Y needs no clutch; the end effector returns to where the episode began."""
    rig = open_rig()
    rig.tap(vp.START)
    begun = rig.env.arm.tool().position
    rig.drive(0.8)
    assert np.linalg.norm(rig.env.arm.tool().position - begun) > 0.04
    rig.hold(vp.Y, 2.0)
    assert np.linalg.norm(rig.env.arm.tool().position - begun) < 0.01


def test_a_pause_stops_time_and_goes_on(open_rig: OpenWindow) -> None:
    """BACK freezes the episode; BACK again goes on with the next step of the same one."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.drive(0.4)
    rig.tap(vp.BACK)
    assert rig.state is WindowState.PAUSED
    steps = rig.steps
    rig.run(1.0)
    assert rig.steps == steps
    rig.tap(vp.BACK)
    assert rig.state is WindowState.RECORDING
    rig.run(0.2)
    assert steps < rig.steps < steps + 12


def tap_key(rig: WindowRig, symbol: int, place: int = 0) -> None:
    """Press and release a key."""
    for kind in (pygame.KEYDOWN, pygame.KEYUP):
        key = pygame.event.Event(kind, key=symbol, scancode=place, mod=0, unicode="")
        pygame.event.post(key)
        rig.run(0.1)


def test_a_pad_that_drifts_does_not_keep_the_keyboard_from_going_on(open_rig: OpenWindow) -> None:
    """It lies unused; who pauses and goes on by key goes on."""
    rig = open_rig()
    rig.run(0.3)
    rig.pad.axis(vp.LEFT_X, 0.2)
    tap_key(rig, pygame.K_RETURN)
    tap_key(rig, pygame.K_p)
    rig.run(0.6)
    assert rig.state is WindowState.PAUSED
    tap_key(rig, pygame.K_p)
    assert rig.state is WindowState.RECORDING


def test_who_goes_on_with_a_control_held_is_told_which_device_it_is(open_rig: OpenWindow) -> None:
    """The arm would move at once."""
    rig = open_rig()
    tap_key(rig, pygame.K_RETURN)
    tap_key(rig, pygame.K_p)
    rig.run(0.3)
    rig.pad.press(vp.LB)
    rig.run(0.1)
    tap_key(rig, pygame.K_p)
    assert rig.state is WindowState.PAUSED
    assert rig.loop.notice.text == "let go of the Test Pad, then go on"


def test_a_pad_with_a_worn_stick_drives_after_a_second(open_rig: OpenWindow) -> None:
    """Its stick does not come back to the middle: it rests there, and the label says so."""
    rig = open_rig()
    rig.pad.axis(vp.LEFT_X, 0.2)
    rig.operator_input.guard.lock_all(rig.time.now)
    rig.run(1.5)
    rig.tap(vp.START)
    assert rig.operator_input.label == "Test Pad, worn left stick"
    before = rig.env.arm.tool().position
    rig.drive(0.5, vp.RIGHT_Y)
    moved = rig.env.arm.tool().position - before
    assert moved[2] > 0.02
    assert abs(moved[:2]).max() < 0.01  # nothing of the drift


def test_free_drive_records_nothing(open_rig: OpenWindow) -> None:
    """The arm moves, no episode is recorded, and the scene is reset afterwards."""
    rig = open_rig()
    rig.chord(vp.UP)
    assert rig.state is WindowState.FREE
    before = rig.env.arm.tool().position
    rig.run(0.3)
    rig.drive(0.5)
    assert np.linalg.norm(rig.env.arm.tool().position - before) > 0.02
    rig.tap(vp.START)
    assert rig.state is WindowState.READY
    assert not rig.recorder.recording
    np.testing.assert_allclose(rig.env.arm.tool().position, before, atol=1e-4)


def test_closing_the_window_saves_the_running_episode(open_rig: OpenWindow) -> None:
    """What was driven so far is on the disk, marked as incomplete."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.drive(0.5)
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    rig.run(0.1)
    assert rig.state is WindowState.CLOSED
    (path,) = rig.recorder.wait()
    summary = Episode.read(path, images=False).summary
    assert not summary.complete
    assert summary.steps > 5


def test_slow_motion_stretches_time_and_keeps_the_data_rate(open_rig: OpenWindow) -> None:
    """At half speed a second of wall clock holds ten ticks."""
    rig = open_rig()
    rig.chord(vp.DOWN)
    rig.tap(vp.START)
    steps = rig.steps
    rig.run(1.0)
    assert rig.steps - steps == pytest.approx(10, abs=1)


def test_the_gripper_keeps_its_state_over_handovers(open_rig: OpenWindow) -> None:
    """Closed with RT, it stays closed when the clutch is released and held again."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.pad.press(vp.LB)
    rig.run(0.1)
    rig.pull(vp.RT)
    assert rig.env.arm.controller.closing
    rig.pad.release(vp.LB)
    rig.run(0.3)
    assert rig.env.arm.controller.closing
    rig.pad.press(vp.LB)
    rig.run(0.3)
    assert rig.env.arm.controller.closing
    rig.pull(vp.RT)
    assert not rig.env.arm.controller.closing


def test_the_tutorial_teaches_by_doing(open_rig: OpenWindow) -> None:
    """Holding the clutch and moving finishes the first two exercises; BACK leaves."""
    rig = open_rig(options=StationOptions(tutorial=True))
    assert rig.state is WindowState.TUTORIAL
    rig.run(0.3)
    rig.hold(vp.LB, 1.3)
    assert rig.loop.actions.tutorial.number == 1
    rig.drive(1.8)
    assert rig.loop.actions.tutorial.number == 2
    rig.tap(vp.BACK)
    assert rig.state is WindowState.READY


def test_a_full_disk_refuses_to_begin(
    open_rig: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No recording begins that could not be written, and the window says why."""
    from sidestick.sim_envs.errors import RecordingError

    rig = open_rig()

    def full(*_: object) -> None:
        raise RecordingError("journal: cannot record here: No space left on device")

    monkeypatch.setattr(rig.recorder, "start", full)
    rig.tap(vp.START)
    assert rig.state is WindowState.READY
    assert "No space left" in rig.loop.notice.text


def test_a_disk_that_fills_up_keeps_what_was_recorded(
    open_rig: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recording stops, the steps so far are saved as incomplete."""
    from sidestick.sim_envs.errors import RecordingError

    rig = open_rig()
    rig.tap(vp.START)
    rig.drive(0.5)

    def full(*_: object) -> None:
        raise RecordingError("No space left on device")

    monkeypatch.setattr(rig.recorder, "append", full)
    rig.run(0.2)
    assert rig.state is WindowState.READY
    assert "No space left" in rig.loop.notice.text
    monkeypatch.undo()
    assert len(rig.recorder.wait()) == 1


def test_the_sticks_follow_the_base_from_the_first_push_after_the_change(
    open_rig: OpenWindow,
) -> None:
    """RB + B without the clutch, then clutch and stick at once: stick up is the base's x."""
    rig = open_rig()
    rig.chord(vp.B)
    rig.tap(vp.START)
    before = rig.env.arm.tool().position
    rig.drive(0.6)
    moved = rig.env.arm.tool().position - before
    assert moved[0] > 0.05
    assert abs(moved[1]) < 0.1 * moved[0]


def test_a_change_of_camera_turns_no_motion_that_is_under_way(open_rig: OpenWindow) -> None:
    """A pushed stick keeps its direction; once released it follows the new picture."""
    rig = open_rig()
    rig.tap(vp.START)
    rig.pad.press(vp.LB)
    rig.pad.axis(vp.LEFT_Y, -1.0)
    rig.run(0.3)
    before = rig.operator_input.poll(Driver.HUMAN).action
    rig.chord(vp.A)
    rig.run(0.1)
    assert rig.operator_input.camera != "front"
    np.testing.assert_allclose(rig.operator_input.poll(Driver.HUMAN).action, before, atol=1e-6)
    rig.pad.axis(vp.LEFT_Y, 0.0)
    rig.run(0.1)
    rig.pad.axis(vp.LEFT_Y, -1.0)
    rig.run(0.1)
    assert np.linalg.norm(rig.operator_input.poll(Driver.HUMAN).action - before) > 0.1


def test_a_whole_episode_is_driven_to_success_through_the_pad(open_rig: OpenWindow) -> None:
    """By an expert's intents and the pad, the item lands in the tote; a success is offered."""
    rig = open_rig(options=StationOptions(first_seed=1), num_items=6)
    assert rig.drive_episode()
    assert rig.loop.actions.offered
    rig.tap(vp.A)
    (path,) = rig.recorder.wait()
    assert Episode.read(path, images=False).summary.success


@pytest.mark.slow
def test_the_pad_is_enough_for_nine_scenes_of_ten(open_rig: OpenWindow) -> None:
    """Ten full shelves in a row by buttons and sticks alone; the disk has the verdicts."""
    rig = open_rig(options=StationOptions(first_seed=1), num_items=6)
    rig.chord(vp.B)  # sticks follow the base
    rig.tap(vp.L3)  # full speed
    for _ in range(10):
        rig.run(0.3)  # the window ignores a press right after a reset
        rig.tap(vp.START)
        rig.tap(vp.A if rig.drive_like_an_expert(25.0) else vp.B)
    rig.recorder.wait()
    found = rig.workspace.summaries()
    assert [summary.header.seed for summary in found] == list(range(1, 11))
    assert sum(summary.success for summary in found) >= 9


def test_a_success_is_saved_when_nobody_objects(open_rig: OpenWindow) -> None:
    """Five seconds after an offered success the next scene is ready."""
    rig = open_rig(options=StationOptions(first_seed=3, episodes=1))
    rig.tap(vp.START)
    rig.drive(0.2)
    rig.live.episode.over = rig.live.episode.success = True
    from sidestick.teleop.station.states import WindowEvent

    rig.loop.actions.offered = True
    rig.loop.signal(WindowEvent.SUCCEEDED)
    rig.run(4.5)
    assert rig.state is WindowState.VERDICT
    rig.run(1.0)
    assert rig.state is WindowState.CLOSED
    assert [outcome.success for outcome in rig.live.outcomes] == [True]
