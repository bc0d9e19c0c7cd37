"""The architecture as a test: imports run one way, and each heavy library has one room."""

import ast
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("sim_envs", "datasets", "policies", "teleop")
"""From right to left: a room may use those before it, and none after it."""
OWNED = {
    "pybullet": "sim_envs",
    "pybullet_data": "sim_envs",
    "h5py": "datasets",
    "torch": "policies",
    "pygame": "teleop",
}
NAMESPACES = ("datasets", "teleop")
ORDER = {
    "sim_envs": (
        "*",
        "renderers",
        "tasks",
        "worlds",
        "environment",
        "making",
        "rewinding",
        "__init__",
        "labelled_scenes",
        "experts",
    ),
    "datasets": ("files", "*", "judgements", "checking", "tables", "formats", "merge", "api"),
    "policies": (
        "base",
        "remote",
        "engines",
        "statistics",
        "perception",
        "task_features",
        "next_step",
        "vision",
        "heads",
        "*",
        "training",
    ),
    "teleop": (
        "session",
        "devices",
        "autonomy",
        "evaluation",
        "generation",
        "learning",
        "ui",
        "station",
        "fleet",
        "review",
        "report",
        "web",
        "*",
        "cli",
        "as_module",
    ),
}
"""Inside a room, by folder or by file at its root: each may use those before it, and none after it.
`*` stands for the files at the root that are not named."""
DATA = ("assets", "weights", "static", "templates")
"""Folders that hold files, not code."""


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Absolute dotted names of everything that a file imports."""
    package = ("sidestick", *path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join((*base, *(node.module or "").split("."))).strip(".")
            yield from (f"{stem}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_uses_only_the_rooms_to_its_right(room: str) -> None:
    """teleop -> policies -> datasets -> sim_envs, and never back."""
    allowed = {f"sidestick.{name}" for name in ROOMS[: ROOMS.index(room) + 1]}
    for path in modules(room):
        for name in imported(path):
            if name.startswith("sidestick"):
                assert ".".join(name.split(".")[:2]) in allowed, f"{path} imports {name}"


def place(room: str, names: tuple[str, ...]) -> str:
    """The entry of ORDER that a module of a room belongs to, by its path inside the room."""
    first = names[0] if names else "__init__"
    if (ROOT / room / first).is_dir() or first in ORDER[room]:
        return first
    return "*"


@pytest.mark.parametrize("room", ROOMS)
def test_inner_rooms_use_only_those_before_them(room: str) -> None:
    """The floor plan inside a room is an order too; it can be read from the left to the right."""
    order = ORDER[room]
    for path in modules(room):
        here = place(room, path.relative_to(ROOT / room).with_suffix("").parts)
        if here in DATA:
            continue
        for name in imported(path):
            target = tuple(name.split("."))
            if target[:2] == ("sidestick", room) and place(room, target[2:]) not in DATA:
                there = place(room, target[2:])
                assert order.index(there) <= order.index(here), f"{path} imports {name}"


def test_no_file_imports_itself_by_a_detour() -> None:
    """A circle of files can only be imported from some of its ends, and read from none."""
    named: dict[str, Path] = {}
    for path in (path for room in ROOMS for path in modules(room)):
        parts = ("sidestick", *path.relative_to(ROOT).with_suffix("").parts)
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    graph = {
        module: {name if name in named else name.rpartition(".")[0] for name in imported(path)}
        for module, path in named.items()
    }
    order = TopologicalSorter({m: targets & named.keys() for m, targets in graph.items()})
    order.prepare()


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_names_a_room_to_its_left_in_a_string(room: str) -> None:
    """A module that is started or loaded by its name is used as much as one that is imported."""
    later = [f"sidestick.{name}" for name in ROOMS[ROOMS.index(room) + 1 :]]
    for path in modules(room):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                named = [name for name in later if name in node.value]
                assert not named, f"{path}:{node.lineno} names {named}"


def test_policies_know_no_task() -> None:
    """A task describes itself: what a policy must know of one is in its description."""
    for path in modules("policies"):
        for name in imported(path):
            assert not name.startswith("sidestick.sim_envs.tasks"), f"{path} imports {name}"


@pytest.mark.parametrize("room", ROOMS)
def test_the_order_names_every_inner_room(room: str) -> None:
    """A folder that nobody placed is a folder that anybody may import from."""
    folders = {p.parent.relative_to(ROOT / room).parts for p in modules(room)}
    assert {parts[0] for parts in folders if parts} <= {*ORDER[room], *DATA}


@pytest.mark.parametrize("room", ROOMS)
def test_a_heavy_library_is_imported_in_its_own_room_only(room: str) -> None:
    """Only sim_envs knows PyBullet, only datasets HDF5, only policies torch, only teleop pygame."""
    for path in modules(room):
        for name in imported(path):
            owner = OWNED.get(name.split(".")[0], room)
            assert owner == room, f"{path} imports {name}, which belongs to {owner}"


@pytest.mark.parametrize("room", ROOMS)
def test_imports_inside_the_rooms_are_relative(room: str) -> None:
    """Bare `datasets` and `teleop` are other people's packages."""
    for path in modules(room):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                first = (node.module or "").split(".")[0]
                assert first not in (*ROOMS, "sidestick"), f"{path} imports {node.module}"


