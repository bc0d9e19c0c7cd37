"""The seat's socket: who may talk, who drives, and how the seat is handed on."""

import contextlib
import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.websockets import WebSocketDisconnect

from sidestick.datasets.judgements.judgements import Judge
from sidestick.teleop.station.options import StationOptions
from sidestick.teleop.web import report_page
from sidestick.teleop.web.driving.browser_outlet import BrowserOutlet
from sidestick.teleop.web.driving.frames import Frame
from sidestick.teleop.web.driving.input_message import InputMessage
from sidestick.teleop.web.driving.seat import GONE_S, OpenOutlet, Seat, SeatTaken
from sidestick.teleop.web.report_page import ReportPage
from tests.web_rig import FakeClock, WebRig

SOCKET = "ws://127.0.0.1:8420/ws/seat?drives=yes"


def drawing(operator: str, open_outlet: OpenOutlet) -> object:
    """Stands for a station: publishes a picture every few ms, until it shall leave."""
    outlet: Any = open_outlet(StationOptions())
    number = 0
    while not outlet.leaving:
        number += 1
        outlet.link.drawn(number)
        outlet.feed.publish(Frame(number, b"jpeg", {"state": "ready"}))
        time.sleep(0.01)
    outlet.close()
    return None


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[WebRig]:
    made = WebRig(tmp_path / "ws", count=1, run=drawing)
    yield made
    made.seat.close()


