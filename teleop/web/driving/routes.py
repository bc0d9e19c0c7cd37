"""These routes are the seat's: its page, the one to watch, and the socket that both talk over.

Text goes up and down, pictures go down with five bytes before them. A page says which picture it
has shown; no more than a few are under way, so that a slow line shows new pictures seldom and never
old ones.
"""

import asyncio
import contextlib
import json
from collections import Counter
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ....datasets.files.decoding import parsed_json
from ....sim_envs.errors import BadValue, SidestickError
from ..access import Role, Visitor
from ..allowance import Allowance
from ..requests import allowed, body_of
from .input_message import parsed_input
from .seat import Seat, SeatTaken

UNDER_WAY = 3
"""Pictures that are sent and not yet shown, at most."""
UNSEEN_S = 1.0
"""After so long without word of a picture one more is sent."""
STATUS_S = 0.5
MESSAGES = (120.0, 400.0)
"""Messages a second of one page, and at once."""
NOT_LET_IN, TOO_MANY = 4401, 4429
"""Codes with which a socket is closed."""
MOST_SOCKETS = 8
"""Of one visitor: each is sent every picture."""


@dataclass(frozen=True)
class Giving:
    """To whom the seat is handed on."""

    to: str


@dataclass(frozen=True)
class Turning:
    """The arm of a fleet, from 0, to which the driver turns."""

    arm: int


@dataclass(frozen=True)
class Nothing:
    """The body of a request that says nothing more."""


def driving_routes() -> list[BaseRoute]:
    """The seat, the view of it, and their socket."""
    return [
        Route("/drive", drive_page),
        Route("/watch", watch_page),
        Route("/api/seat/sit", sit, methods=["POST"]),
        Route("/api/seat/give", give, methods=["POST"]),
        Route("/api/seat/rise", rise, methods=["POST"]),
        Route("/api/seat/turn", turn, methods=["POST"]),
        WebSocketRoute("/ws/seat", talk),
    ]


async def drive_page(request: Request) -> Response:
    """The operator's seat."""
    return _page(request, "drive", allowed(request, Role.DRIVE))


async def watch_page(request: Request) -> Response:
    """What the driver sees, and the report."""
    return _page(request, "watch", allowed(request, Role.WATCH))


def _page(request: Request, name: str, visitor: Visitor) -> Response:
    given = {"name": visitor.name, "drives": name == "drive"}
    found: Response = request.app.state.pages.page(name, visitor, given=given)
    return found


async def sit(request: Request) -> Response:
    """Take the seat, or ask for it."""
    visitor = allowed(request, Role.DRIVE)
    await body_of(request, Nothing, "sitting")
    seat: Seat = request.app.state.seat
    try:
        await run_in_threadpool(seat.sit, visitor.name)
    except SeatTaken as error:
        return JSONResponse({"asked": str(error)})
    return JSONResponse({"asked": ""})


async def give(request: Request) -> Response:
    """Hand the seat on."""
    visitor = allowed(request, Role.DRIVE)
    given = await body_of(request, Giving, "giving")
    await run_in_threadpool(request.app.state.seat.give, visitor.name, given.to)
    return JSONResponse({})


async def rise(request: Request) -> Response:
    """Leave the seat."""
    visitor = allowed(request, Role.DRIVE)
    await body_of(request, Nothing, "rising")
    await run_in_threadpool(request.app.state.seat.rise, visitor.name)
    return JSONResponse({})


async def turn(request: Request) -> Response:
    """Turn to an arm of the fleet."""
    visitor = allowed(request, Role.DRIVE)
    given = await body_of(request, Turning, "turning")
    await run_in_threadpool(request.app.state.seat.turn, visitor.name, given.arm)
    return JSONResponse({})


async def talk(socket: WebSocket) -> None:
    """Send pictures and words, take the driver's input, until the page is gone."""
    try:
        visitor = allowed(socket, Role.DRIVE, Role.WATCH)
    except SidestickError as error:
        await socket.close(NOT_LET_IN, str(error)[:100])
        return
    sockets: Counter[str] = socket.app.state.sockets
    if sockets[visitor.id] >= MOST_SOCKETS:
        await socket.close(TOO_MANY, f"you have {MOST_SOCKETS} pages of the seat open")
        return
    sockets[visitor.id] += 1
    try:
        await _talk(socket, visitor)
    finally:
        sockets[visitor.id] -= 1


async def _talk(socket: WebSocket, visitor: Visitor) -> None:
    seat: Seat = socket.app.state.seat
    await socket.accept()
    drives = socket.query_params.get("drives") == "yes" and Role.DRIVE in visitor.roles
    number = seat.come(visitor.name) if drives else 0
    page = PageTalk(socket, seat, visitor.name if drives else "", number)
    sending = asyncio.create_task(page.send())
    try:
        await page.receive()
    finally:
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
            await sending
        if drives:
            seat.go(visitor.name, number)


class PageTalk:
    """One page's conversation; `name` is empty for one that only watches."""

    def __init__(self, socket: WebSocket, seat: Seat, name: str, number: int) -> None:
        self._socket, self._seat, self._name, self._number = socket, seat, name, number
        self._sent: list[int] = []
        """Numbers of pictures that are under way."""
        self._moved = asyncio.Event()

    async def receive(self) -> None:
        """Take in messages until the page is gone, or sends what makes no sense."""
        allowance = Allowance(*MESSAGES)
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                if not allowance.take(asyncio.get_running_loop().time()):
                    await self._socket.close(TOO_MANY, "too many messages")
                    return
                try:
                    self._note_seen(self._take(message.get("text") or ""))
                except BadValue as error:
                    await self._socket.close(1008, str(error)[:100])
                    return

    async def send(self) -> None:
        """Send whatever is new, the newest only."""
        event = self._seat.feed.join()
        last, shown_small = -1, dict[int, bytes]()
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), STATUS_S)
                event.clear()
                frame = self._seat.feed.newest
                status = self._seat.status(self._name, self._number)
                words = {"seat": status}
                if frame is None or frame.number == last:
                    await self._socket.send_text(json.dumps(words))
                    continue
                await self._room()
                frame = self._seat.feed.newest or frame
                last = frame.number
                shown = {"frame": frame.number, "board": frame.board, "cues": frame.cues}
                await self._socket.send_text(json.dumps({**words, **shown}))
                for part in frame.parts(shown_small):
                    await self._socket.send_bytes(part)
                self._sent.append(frame.number)
        finally:
            self._seat.feed.part(event)

    async def _room(self) -> None:
        """Wait until few enough pictures are under way."""
        while len(self._sent) >= UNDER_WAY:
            self._moved.clear()
            try:
                await asyncio.wait_for(self._moved.wait(), UNSEEN_S)
            except TimeoutError:
                self._sent.pop(0)

    def _take(self, text: str) -> int:
        """Take in one message; the number of the picture that the page has shown."""
        if not self._name:
            seen = parsed_json(text, "message", 1024)
            if not isinstance(seen, dict) or not isinstance(seen.get("frame"), int):
                raise BadValue("message", "the number of a picture", text[:40])
            return int(seen["frame"])
        message = parsed_input(text)
        self._seat.receive(self._name, self._number, message)
        return message.frame

    def _note_seen(self, number: int) -> None:
        """The page has shown this picture, so those before it are not under way any more."""
        left = [sent for sent in self._sent if sent > number]
        if len(left) < len(self._sent):
            self._sent = left
            self._moved.set()