@pytest.mark.parametrize("room", ROOMS)
def test_the_package_list_names_every_folder_with_code(room: str) -> None:
    """An explicit list is needed for the import names, so it must not be forgotten."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = {name for name in settings["tool"]["setuptools"]["packages"] if room in name}
    folders = {path.parent for path in modules(room)} | {ROOT / room}
    found = {".".join(("sidestick", *folder.relative_to(ROOT).parts)) for folder in folders}
    assert listed == found


def test_namespace_folders_have_no_init_file() -> None:
    """With one, anything that puts the repository on sys.path shadows the real packages."""
    for room in NAMESPACES:
        assert not (ROOT / room / "__init__.py").exists()
    assert not (ROOT / "sidestick").exists()


def test_nothing_loads_code_from_data() -> None:
    """No pickle, no eval, no torch.load: a stranger's file can be refused, it can never run."""
    for room in ROOMS:
        for path in modules(room):
            tree = ast.parse(path.read_text())
            names = {name.split(".")[0] for name in imported(path)}
            assert not names & {"pickle", "dill", "cloudpickle", "joblib"}, path
            for node in ast.walk(tree):
                if isinstance(node, ast.Call):
                    called = ast.unparse(node.func)
                    assert called not in {"eval", "exec", "torch.load"}, f"{path}: {called}"


ARMS_OWN = (
    "sim_envs/spaces.py",
    "sim_envs/arm.py",
    "sim_envs/worlds/arm_spec.py",
    "sim_envs/tasks/",
    "policies/heads/",  # the default of a head's last argument
    "policies/task_features/",
    "policies/training/from_episodes.py",
    "policies/training/new_parts.py",
    "datasets/formats/imported_episode.py",  # what is imported today
    "datasets/formats/robomimic_controller.py",
    "teleop/generation/",
)
"""Files of the built-in arm and of what only it can do; all others ask the spec."""
ARMS_NAMES = {
    "ACTION_SIZE", "ACTION_NAMES", "MOVE", "TURN", "GRIP", "METRES_PER_UNIT", "RADIANS_PER_UNIT"
}  # fmt: skip


def test_only_the_spec_knows_the_order_of_an_action() -> None:
    """Whoever indexes an action or an observation asks the world's spec."""
    for path in (path for room in ROOMS for path in modules(room)):
        name = str(path.relative_to(ROOT))
        if name.startswith(ARMS_OWN):
            continue
        taken = {n.rpartition(".")[2] for n in imported(path) if ".spaces." in n or n[:1] == "."}
        assert not taken & ARMS_NAMES, f"{name} imports {taken & ARMS_NAMES}"
        for node in ast.walk(ast.parse(path.read_text())):
            literal = node.value if isinstance(node, ast.Constant) else None
            assert literal not in ("front", "wrist"), f"{name}:{node.lineno} names a camera"