def words(socket: Any, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The next words from the seat that are wanted."""
    for _ in range(400):
        message = socket.receive()
        if message["type"] == "websocket.close":
            raise WebSocketDisconnect(message["code"])
        if message.get("text"):
            found: dict[str, Any] = json.loads(message["text"])
            if wanted(found):
                return found
    raise AssertionError("such words never came")


def test_strangers_and_other_sites_are_refused(rig: WebRig) -> None:
    with pytest.raises(WebSocketDisconnect), rig.stranger().websocket_connect(SOCKET):
        pass
    client = rig.browser("drive")
    client.headers["origin"] = "http://evil.example"
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(SOCKET):
        pass
    judge = rig.browser("judge")
    with pytest.raises(WebSocketDisconnect), judge.websocket_connect(SOCKET):
        pass


def test_a_driver_gets_numbered_pictures_and_words(rig: WebRig) -> None:
    client = rig.browser("drive", "Ada")
    with client.websocket_connect(SOCKET) as socket:
        client.post("/api/seat/sit", json={})
        found = words(socket, lambda w: "board" in w)
        assert found["seat"]["you_drive"]
        picture = socket.receive_bytes()
        number, place = struct.unpack("<IB", picture[:5])
        assert (number, place, picture[5:]) == (found["frame"], 0, b"jpeg")
        socket.send_json({"sequence": 0, "sent_s": 1.0, "frame": number})
        seen = words(socket, lambda w: w["seat"]["round_trip_ms"] is not None)
        assert seen["seat"]["driver"] == "Ada"


def test_the_seat_is_handed_on_by_consent_alone(rig: WebRig) -> None:
    ada, bo = rig.browser("drive", "Ada"), rig.browser("drive", "Bo")
    with ada.websocket_connect(SOCKET) as first, bo.websocket_connect(SOCKET) as second:
        ada.post("/api/seat/sit", json={})
        assert "Ada drives" in bo.post("/api/seat/sit", json={}).json()["asked"]
        assert bo.post("/api/seat/give", json={"to": "Bo"}).status_code == 409
        assert words(first, lambda w: w["seat"]["asking"] == ["Bo"])["seat"]["you_drive"]
        second.send_json({"sequence": 0, "sent_s": 1.0, "frame": 1})
        assert rig.seat.link.counts.messages == 0  # only the driver's input counts
        assert ada.post("/api/seat/give", json={"to": "Bo"}).status_code == 200
        assert words(second, lambda w: w["seat"]["you_drive"])["seat"]["asking"] == []
        assert not words(first, lambda w: w["seat"]["driver"] == "Bo")["seat"]["you_drive"]


@pytest.mark.parametrize("sent", ['{"sequence": "one"}', b"not even text"])
def test_nonsense_closes_the_socket_and_nothing_else(rig: WebRig, sent: str | bytes) -> None:
    client = rig.browser("drive", "Ada")
    with client.websocket_connect(SOCKET) as socket:
        client.post("/api/seat/sit", json={})
        send = socket.send_text if isinstance(sent, str) else socket.send_bytes
        send(sent)
        with pytest.raises(WebSocketDisconnect):
            words(socket, lambda w: False)
    with client.websocket_connect(SOCKET) as again:
        assert words(again, lambda w: w["seat"]["open"])["seat"]["you_drive"]


def test_one_visitor_has_a_few_sockets_and_others_theirs(rig: WebRig) -> None:
    client, other = rig.browser("watch", "Ada"), rig.browser("watch", "Bo")
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(client.websocket_connect(SOCKET)) for _ in range(8)]
        with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect(SOCKET):
            pass
        assert refused.value.code == 4429
        stack.enter_context(other.websocket_connect(SOCKET))
        opened[0].close()
        stack.enter_context(eventually(lambda: client.websocket_connect(SOCKET)))


def eventually(connect: Callable[[], Any], tries: int = 200) -> Any:
    """A socket, once the server has noticed that another one is gone."""
    for _ in range(tries):
        with contextlib.suppress(WebSocketDisconnect):
            stack = contextlib.ExitStack()
            stack.enter_context(connect())
            return stack
        time.sleep(0.02)
    raise AssertionError("no socket became free")


def test_a_watcher_sees_and_drives_nothing(rig: WebRig) -> None:
    driver, watcher = rig.browser("drive", "Ada"), rig.browser("watch", "Wu")
    with driver.websocket_connect(SOCKET), watcher.websocket_connect(SOCKET) as socket:
        driver.post("/api/seat/sit", json={})
        assert not words(socket, lambda w: "board" in w)["seat"]["you_drive"]
        assert watcher.post("/api/seat/sit", json={}).status_code == 403


def test_a_driver_who_is_gone_keeps_the_seat_for_a_minute() -> None:
    clock = FakeClock()
    seat = Seat(drawing, clock)
    try:
        page = seat.come("Ada")
        seat.sit("Ada")
        seat.go("Ada", page)
        with pytest.raises(SeatTaken):
            seat.sit("Bo")
        assert seat.link.loss() is not None
        clock.now += GONE_S + 1
        seat.come("Bo")
        seat.sit("Bo")
        assert seat.driver == "Bo"
    finally:
        seat.close()


def test_of_two_pages_of_one_driver_the_newer_counts(rig: WebRig) -> None:
    """The older one is behind: its keys are not held any more."""
    seat = rig.seat
    older = seat.come("Ada")
    seat.sit("Ada")
    assert not seat.status("Ada", older)["elsewhere"]
    newer = seat.come("Ada")
    assert seat.status("Ada", older)["elsewhere"]
    assert not seat.status("Ada", newer)["elsewhere"]
    seat.receive("Ada", older, InputMessage(900, 1.0))
    seat.receive("Ada", newer, InputMessage(0, 1.0))
    assert (seat.link.counts.messages, seat.link.counts.out_of_order) == (1, 0)
    seat.go("Ada", older)
    assert seat.link.connected
    seat.go("Ada", newer)
    assert not seat.link.connected


def test_what_refuses_a_station_is_told(tmp_path: Path) -> None:
    rig = WebRig(tmp_path / "ws", count=1)
    client = rig.browser("drive", "Ada")
    with client.websocket_connect(SOCKET) as socket:
        client.post("/api/seat/sit", json={})
        found = words(socket, lambda w: bool(w["seat"]["error"]) and not w["seat"]["open"])
    assert "no seat" in found["seat"]["error"]


def test_the_outlet_asks_no_screen(rig: WebRig) -> None:
    outlet = BrowserOutlet(rig.seat.feed, rig.seat.link)
    assert list(outlet.window.events()) == []
    assert outlet.pads.pads == {}


def test_who_asks_for_a_report_that_takes_long_is_told_and_sees_it_then(
    rig: WebRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made once for all who ask, and kept for a while whatever changes."""
    go, made, now = threading.Event(), [], [0.0]

    def slow(*_: object) -> str:
        go.wait(60)
        made.append(len(made))
        return f"report number {len(made)}"

    monkeypatch.setattr(report_page, "render", slow)
    monkeypatch.setattr(report_page, "AT_ONCE_S", 0.0)
    page = rig.state.report = ReportPage(rig.workspace, lambda: now[0])
    client = rig.browser("watch")
    for _ in range(3):
        waiting = client.get("/report")
        assert "being made" in waiting.text
        assert 'http-equiv="refresh"' in waiting.text
    finish(page, go)
    assert client.get("/report").text == "report number 1"
    Judge(rig.workspace, "Ada").say(rig.ids()[0], "quality", quality=3)
    assert client.get("/report").text == "report number 1"
    now[0] += report_page.KEPT_S + 1
    client.get("/report")
    finish(page, go)
    assert client.get("/report").text == "report number 2"


def test_a_report_that_cannot_be_made_is_an_error_where_it_is_asked_for(
    rig: WebRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever went wrong: a page that waits for it would wait for ever."""

    def fail(*_: object) -> str:
        raise ValueError("no such picture")

    monkeypatch.setattr(report_page, "render", fail)
    monkeypatch.setattr(report_page, "AT_ONCE_S", 60.0)
    with pytest.raises(ValueError, match="no such picture"):
        ReportPage(rig.workspace).html()


def finish(page: ReportPage, go: threading.Event) -> None:
    """Let a report be made to its end."""
    go.set()
    for thread in [t for t in threading.enumerate() if t.name == "report"]:
        thread.join(60)
    assert page.html() is not None


def test_a_report_runs_no_scripts(rig: WebRig) -> None:
    client = rig.browser("watch")
    client.get("/report")
    finish(rig.state.report, threading.Event())
    answer = client.get("/report")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
