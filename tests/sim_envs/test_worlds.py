"""The contract, over every world that is here: ours and a stranger's."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sidestick.sim_envs.errors import (
    BadAction,
    BadValue,
    MissingCapability,
    NotAllowed,
    PlugInError,
    WorldFailed,
)
from sidestick.sim_envs.making import make_world
from sidestick.sim_envs.tasks import TASKS
from sidestick.sim_envs.worlds.arm_spec import ARM_ACTION
from sidestick.sim_envs.worlds.conformance import examined
from sidestick.sim_envs.worlds.contract import Capability, TaskWorld
from sidestick.sim_envs.worlds.observation_check import check_observation
from sidestick.sim_envs.worlds.spec import ActionSpec, Axis, Reading, WorldSpec
from tests.worlds.chase import FAULT_AT, SIDE, Chase, make

WORLDS: dict[str, Callable[[], TaskWorld]] = {
    **{name: lambda name=name: make_world(task=name, image_size=16) for name in TASKS},
    "gym with pictures": make,
    "gym that renders": lambda: make(pictures=False),
    "gym as it comes": lambda: make(axes=[], deterministic=False),
}


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_every_world_keeps_the_contract(name: str) -> None:
    """What it gives is as its spec says; what it declares it can do; closing twice is safe."""
    found = examined(name, WORLDS[name], 12)
    assert found.problems == []
    assert found.deterministic
    assert found.to_json()["spec"]["task"]


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_a_world_that_declares_replay_goes_back(name: str) -> None:
    """restore() continues as the world did the first time."""
    world = WORLDS[name]()
    if Capability.REPLAY not in world.capabilities:
        pytest.skip("it declares no replay")
    rng = np.random.default_rng(3)
    actions = rng.uniform(-0.5, 0.5, (12, world.world_spec.action.size)).astype(np.float32)
    world.reset(seed=4)
    for action in actions[:6]:
        world.step(action)
    moment, before = world.snapshot(), world.state()
    for action in actions[6:]:
        world.step(action)
    after = world.state()
    world.restore(moment)
    np.testing.assert_array_equal(world.state(), before)
    for action in actions[6:]:
        world.step(action)
    np.testing.assert_array_equal(world.state(), after)
    world.close()


def test_what_a_world_lacks_it_refuses_with_the_reason() -> None:
    """The message says what was wanted, where, and what that takes."""
    world = make(deterministic=False)
    for wanted in (world.snapshot, world.tool, world.object_poses, world.hold):
        with pytest.raises(MissingCapability, match=r"Chase.*takes a world that"):
            wanted()
    world.close()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("raises", "RuntimeError.*the motor is hot"),
        ("hangs", "has not come back within 0.5 s"),
        ("nan", r"agent_pos: expected 2 finite numbers"),
        ("shape", r"agent_pos: expected 2 finite numbers"),
        ("missing", "picture pixels: expected uint8"),
    ],
)
def test_a_world_that_misbehaves_is_named(fault: str, said: str) -> None:
    """One that raises, hangs or breaks its own spec is stopped at that step."""
    world = make(fault=fault, patience_s=0.5)
    world.reset(seed=0)
    for _ in range(FAULT_AT - 1):
        world.step(np.zeros(2, np.float32))
    with pytest.raises(WorldFailed, match=said):
        world.step(np.zeros(2, np.float32))
    world.close()


def spec(**changes: Any) -> WorldSpec:
    """A small world's spec."""
    axes, body = (Axis("x", "move", "x", 0.1),), (Reading("place", 2),)
    fields: dict[str, Any] = {
        "task": "T", "action": ActionSpec(axes), "readings": body, "cameras": ("eye",),
        "image_size": 4, "goal_names": ("g",), "stages": ("a", "b"), "max_steps": 9,
        "control_hz": 20,
    }  # fmt: skip
    return WorldSpec(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"place": np.zeros(3, np.float32)}, r"place: expected float32\[2\], got float32\[3\]"),
        ({"place": np.zeros(2)}, r"place: expected float32\[2\], got float64\[2\]"),
        ({"place": np.full(2, np.inf, np.float32)}, "place: expected finite numbers"),
        ({"eye_image": np.zeros((4, 5, 3), np.uint8)}, r"eye_image: .*got uint8\[4, 5, 3\]"),
        ({"more": np.zeros(1)}, "more: expected no such entry"),
        ({"goal": None}, "goal: expected float32"),
    ],
)
def test_an_observation_unlike_the_spec_is_named(changed: dict[str, Any], said: str) -> None:
    """Key, expected, got."""
    whole = {
        "eye_image": np.zeros((4, 4, 3), np.uint8),
        "place": np.zeros(2, np.float32),
        "goal": np.ones(1, np.float32),
    }
    check_observation(spec(), whole)
    odd = {key: value for key, value in {**whole, **changed}.items() if value is not None}
    with pytest.raises(WorldFailed, match=said):
        check_observation(spec(), odd)


