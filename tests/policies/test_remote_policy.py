"""These tests drive with policies that somebody else's server executes, honest or not."""

import json
import os
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidestick.datasets.step import Driver
from sidestick.policies.loaded_policy import load_any
from sidestick.policies.policy_config import PolicyConfig
from sidestick.policies.remote.consent import VARIABLE
from sidestick.policies.remote.settings import RemoteSettings
from sidestick.policies.remote.translation import Translation
from sidestick.policies.remote_policy import RemotePolicy
from sidestick.sim_envs.errors import BadValue, NotAllowed, PolicyError
from sidestick.sim_envs.worlds.spec import ActionSpec, Axis, Reading
from sidestick.teleop.session.open_session import unattended_session
from sidestick.teleop.session.policy_runner import PolicyRunner
from tests.own_packages import server
from tests.policy_servers import HANGS, stranger
from tests.worlds.chase import make

AXES = (Axis("x", "move", "x", 0.02), Axis("y", "move", "y", 0.02))
CONFIG = PolicyConfig(
    "Chase", "own", ("task",), ("pixels",), 32, execute=4,
    action_axes=AXES, readings=(Reading("agent_pos", 2),),
)  # fmt: skip
SEEN = {
    "pixels_image": np.zeros((32, 32, 3), np.uint8),
    "agent_pos": np.array([10.0, 20.0], np.float32),
    "goal": np.ones(1, np.float32),
}


@pytest.fixture(autouse=True)
def nobody_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test begins without allowed servers."""
    monkeypatch.setenv(VARIABLE, "")


def remote(url: str, **options: Any) -> RemotePolicy:
    return RemotePolicy(CONFIG, RemoteSettings(url, timeout_s=0.3, **options))


def test_the_server_gets_what_the_settings_say_and_its_actions_are_driven() -> None:
    """Entries renamed and joined, a prompt, a constant; the first question says that it is so."""
    asked: list[dict[str, Any]] = []

    def answers(question: dict[str, Any]) -> Any:
        asked.append(question)
        return {"actions": np.array([[1.0, 3.0], [2.0, 2.0]])}

    sent = {"image": "pixels_image", "state": ["agent_pos", "goal"], "prompt": "instruction"}
    with stranger(answers) as url:
        policy = remote(
            url, observation=sent, prompts=("chase it",), constants={"speed": 2.0},
            low=(0.0, 3.0), high=(2.0, 1.0),
        )  # fmt: skip
        policy.check()
        plan = policy.plan(SEEN)
        policy.plan(SEEN)
        policy.reset()
        policy.plan(SEEN)
    assert np.allclose(plan.actions, [[0.0, -1.0], [1.0, 0.0]])
    assert plan.actions.dtype == np.float32
    assert np.isnan(plan.novelty)
    assert asked[0]["image"].shape == (32, 32, 3)
    assert asked[0]["state"].tolist() == [10.0, 20.0, 1.0]
    assert (asked[0]["prompt"], asked[0]["speed"]) == ("chase it", 2.0)
    assert [question.get("reset", False) for question in asked] == [True, False, True]
    assert set(policy.keys) == {"pixels_image", "agent_pos", "goal"}


def test_targets_become_changes() -> None:
    """A server that gives where a joint shall be drives axes that are changes, from where it is."""
    spec = ActionSpec((Axis("x", "joint", "", 0.1), Axis("grip", "grip")))
    settings = RemoteSettings("ws://h:1", targets={"x": ("at", 1)}, low=(-1, 0), high=(2, 10))
    between = Translation(settings, spec, {"at": (2,), "goal": (1,)}, ("task",))
    answer = {"actions": [[11.0, 0.0], [12.0, 5.0], [40.0, 10.0]]}
    found = between.actions(answer, {"at": np.array([0.0, 10.0]), "goal": np.ones(1)})
    assert np.allclose(found, [[0.5, -1.0], [0.5, 0.0], [1.0, 1.0]])
    assert between.keys == ("at", "goal")


BAD = [
    ({"actions": np.ones((4, 3))}, r"expected \[H, 2\] for x, y, got \[4, 3\]"),
    ({"actions": np.ones((0, 2))}, r"got \[0, 2\]"),
    ({"actions": np.array([[np.nan, 0.0]])}, "finite"),
    ({"actions": np.array([[0.0, 37.0]])}, "37 for y"),
    ({"actions": "left"}, "numbers"),
    ({"acts": 1}, "'actions'"),
    ([1, 2], "'actions'"),
    ("no such key: image", "the server says: no such key"),
    (b"\xc1", "msgpack"),
    (None, "no answer"),
    (HANGS, "none within 0.3 s"),
]


@pytest.mark.parametrize(("said", "reason"), BAD)
def test_a_server_that_lies_holds_the_arm_and_is_named(said: Any, reason: str) -> None:
    """Wrong shape, scale, NaN, an error, silence: no action, and why; then it drives again."""
    answers = iter([said])
    with stranger(lambda _: next(answers, {"actions": [[0.5, 0.5]]})) as url:
        policy, now = remote(url), [0.0]
        policy._clock = lambda: now[0]
        runner = PolicyRunner(policy, 2)
        rests = runner.propose(SEEN, Driver.POLICY)
        assert rests.action is None
        began = time.monotonic()
        assert runner.propose(SEEN, Driver.POLICY).why == rests.why
        assert time.monotonic() - began < 0.1  # it is not asked at every tick of its silence
        now[0] = 5.0
        assert runner.propose(SEEN, Driver.POLICY).action is not None
    assert re.search(reason, rests.why)


def test_a_server_that_dies_in_an_episode_rests_the_arm_to_its_end() -> None:
    """The episode goes on, unanswered ticks are counted, and the server may come back."""
    asked = iter(range(1000))
    world = make(max_steps=20)
    with stranger(lambda _: {"actions": [[1.0, 0.0]] * 4} if next(asked) < 2 else None) as url:
        spec = world.world_spec
        config = replace(CONFIG, cameras=spec.cameras, readings=spec.readings)
        runner = PolicyRunner(RemotePolicy(config, RemoteSettings(url, timeout_s=0.3)), 2)
        outcome = unattended_session(world, runner, "0001").run_episode(0)
    world.close()
    assert outcome.complete
    assert (outcome.steps, outcome.policy_steps, outcome.human_steps) == (20, 8, 12)


def test_nothing_is_sent_to_a_server_that_nobody_named() -> None:
    """What the cameras see stays here, whatever a policy's folder says."""
    asked: list[Any] = []
    with stranger(lambda question: asked.append(question)) as url:
        os.environ[VARIABLE] = ""
        with pytest.raises(NotAllowed, match="--allow-server"):
            remote(url)
    assert not asked


