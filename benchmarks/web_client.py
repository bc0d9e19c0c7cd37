"""Browsers without a screen, for `benchmarks.web`: one that drives, and many that judge.

`python -m benchmarks.web_client drive URL TOKEN SECONDS` pushes a gamepad's stick at random times
and prints when it did and when pictures came; the clock is the machine's, as the server's.
`python -m benchmarks.web_client fleet URL TOKEN SECONDS` serves the arms of a fleet that ask.
"""

import contextlib
import json
import random
import struct
import sys
import threading
import time
from typing import Any

import httpx2 as httpx
from websockets.sync.client import ClientConnection, connect

PUSHED, PUSH_EVERY_S = 0.6, (0.25, 0.45)
"""As in `benchmarks.window`."""
MESSAGE_S = 1 / 60
LB, START = 4, 9
DRIVES_S = 3.0
"""How long an arm of a fleet is driven when it has asked."""


def enter(url: str, token: str, name: str) -> httpx.Client:
    """A client that came in."""
    client = httpx.Client(base_url=url, headers={"origin": url}, timeout=60.0)
    client.post("/api/enter", json={"token": token, "name": name}).raise_for_status()
    return client


class DrivingBrowser:
    """Sends 60 messages a second, and takes pictures."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        opened = connect(
            f"{url.replace('http', 'ws')}/ws/seat?drives=yes", origin=url,
            additional_headers={"Cookie": cookie}, compression=None, max_size=None,
        )  # fmt: skip
        self._stack = contextlib.ExitStack()
        self.socket: ClientConnection = self._stack.enter_context(opened)
        self.frame, self.bytes, self.pictures = -1, 0, 0
        self.board: dict[str, Any] = {}
        self.arrived: dict[int, float] = {}
        """When each large picture came, by its number."""
        self.pushes: list[tuple[float, float]] = []
        """When the stick was pushed, and which way."""
        self.pressed: list[int] = []
        self.axis, self.clutch = 0.0, False
        self.over = threading.Event()
        self.trips_ms: list[float] = []
        self.threads = [threading.Thread(target=run) for run in (self._receive, self._send)]
        for thread in self.threads:
            thread.start()

    def _receive(self) -> None:
        while not self.over.is_set():
            try:
                data = self.socket.recv(timeout=1.0)
            except TimeoutError:
                continue
            except Exception:  # the server closed
                return
            self.bytes += len(data)
            if isinstance(data, str):
                words = json.loads(data)
                self.board = words.get("board") or self.board
                if words["seat"]["round_trip_ms"] is not None:
                    self.trips_ms.append(words["seat"]["round_trip_ms"])
                continue
            number, place = struct.unpack("<IB", data[:5])
            if place == 0:
                self.arrived[number] = time.perf_counter()
                self.frame, self.pictures = number, self.pictures + 1

    def _send(self) -> None:
        sequence = 0
        while not self.over.wait(MESSAGE_S):
            pressed, self.pressed = self.pressed, []
            buttons = [0.0] * 17
            buttons[LB] = float(self.clutch)
            pad = {"index": 0, "name": "Pad", "axes": [self.axis, 0, 0, 0], "buttons": buttons,
                   "pressed": pressed}  # fmt: skip
            message = {"sequence": sequence, "sent_s": time.perf_counter(), "frame": self.frame,
                       "pads": [pad]}  # fmt: skip
            sequence += 1
            try:
                self.socket.send(json.dumps(message))
            except Exception:  # the server closed
                return

    def record(self, wait_s: float = 120.0) -> None:
        """Press START until an episode is recorded, with the clutch held after that."""
        until = time.monotonic() + wait_s
        while self.board.get("state") != "recording" and time.monotonic() < until:
            if self.board.get("state") in ("ready", "paused", "stalled"):
                self.clutch = False
                self.pressed.append(START)
            time.sleep(0.5)
        self.clutch = True

    def drive(self, seconds: float) -> int:
        """Push the stick at random times; how often the arm was held because of the wire."""
        chance, way, pauses = random.Random(1), 1.0, 0
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.board.get("state") != "recording":
                pauses += 1
                self.axis = 0.0
                self.record()
            way = -way
            self.axis = PUSHED * way
            self.pushes.append((time.perf_counter(), way))
            time.sleep(chance.uniform(*PUSH_EVERY_S))
        self.axis, self.clutch = 0.0, False
        return pauses

    def wait_for_arms(self, wait_s: float = 120.0) -> None:
        """Wait until the arms of a fleet are there."""
        until = time.monotonic() + wait_s
        while not self.board.get("fleet") and time.monotonic() < until:
            time.sleep(0.2)

    def serve(self, seconds: float) -> int:
        """Go to each arm that asks, and drive it for a while; how many were served."""
        until, served = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            fleet = self.board.get("fleet") or {"arms": [], "here": 0, "asking": 0}
            here = fleet["arms"][fleet["here"]] if fleet["arms"] else {"asks": False}
            if here["asks"]:
                self.clutch, self.axis = True, PUSHED
                time.sleep(DRIVES_S)
                self.clutch, self.axis = False, 0.0
                served += 1
            elif fleet["asking"]:
                self.pressed.append(START)
            time.sleep(0.5)
        return served

    def close(self) -> None:
        """Hang up."""
        self.over.set()
        self._stack.close()
        for thread in self.threads:
            thread.join()


def main(what: str, url: str, token: str, seconds: str) -> None:
    """Drive, and print what was seen."""
    client = enter(url, token, "driver")
    browser = DrivingBrowser(url, client)
    client.post("/api/seat/sit", json={}).raise_for_status()
    if what == "drive":
        browser.record()
    else:
        browser.wait_for_arms()
    began, before, pictures = time.monotonic(), browser.bytes, browser.pictures
    if what == "drive":
        found: dict[str, Any] = {"pauses": browser.drive(float(seconds))}
    else:
        found = {"answers": browser.serve(float(seconds))}
    lasted = time.monotonic() - began
    found |= {
        "pushes": browser.pushes,
        "arrived": browser.arrived,
        "seconds": lasted,
        "pictures_per_s": (browser.pictures - pictures) / lasted,
        "kb_per_s": (browser.bytes - before) / lasted / 1000,
        "trips_ms": browser.trips_ms,
    }
    browser.close()
    client.post("/api/seat/rise", json={})
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