def test_a_spec_finds_its_axes_by_meaning() -> None:
    """The built-in arm's are slices; those of another arm lie anywhere."""
    assert (ARM_ACTION.move, ARM_ACTION.turn) == (slice(0, 3), slice(3, 6))
    assert (ARM_ACTION.grip, ARM_ACTION.motion) == (6, slice(0, 6))
    axes = (
        Axis("g", "grip"),
        Axis("z", "move", "z", 0.1),
        Axis("j", "joint"),
        Axis("x", "move", "x"),
    )
    other = ActionSpec(axes)
    assert (other.move, other.grip, other.motion) == ([1, 3], 0, slice(1, 4))
    action = other.of_twist((0.1, 0.2, 0.3), np.zeros(3), -1.0)
    np.testing.assert_allclose(action, [-1.0, 0.3, 0.0, 0.1])
    held = ActionSpec((Axis("x", "move", "x", absolute=True), Axis("g", "grip")))
    np.testing.assert_allclose(held.rest(np.array([0.7, 1.0], np.float32)), [0.7, 0.0])
    with pytest.raises(BadAction, match="shape"):
        other.checked([0.0])
    with pytest.raises(BadAction, match=r"finite.*\(x\)"):
        other.checked([0.0, 0.0, 0.0, np.nan])


@pytest.mark.parametrize(
    "changes",
    [{"readings": (Reading("goal", 1),)}, {"stages": ()}, {"max_steps": 0}, {"goal_names": ()}],
)
def test_a_spec_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    """Names twice, nothing to reach, no time."""
    with pytest.raises(BadValue):
        spec(**changes)


def test_names_of_worlds_are_resolved_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By form: an id, a plug-in, a module that was allowed; each error says what to do."""
    monkeypatch.delenv("SIDESTICK_WORLDS", raising=False)
    for name in ("tests.worlds.chase:make", "gym:tests.worlds.chase:Chase-v0"):
        with pytest.raises(NotAllowed, match="sidestick doctor"):
            make_world(name)
    with pytest.raises(BadValue, match="plug-in"):
        make_world("nothing-like-that")
    with pytest.raises(BadValue, match="Nowhere-v0"):
        make_world("gym:Nowhere-v0")
    monkeypatch.setenv("SIDESTICK_WORLDS", "tests.worlds.chase:make\nno.such:thing")
    made = make_world("tests.worlds.chase:make", image_size=24)
    assert made.world_spec.image_size == 24
    made.close()
    with pytest.raises(PlugInError, match=r"no\.such:thing"):
        make_world("no.such:thing")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"nonsense": 1}, "nonsense"),
        ({"axes": [{"name": "x"}]}, "2, one for each"),
        ({"readings": {"p": ["agent_pos", 0, 5]}}, r"a part of agent_pos \[2\]"),
        ({"hz": "fast"}, "hz"),
    ],
)
def test_options_that_do_not_fit_an_environment_are_named(options: dict, said: str) -> None:
    """Before anything is recorded."""
    with pytest.raises(BadValue, match=said):
        make(**options)


def test_an_environment_without_a_picture_is_refused() -> None:
    """A workspace holds pictures: what gives none cannot be learnt from."""
    blind = Chase(pictures=False)
    blind.render_mode = "human"
    with pytest.raises(BadValue, match="picture"):
        make_world_of(blind)


def make_world_of(env: Chase) -> TaskWorld:
    """A world of an environment as it comes."""
    from sidestick.sim_envs.worlds.gym_world import GymWorld

    return GymWorld(env, 16)


def test_the_environments_own_numbers_are_known() -> None:
    """What is at -1 and 1: data that was recorded elsewhere is imported by it."""
    axes = [{"name": "x"}, {"name": "y", "step": 20.0, "low": 512.0, "high": 0.0}]
    world = make(axes=axes)
    assert world.native_range == ((0.0, SIDE), (-20.0, 20.0))
    world.close()
