"""Makers of a user's own settings, of journals, and the names and options of the command line."""

from collections.abc import Iterator

import numpy as np

from sidestick.datasets.journal import HEAD, RecordKind, frame
from tests.hostile.documents import BROKEN, TOML_BROKEN, TOML_ODD, toml_makers
from tests.hostile.entries import KINDS, put
from tests.hostile.place import Maker, Place

CONFIG = "config"
WORKSPACE = {
    "version": "1", "task": '"ShelfPick"', "renderer": '"tiny"', "control_hz": "20",
    "image_size": "96", "cameras": '["front", "wrist"]', "env_kwargs": "{}",
}  # fmt: skip
KWARGS = (
    "{num_items = 1000000000}", "{num_items = -1}", '{num_items = "x"}', "{nothing = 1}",
    "{max_steps = 0}", '{variation = "\\u001b[2J"}', "{variation = [1]}", "{renderer = 5}",
    '{task = "Nothing"}', "{image_size = 100000}", "{seed = 1e300}", "{self = 1}",
)  # fmt: skip
"""Arguments of the environment."""
BINDINGS = (
    "[pad]\nforward = {}\n", "[pad]\nsuccess = {}\n", "[keyboard]\nundo = {}\n", "[pad]\n{} = 1\n",
    "[review]\nepisodes = {}\n", "[review.clicks.pad]\nquit = {}\n", "pad = {}\n", "review = {}\n",
    "[keyboard]\nquit = [{}]\n",
)  # fmt: skip
PADS = (
    b"", b"\xff\xfe\x00", b"x" * 10**6, b"03000000,pad,a:b0,platform:Linux,\n", b",,,,\n" * 99999,
    b"03000000de280000ff11000001000000,\x1b[2J[/x],a:b0,b:b1\n", b"a" * 32 + b",n,a:b999999,\n",
    b"\0" * 99, b"# x\n" * 9,
)  # fmt: skip


def binding_makers() -> Iterator[tuple[str, Maker]]:
    """Makers of odd bindings.toml and pads.txt."""
    for name, content in TOML_BROKEN.items():
        yield f"bindings.toml: {name}", _config("bindings.toml", content)
    for number, line in enumerate(BINDINGS):
        for odd in TOML_ODD:
            text = line.replace("{}", odd).encode()
            yield f"bindings.toml: {number} {odd[:20]}", _config("bindings.toml", text)
    for number, content in enumerate(PADS):
        yield f"pads.txt: {number}", _config("pads.txt", content)
    for name in ("bindings.toml", "pads.txt", ""):
        for kind in KINDS:
            yield f"{name or 'the folder'}: {kind}", _config_entry(kind, name)


def _config(name: str, content: bytes) -> Maker:
    def make(place: Place) -> None:
        (place.folder / CONFIG).mkdir(exist_ok=True)
        (place.folder / CONFIG / name).write_bytes(content)

    return make


def _config_entry(kind: str, name: str) -> Maker:
    return lambda place: put(kind, place.folder / CONFIG / name if name else place.folder / CONFIG,
                             place)  # fmt: skip


def workspace_makers() -> Iterator[tuple[str, Maker]]:
    """Makers of odd workspace.toml."""
    yield from toml_makers(lambda place: place.ws / "workspace.toml", WORKSPACE)
    for odd in KWARGS:
        lines = (f"{key} = {odd if key == 'env_kwargs' else WORKSPACE[key]}" for key in WORKSPACE)
        yield f"env_kwargs = {odd}", _workspace("\n".join(lines))


def _workspace(text: str) -> Maker:
    return lambda place: (place.ws / "workspace.toml").write_text(text)


