"""What a driver's browser sends is taken while it is new, young, and sent by somebody who sees."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.devices.bindings import defaults
from sidestick.teleop.devices.controls import DRIVING, PAD, Control
from sidestick.teleop.web.driving.browser_pads import FIRST_ID, BrowserPads
from sidestick.teleop.web.driving.input_message import InputMessage, PadMessage, parsed_input
from sidestick.teleop.web.driving.link import HIDDEN, LOST, OLD_PICTURE_S, SILENT_S, Link
from tests.web_rig import FakeClock

WAY_S = 0.02


class Browser:
    """Sends messages that are `way_s` on their way, from a clock that is an hour off."""

    def __init__(self, link: Link, clock: FakeClock) -> None:
        self.link, self.clock, self.sequence, self.frame = link, clock, 0, -1
        link.connect()

    def send(self, way_s: float = WAY_S, **more: Any) -> bool:
        message = InputMessage(
            self.sequence, self.clock.now - way_s - 3600.0, frame=self.frame, **more
        )
        self.sequence += 1
        return self.link.receive(message)

    def see(self, number: int) -> None:
        """A picture is drawn, goes out and is shown at once."""
        self.link.drawn(number)
        self.frame = number


@pytest.fixture
def talking() -> tuple[Link, FakeClock, Browser]:
    clock = FakeClock()
    link = Link(clock)
    browser = Browser(link, clock)
    browser.see(1)
    browser.send()
    return link, clock, browser


def test_a_browser_that_talks_and_sees_is_trusted(
    talking: tuple[Link, FakeClock, Browser],
) -> None:
    assert talking[0].loss() is None


def test_silence_opens_the_clutch_and_long_silence_pauses(
    talking: tuple[Link, FakeClock, Browser],
) -> None:
    link, clock, _ = talking
    clock.now += SILENT_S + 0.01
    short = link.loss()
    assert short is not None
    assert (short.stall, short.brief) == (True, True)
    clock.now += 1.0
    long = link.loss()
    assert long is not None
    assert not long.brief


def test_an_old_picture_opens_the_clutch_though_input_comes(
    talking: tuple[Link, FakeClock, Browser],
) -> None:
    link, clock, browser = talking
    for _ in range(5):
        clock.now += 0.09
        browser.send()
    assert link.picture_age_s() > OLD_PICTURE_S
    lost = link.loss()
    assert lost is not None
    assert "old" in lost.reason
    browser.see(2)
    browser.send()
    assert link.loss() is None


def test_a_picture_that_never_was_drawn_is_not_believed(
    talking: tuple[Link, FakeClock, Browser],
) -> None:
    link, clock, browser = talking
    browser.frame = 10**6
    clock.now += OLD_PICTURE_S + 0.1
    browser.send()
    assert link.loss() is not None


def test_a_hidden_tab_and_a_cut_socket_are_told_apart(
    talking: tuple[Link, FakeClock, Browser],
) -> None:
    link, _, browser = talking
    browser.send(hidden=True)
    hidden = link.loss()
    link.disconnect()
    cut = link.loss()
    assert hidden is not None
    assert cut is not None
    assert (hidden.reason, cut.reason) == (HIDDEN, LOST)
    assert {hidden.stall, cut.stall} == {False}


def test_only_newer_messages_count_and_gaps_are_counted(
    talking: tuple[Link, FakeClock, Browser],
) -> None:
    link, _, browser = talking
    browser.sequence = 4
    assert browser.send()
    browser.sequence = 2
    assert not browser.send(pressed=(("enter", "enter"),))
    assert (link.counts.missed, link.counts.out_of_order) == (3, 1)
    assert link.take()[1] == frozenset()


def test_what_was_long_on_its_way_is_left_out_with_its_presses(
    talking: tuple[Link, FakeClock, Browser],
) -> None:
    """Clocks of two machines differ: the quickest message says by how much."""
    link, _, browser = talking
    assert not browser.send(WAY_S + SILENT_S + 0.01, pressed=(("1", "1"),))
    assert browser.send(WAY_S + SILENT_S - 0.01)
    assert link.counts.too_old == 1
    assert link.take()[1] == frozenset()


def test_presses_between_two_readings_all_count_and_once(
    talking: tuple[Link, FakeClock, Browser],
) -> None:
    link, _, browser = talking
    browser.send(pressed=(("a", "a"),))
    browser.send(pressed=(("b", "b"),), pads=(PadMessage(0, pressed=(3,)),))
    _, keys, pads = link.take()
    assert keys == {"a\na", "b\nb"}
    assert pads == {0: frozenset({3})}
    assert link.take()[1:] == (frozenset(), {})


def test_the_round_trip_is_from_drawing_to_the_input_that_saw_it(
    talking: tuple[Link, FakeClock, Browser],
) -> None:
    link, clock, browser = talking
    link.drawn(7)
    clock.now += 0.06
    browser.frame = 7
    browser.send()
    clock.now += 0.05
    browser.send()  # the same picture again tells nothing new
    assert link.round_trip_s == pytest.approx(0.06)


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": -1},
        {"sequence": 10**400},
        {"frame": 10**400},
        {"frame": -2},
        {"camera": "x" * 999},
        {"pads": [{"index": 10**400}]},
        {"pads": [{"index": 0, "name": "x" * 999}]},
        {"sent_s": "now"},
        {"keys": [["a"]]},
        {"keys": [["x" * 99, ""]]},
        {"keys": [["a", "a"]] * 99},
        {"pads": [{"index": 0, "axes": [0.0] * 99}]},
        {"pads": [{"index": 0}] * 9},
        {"hidden": "no"},
    ],
)
def test_a_message_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    good = {"sequence": 1, "sent_s": 2.5, "keys": [["a", "a"]]}
    assert parsed_input(json.dumps(good)).keys == (("a", "a"),)
    with pytest.raises(BadValue):
        parsed_input(json.dumps({**good, **change}))


@pytest.mark.parametrize("text", ["", "[]", "null", '{"sequence": 1, "sent_s": NaN}', "{" * 2000])
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        parsed_input(text)


STANDARD: dict[Control, Callable[[], PadMessage]] = {
    Control.SUCCESS: lambda: PadMessage(0, pressed=(0,)),
    Control.FAILURE: lambda: PadMessage(0, pressed=(1,)),
    Control.START: lambda: PadMessage(0, pressed=(9,)),
    Control.FREEZE: lambda: PadMessage(0, pressed=(8,)),
}


@pytest.mark.parametrize("control", STANDARD)
def test_buttons_of_the_standard_mapping_are_those_of_any_pad(control: Control) -> None:
    pads, message = BrowserPads(), STANDARD[control]()
    pads.report([message], {0: frozenset(message.pressed)})
    raw = pads.read()[FIRST_ID]
    assert control in defaults(DRIVING).read(PAD, raw).pressed


def test_sticks_triggers_and_the_clutch_come_through() -> None:
    pads = BrowserPads()
    rest, pulled = [0.0] * 17, [0.0] * 17
    pulled[4], pulled[7] = 1.0, 1.0
    pads.report([PadMessage(2, "Pad", (0.0, 0.0, 0.0, 0.0), tuple(rest))], {})
    pads.read()
    pads.report([PadMessage(2, "Pad", (1.0, 0.0, 0.0, -1.0), tuple(pulled))], {})
    reading = defaults(DRIVING).read(PAD, pads.read()[FIRST_ID + 2])
    assert reading.held(Control.CLUTCH)
    assert reading.values[Control.RIGHT] == pytest.approx(1.0, abs=0.01)
    assert reading.values[Control.UP] == pytest.approx(1.0, abs=0.01)
    assert Control.GRIPPER in reading.pressed
    gone = pads.report([], {})
    assert gone is not None
    assert gone.name == "Pad"
