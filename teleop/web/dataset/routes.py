"""These routes list episodes, give one with its clip, and take edits and their undoing."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ....sim_envs.errors import BadValue
from ...devices.bindings import load
from ...devices.controls import KEYBOARD
from ...review.episode_actions import KEYS, REASONS, TAGS, EpisodeAction
from ...session.driver_styles import DRIVER_STYLES
from ..access import Role
from ..ranges import ranged
from ..requests import allowed, body_of, number_in
from .edits import Edit, Edits
from .filtering import CHOICES, EpisodeFilter
from .library import NONE_STANDS, Library
from .tracks import row, standing, told, tracks

BoundKey = tuple[str, list[str], str]
"""Action, keys, and what it does."""
NOT_HERE = (EpisodeAction.WRITE, EpisodeAction.QUIT)
OWN_KEYS: tuple[BoundKey, ...] = (
    ("takeover-after", ["period"], "to the next takeover"),
    ("takeover-before", ["comma"], "to the takeover before"),
    ("exclude", ["x"], "exclude the episode from training and exports, or use it again"),
)
"""What the page does beside what the review window does."""
MOST_ROWS = 100
SEEN_BY = (Role.WATCH, Role.EDIT)


@dataclass(frozen=True)
class Nothing:
    """The body of a request that says nothing more."""


def dataset_routes() -> list[Route]:
    """The dataset page and what it asks for."""
    return [
        Route("/dataset", page),
        Route("/api/episodes", listed),
        Route("/api/episodes/{name:str}", one),
        Route("/api/episodes/{name:str}/clip", clip),
        Route("/api/edits", edit, methods=["POST"]),
        Route("/api/undo", undo, methods=["POST"]),
    ]


async def page(request: Request) -> Response:
    """The page of the dataset."""
    visitor = allowed(request, *SEEN_BY)
    given = {
        "colours": {style.name: style.hex for style in DRIVER_STYLES.values()},
        "keys": [*bound_keys(), *OWN_KEYS],
        "may_edit": Role.EDIT in visitor.roles,
    }
    found: Response = request.app.state.pages.page(
        "dataset", visitor, choices=CHOICES, reasons=REASONS, tags=TAGS, given=given
    )
    return found


def bound_keys() -> list[BoundKey]:
    """The keys of the review window, as the bindings file has them: the page takes the same."""
    bindings = load(KEYS.controls)
    found = []
    for action, key in KEYS.rows.items():
        chords = [c[0] for c in bindings.chords[KEYBOARD].get(action, ()) if len(c) == 1]
        if key.label and chords and action not in NOT_HERE:
            found.append((action.value, chords, key.label))
    return found


async def listed(request: Request) -> Response:
    """Some episodes of those that a filter wants."""
    allowed(request, *SEEN_BY)
    library: Library = request.app.state.library
    wanted = EpisodeFilter.of(request.query_params)
    first = number_in(request.query_params.get("first"), "first", 0, 10**8, 0)
    count = number_in(request.query_params.get("count"), "count", 1, MOST_ROWS, MOST_ROWS)

    def found() -> dict[str, object]:
        stands = library.stands()
        chosen = wanted.chosen(library.summaries(), stands)
        rows = [
            row(s, stands.get(s.id, NONE_STANDS), library.hz) for s in chosen[first : first + count]
        ]
        return {"total": len(chosen), "first": first, "episodes": rows}

    return JSONResponse(await run_in_threadpool(found))


async def one(request: Request) -> Response:
    """One episode: its tracks and its judgements."""
    allowed(request, *SEEN_BY)
    library: Library = request.app.state.library
    name = request.path_params["name"]

    def found() -> dict[str, object]:
        episode = library.episode(name)
        stands, events = library.judged(name)
        shown = tracks(episode, stands, library.hz)
        return {**shown, "cameras": library.cameras, "judgements": told(events)}

    return JSONResponse(await run_in_threadpool(found))


async def clip(request: Request) -> Response:
    """The clip of an episode."""
    allowed(request, *SEEN_BY)
    library: Library = request.app.state.library
    video = await run_in_threadpool(library.clip, request.path_params["name"])
    return ranged(request, video.data, video.mime)


async def edit(request: Request) -> Response:
    """Write one judgement."""
    visitor = allowed(request, Role.EDIT)
    given = await body_of(request, Edit, "edit")
    edits: Edits = request.app.state.edits
    written = await run_in_threadpool(edits.write, visitor.name, given)
    return await _stands_now(request, given.episode, {"id": written.id})


async def undo(request: Request) -> Response:
    """Undo the visitor's last judgement."""
    visitor = allowed(request, Role.EDIT)
    await body_of(request, Nothing, "undo")
    edits: Edits = request.app.state.edits
    undone = await run_in_threadpool(edits.undo, visitor.name)
    if undone is None:
        raise BadValue("undo", "a judgement of yours that stands", "none")
    words = {"kind": undone.kind, "episode": undone.episode}
    return await _stands_now(request, undone.episode, words)


async def _stands_now(request: Request, name: str, more: Mapping[str, object]) -> Response:
    """What people judge of an episode by now."""
    library: Library = request.app.state.library

    def found() -> dict[str, object]:
        stands, events = library.judged(name)
        steps = library.summary(name).steps
        return {**standing(stands, steps), "judgements": told(events), **more}

    return JSONResponse(await run_in_threadpool(found))