def journal_makers() -> Iterator[tuple[str, Maker]]:
    """Makers of journals whose records are odd, with right checksums."""
    for kind in RecordKind:
        for name, content in BROKEN.items():
            yield f"{kind.name}: {name}", _journal((kind, content))
    yield "records of 2^32", _bytes(b"\xff" * 4 + bytes(99))
    yield "a thousand headers", _journal(*[(RecordKind.HEADER, b"{}")] * 1000)
    yield "an unknown kind", _journal((99, b"{}"))
    for name, content in {"empty": b"", "zeros": bytes(9999), "text": b"x" * 9999}.items():
        yield name, _bytes(content)
    for seed in range(4):
        yield f"noise {seed}", _bytes(np.random.default_rng(seed).bytes(9999))


def record(kind: int, body: bytes) -> bytes:
    """One record with a right checksum."""
    buffer = bytearray(HEAD.size) + body
    frame(buffer, kind)  # type: ignore[arg-type]
    return bytes(buffer)


def _journal(*parts: tuple[int, bytes]) -> Maker:
    return _bytes(b"".join(record(kind, body) for kind, body in parts))


def _bytes(content: bytes) -> Maker:
    return lambda place: (place.ws / "journal/20250101T000009-00000009.journal").write_bytes(
        content
    )


WORDS = (
    "", " ", "-", "--", "\x1b[2J", "[/x]", "../../x", "/dev/zero", "/dev/full", "/proc/self/mem",
    "\udcff\udcfe", "x" * 5000, "'; DROP TABLE", "<b>", "a\nb", "²", "1e999", "-1", "9" * 400,
    "nan",     "\u202e", "NUL", "{0.__class__}", "%s%n", "ws/workspace.toml", "home", "~",
    "ws/policies/0001", "$(id)",
)  # fmt: skip
"""Names that a command line may give for anything."""
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("check", "{}"), ("inspect", "{}"), ("inspect", "ws", "{}"), ("train", "{}"),
    ("train", "ws", "--steps", "{}"), ("train", "ws", "--seed", "{}"), ("report", "{}"),
    ("report", "ws", "--out", "{}"), ("export", "ws", "robomimic", "{}"),
    ("export", "ws", "lerobot", "{}"), ("export", "ws", "minari", "m", "--dataset-id", "{}"),
    ("import", "new", "robomimic", "{}"), ("import", "new", "lerobot", "{}"),
    ("import", "{}", "robomimic", "given/ours.hdf5"),
    ("import", "new", "robomimic", "given/theirs.hdf5", "--task", "{}"),
    ("merge", "merged", "{}"), ("merge", "{}", "ws"), ("ladder", "{}"),
    ("ladder", "ws", "--policy", "{}"), ("ladder", "ws", "--out", "{}"), ("ledger", "{}"),
    ("policies", "ws", "--pin", "{}"), ("policies", "ws", "--remove", "{}"),
    ("policies", "ws", "--restore", "{}"), ("policies", "ws", "--pin", "0001", "--why", "{}"),
    ("replay", "ws", "{}", "--verify"), ("replay", "ws", "0", "--out", "{}"),
    ("replay", "ws", "0", "--out", "film.mp4", "--size", "{}"),
    ("replay", "ws", "0", "--out", "film.mp4", "--camera", "{}"),
    ("evaluate", "ws", "--policy", "{}"), ("evaluate", "ws", "--first-seed", "{}"),
    ("compare", "ws", "{}", "0001"), ("review", "ws", "--episode", "{}"), ("learn", "{}"),
    ("review", "ws", "--headless", "--driver", "simulated", "--operator", "{}"),
    ("view", "ws", "{}"),
    ("drive", "{}", "--headless", "--driver", "simulated"), ("tasks", "{}"), ("{}",),
    ("drive", "ws", "--headless", "--driver", "simulated", "--level", "{}"),
    ("drive", "new", "--headless", "--driver", "simulated", "--task", "{}"),
    ("practice", "{}"), ("pretrain", "--task", "{}"),
    ("pad", "--write", "{}"), ("{}", "ws"), ("train", "ws", "--device", "{}"),
)  # fmt: skip
