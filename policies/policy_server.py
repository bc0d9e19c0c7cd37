"""`policy_app` is a web application that lets other programs drive with a policy.

A WebSocket at / speaks as openpi's policy servers do: it greets with what the policy reads and
gives, then answers each observation with a plan. POST /act answers one observation; GET / says the
same as the greeting, as JSON. Messages are msgpack (`remote.wire`); nothing in them can run code.
"""

import hmac
import threading
import time
from dataclasses import asdict
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ..sim_envs.errors import BadValue, SidestickError
from .acting_policy import ActingPolicy
from .policy import LearnedPolicy
from .remote.connection import MSGPACK
from .remote.translation import GOAL, RESET
from .remote.wire import MOST_BYTES, pack, unpack
from .remote_policy import ABOUT

POLICY_VIOLATION = 1008
"""WebSocket's code for a client that may not come in."""


def policy_app(policy: LearnedPolicy, token: str = "") -> Starlette:
    """The application; with a `token`, only for those who bring it as `Authorization: Api-Key`.

    Each WebSocket has a past of its own (history, plans), a post has none. Requests of web pages,
    which have an Origin, are refused.
    """
    server = _Server(policy, token)
    return Starlette(
        routes=[
            Route("/", server.about_page),
            Route("/healthz", server.health),
            Route("/act", server.act, methods=["POST"]),
            WebSocketRoute("/", server.drive),
        ]
    )


def about(policy: LearnedPolicy) -> dict[str, Any]:
    """What a policy reads and gives, as JSON."""
    config, acting = policy.config, ActingPolicy(policy)
    inputs = {
        name: {"dtype": one.dtype, "shape": list(one.shape)} for name, one in acting.inputs.items()
    }
    return {
        "task": config.task,
        "renderer": config.renderer,
        "observation": inputs,
        "action": [asdict(axis) for axis in config.action_axes],
        "goal_names": list(config.goal_names),
        "chunk": policy.chunk,
        "execute": policy.execute,
    }


class _Server:
    """Answers; one plan at a time, as torch uses all threads that it may."""

    def __init__(self, policy: LearnedPolicy, token: str) -> None:
        self._policy, self._token = policy, token
        self._about, self._lock = about(policy), threading.Lock()

    def _new(self) -> ActingPolicy:
        """The same networks with a past of their own."""
        policy = self._policy
        return ActingPolicy(LearnedPolicy(policy.config, policy.network, policy.novelty))

    def _refusal(self, client: HTTPConnection) -> str:
        """Why a client may not come in; empty where it may."""
        if "origin" in client.headers:
            return "a policy is not driven by web pages"
        given = client.headers.get("authorization", "").encode()
        if self._token and not hmac.compare_digest(given, f"Api-Key {self._token}".encode()):
            return "Authorization: Api-Key TOKEN is missing or wrong"
        return ""

    async def health(self, _: Request) -> Response:
        """Say that it runs."""
        return PlainTextResponse("OK\n")

    async def about_page(self, request: Request) -> Response:
        """What the policy reads and gives."""
        if reason := self._refusal(request):
            return PlainTextResponse(reason, 403)
        return JSONResponse({ABOUT: self._about})

    async def act(self, request: Request) -> Response:
        """Answer one observation, without a past."""
        if reason := self._refusal(request):
            return PlainTextResponse(reason, 403)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return PlainTextResponse(f"more than {MOST_BYTES} bytes", 413)
        answer = await run_in_threadpool(self._answer, self._new(), bytes(body))
        if isinstance(answer, str):
            return PlainTextResponse(answer, 400)
        return Response(answer, media_type=MSGPACK)

    async def drive(self, websocket: WebSocket) -> None:
        """Greet, then answer until the client goes; what is wrong is said as text."""
        if self._refusal(websocket):
            await websocket.close(POLICY_VIOLATION)
            return
        await websocket.accept()
        await websocket.send_bytes(pack({ABOUT: self._about}))
        acting = self._new()
        try:
            while True:
                message = (await _received(websocket)).get("bytes")
                answer = await run_in_threadpool(self._answer, acting, message or b"")
                if isinstance(answer, str):
                    await websocket.send_text(answer)
                else:
                    await websocket.send_bytes(answer)
        except WebSocketDisconnect:
            return

    def _answer(self, acting: ActingPolicy, message: bytes) -> bytes | str:
        """The packed plan, or what is wrong with the message."""
        began = time.perf_counter()
        try:
            given = unpack(message)
            if not isinstance(given, dict):
                raise BadValue("message", "a map of the observation's entries", type(given))
            if isinstance(given.get(GOAL), str):
                given[GOAL] = self._goal(given[GOAL])
            with self._lock:
                if given.pop(RESET, False):
                    acting.reset()
                plan = acting.plan(given)
        except (SidestickError, ValueError, TypeError) as error:
            return f"{type(error).__name__}: {error}"
        took = {"infer_ms": 1000 * (time.perf_counter() - began)}
        answer = {"actions": plan.actions, "spread": plan.spread, "novelty": float(plan.novelty)}
        return pack({**answer, "server_timing": took})

    def _goal(self, name: str) -> list[float]:
        names = self._policy.config.goal_names
        if name not in names:
            raise BadValue("goal", f"one of {', '.join(names)}", name)
        return [float(name == one) for one in names]


async def _received(websocket: WebSocket) -> dict[str, Any]:
    """The next message, text or bytes; WebSocketDisconnect once the client has gone."""
    message: dict[str, Any] = dict(await websocket.receive())
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code") or 1000)
    return message