def test_a_server_that_is_not_there_says_so() -> None:
    """At once, with its address."""
    with stranger(lambda _: None) as url:
        pass
    for address in (url, url.replace("ws", "http")):
        os.environ[VARIABLE] = address
        with pytest.raises(PolicyError, match=f"{address}: no answer"):
            remote(address).plan(SEEN)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"observation": {"a": "nose"}}, "some of pixels_image"),
        ({"low": (0.0,), "high": (1.0,)}, "2 different numbers"),
        ({"low": (0.0, 1.0), "high": (1.0, 1.0)}, "2 different numbers"),
        ({"low": (0.0, 1.0)}, "as many"),
        ({"prompts": ("a", "b")}, "one for each goal"),
        ({"targets": {"z": ("agent_pos", 0)}}, "axes among x, y"),
        ({"targets": {"x": ("agent_pos", 2)}}, r"agent_pos\[2\]"),
        ({"targets": {"x": ("pixels_image", 0)}}, "places of"),
    ],
)
def test_settings_that_do_not_fit_the_workspace_are_refused(
    options: dict[str, Any], said: str
) -> None:
    """Before anything is asked."""
    os.environ[VARIABLE] = "ws://h:1"
    with pytest.raises(BadValue, match=said):
        remote("ws://h:1", **options)


@pytest.mark.parametrize(
    "url", ["h:1", "file:///etc/passwd", "ws://", "ws://a b/", "http://me:word@h/", "ws://h/\nx"]
)
def test_an_address_is_one_of_a_server(url: str) -> None:
    """And of nothing else; names and passwords do not stand in a policy's folder."""
    with pytest.raises(BadValue, match="policy server"):
        RemoteSettings(url)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"remote": None}, "remote"),
        ({"remote": {}}, "url"),
        ({"remote": {"url": "file:///etc/passwd"}}, "policy server"),
        ({"remote": {"url": "ws://h:1", "code": "x"}}, "its own fields"),
        ({"remote": {"url": "ws://h:1", "low": ["a"]}}, "low"),
        ({"remote": {"url": "ws://h:1", "timeout_s": 1e9}}, "timeout_s"),
        ({"remote": {"url": "ws://h:1", "observation": {"a": []}}}, "observation"),
        ({"remote": {"url": "ws://h:1"}}, "not named on this machine"),
        ({"policy": {"task": "Chase"}}, "renderer"),
        ({"policy": []}, "policy"),
        ({"format": 99}, "format"),
    ],
)
def test_a_strange_folder_is_refused_in_words(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    """Nothing but PolicyError comes of a config.json, and no server hears of it."""
    os.environ[VARIABLE] = "ws://known:1"
    remote("ws://known:1").save(tmp_path)
    assert (tmp_path / "config.json").exists()
    settings = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(settings | changed))
    with pytest.raises(PolicyError, match=said):
        load_any(tmp_path)


def test_the_documents_server_has_one_client_at_a_time(tmp_path: Path) -> None:
    """A policy that remembers an episode cannot serve two; the next comes in once one has gone."""
    code = "from answering import serve\nserve(lambda seen: [[0.5, -0.5]], port=0)"
    started, url = server(tmp_path, code)
    with started:
        os.environ[VARIABLE] = url
        one = remote(url)
        assert one.plan(SEEN).actions.tolist() == [[0.5, -0.5]]
        with pytest.raises(PolicyError, match="one client; use --workers 1"):
            remote(url).plan(SEEN)
        one.close()
        other = remote(url)
        other.check()
        other.plan(SEEN)
        other.close()
        started.kill()
