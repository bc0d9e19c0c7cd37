"""These routes give judges items, take their answers, and tell how far they agree.

A judge sees an item by its lease alone: neither the episode's id nor who drove it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ....datasets.schema import IMAGE_SUFFIX
from ....sim_envs.errors import BadValue
from ....sim_envs.spaces import FRONT
from ...evaluation.video import jpeg
from ...review.episode_actions import REASONS
from ..access import Role, Visitor
from ..dataset.library import Library
from ..ranges import ranged
from ..requests import allowed, body_of
from .agreement import alpha, records, trusted
from .desk import LEASE_S, Desk, Lease
from .items import ItemKind


@dataclass(frozen=True)
class Wanting:
    """Which item is wanted next."""

    kind: str
    settle: bool = False
    """Whether an expert settles what judges disagree on."""


@dataclass(frozen=True)
class Answering:
    """An answer, and the id that the browser chose for it."""

    lease: str
    answer: str
    value: Any = None
    """A word or number; None gives the item back without an answer."""


@dataclass(frozen=True)
class Nothing:
    """The body of a request that says nothing more."""


def judging_routes() -> list[Route]:
    """The judging page and what it asks for."""
    return [
        Route("/judge", page),
        Route("/api/judge/next", following, methods=["POST"]),
        Route("/api/judge/answers", answer, methods=["POST"]),
        Route("/api/judge/undo", undo, methods=["POST"]),
        Route("/api/judge/agreement", agreement),
        Route("/api/judge/leases/{lease:str}/clip/{side:str}", clip),
        Route("/api/judge/leases/{lease:str}/image", image),
    ]


async def page(request: Request) -> Response:
    """The page of the judges."""
    visitor = allowed(request, Role.JUDGE)
    desk: Desk = request.app.state.desk
    expert = Role.EDIT in visitor.roles
    given = {"reasons": REASONS, "expert": expert, "lease_s": LEASE_S}
    found: Response = request.app.state.pages.page(
        "judge", visitor, kinds=[str(kind) for kind in desk.stock.kinds], given=given
    )
    return found


async def following(request: Request) -> Response:
    """Lease the next item."""
    visitor = allowed(request, Role.JUDGE)
    given = await body_of(request, Wanting, "wanting")
    desk: Desk = request.app.state.desk
    kind, expert = _kind(desk, given.kind), given.settle and Role.EDIT in visitor.roles

    def found() -> dict[str, Any]:
        lease = desk.next(visitor.name, kind, expert)
        left = desk.open_count(visitor.name, kind, expert)
        return {"left": left, "item": None if lease is None else _shown(desk.library, lease)}

    return JSONResponse(await run_in_threadpool(found))


async def answer(request: Request) -> Response:
    """Write an answer; it may be sent again."""
    visitor = allowed(request, Role.JUDGE)
    given = await body_of(request, Answering, "answer")
    desk: Desk = request.app.state.desk
    if given.value is None:
        await run_in_threadpool(desk.give_back, visitor.name, given.lease)
        return JSONResponse({"id": None})
    written = await run_in_threadpool(
        desk.answer, visitor.name, given.lease, given.answer, given.value
    )
    return JSONResponse({"id": written.id})


async def undo(request: Request) -> Response:
    """Take back the visitor's last answer."""
    visitor = allowed(request, Role.JUDGE)
    await body_of(request, Nothing, "undo")
    desk: Desk = request.app.state.desk
    undone = await run_in_threadpool(desk.undo, visitor.name, Role.EDIT in visitor.roles)
    if undone is None:
        raise BadValue("undo", "an answer of yours that stands", "none")
    return JSONResponse({"kind": undone.kind})


async def agreement(request: Request) -> Response:
    """How far the judges agree; a judge learns of their own record alone."""
    visitor = allowed(request, Role.JUDGE)
    desk: Desk = request.app.state.desk
    return JSONResponse(await run_in_threadpool(_agreement, desk, visitor))


async def clip(request: Request) -> Response:
    """A clip of a leased item: side a, or b of a pair."""
    lease = _lease(request)
    first = (request.path_params["side"] == "a") != lease.swapped
    name = lease.item.episode if first or not lease.item.other else lease.item.other
    library: Library = request.app.state.library
    video = await run_in_threadpool(library.clip, name)
    return ranged(request, video.data, video.mime)


async def image(request: Request) -> Response:
    """The picture of a leased item about one step."""
    item = _lease(request).item
    if item.start is None:
        raise BadValue("picture", "an item about one step", item.kind)
    library: Library = request.app.state.library
    camera, step = str(item.more.get("camera", FRONT)), item.start

    def found() -> bytes:
        episode = library.episode(item.episode, images=True)
        return jpeg(np.asarray(episode.observations[f"{camera}{IMAGE_SUFFIX}"][step], np.uint8), 2)

    return Response(await run_in_threadpool(found), media_type="image/jpeg")


def _lease(request: Request) -> Lease:
    visitor = allowed(request, Role.JUDGE)
    desk: Desk = request.app.state.desk
    return desk.lease(visitor.name, request.path_params["lease"])


def _kind(desk: Desk, word: str) -> ItemKind:
    if word not in desk.stock.kinds:
        known = ", ".join(desk.stock.kinds)
        raise BadValue("kind of item", f"one of {known}", repr(word[:40]))
    return ItemKind(word)


def _shown(library: Library, lease: Lease) -> dict[str, Any]:
    """What a browser gets of a lease."""
    item = lease.item
    pair = [item.episode, item.other] if item.other else [item.episode]
    pair = pair[::-1] if lease.swapped else pair
    sides = ["other", "this"] if lease.swapped else ["this", "other"]
    return {
        "lease": lease.id,
        "kind": item.kind,
        "question": item.question,
        "steps": [library.summary(name).steps for name in pair],
        "hz": library.hz,
        "sides": sides,
        "shown": dict(item.shown),
        "picture": item.start is not None,
        "cameras": list(library.cameras),
    }


def _agreement(desk: Desk, visitor: Visitor) -> dict[str, Any]:
    with desk.reading() as items:
        found = [one for one in records(items) if _may_see(visitor, one.name)]
        told: dict[str, Any] = {"judges": [one._asdict() for one in found]}
        if Role.EDIT not in visitor.roles:
            return told
        events = desk.library.judgements.all()
        trust = trusted(items, events)
        for one in told["judges"]:
            one["trust"] = trust.get(one["name"], {})
        kinds = {str(kind): alpha(items, kind) for kind in ItemKind}
        told["alpha"] = {kind: value for kind, value in kinds.items() if value is not None}
        told["disputed"] = sum(answers.disputed for answers in items.values())
        told["ranking"] = [one.to_json() for one in desk.ranking.of(desk.library, events)]
        return told


def _may_see(visitor: Visitor, name: str) -> bool:
    return Role.EDIT in visitor.roles or name == visitor.name
