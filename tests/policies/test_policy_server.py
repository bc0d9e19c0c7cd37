"""These tests serve a policy, and drive with it from the other end of the wire."""

import json
import urllib.error
import urllib.request
from dataclasses import replace

import numpy as np
import pytest
import torch
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from sidestick.policies.heads import build_head
from sidestick.policies.network import PolicyNetwork
from sidestick.policies.novelty import Novelty
from sidestick.policies.policy import LearnedPolicy
from sidestick.policies.policy_config import PolicyConfig
from sidestick.policies.remote.consent import VARIABLE
from sidestick.policies.remote.settings import RemoteSettings
from sidestick.policies.remote.wire import pack, unpack
from sidestick.policies.remote_policy import RemotePolicy
from sidestick.policies.vision.end_to_end import EndToEnd, EndToEndConfig
from sidestick.sim_envs.errors import PolicyError
from sidestick.sim_envs.worlds.spec import Axis
from tests.policy_servers import served
from tests.synthetic import GOALS, made_up_observation

SIDE = 16
SEEN = [dict(made_up_observation(np.random.default_rng(seed), SIDE)) for seed in range(3)]


@pytest.fixture(autouse=True)
def nobody_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")


@pytest.fixture
def learned() -> LearnedPolicy:
    """An untrained policy that remembers one observation beside the present one."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        vision = EndToEnd(EndToEndConfig(num_goals=len(GOALS), image_size=SIDE))
        head = build_head("bc", 2 * vision.size, {})
        network = PolicyNetwork(vision, head, history=2)
    config = PolicyConfig("ShelfPick", "tiny", tuple(GOALS), image_size=SIDE, execute=5, history=2)
    return LearnedPolicy(config, network, Novelty.fit(np.linspace(0, 1, 9), "held-out"))


def test_a_served_policy_gives_what_it_gives_here(learned: LearnedPolicy) -> None:
    """The same plans, spread and novelty; each connection has a past of its own, a post none."""
    with served(learned) as place:
        settings = RemoteSettings(f"ws://{place}/")
        one, other = (RemotePolicy(learned.config, settings) for _ in range(2))
        post = RemotePolicy(learned.config, RemoteSettings(f"http://{place}/act"))
        for policy in (one, other, post):
            policy.check()
        learned.reset()
        first, second = learned.plan(SEEN[0]), learned.plan(SEEN[1])
        for policy in (one, other):
            found = policy.plan(SEEN[0])
            assert np.array_equal(found.actions, first.actions)
            assert np.array_equal(found.spread, first.spread)
            assert found.novelty == first.novelty
        assert np.array_equal(one.plan(SEEN[1]).actions, second.actions)
        learned.reset()
        anew = learned.plan(SEEN[1]).actions
        other.reset()
        assert np.array_equal(other.plan(SEEN[1]).actions, anew)
        assert np.array_equal(post.plan(SEEN[1]).actions, anew)
        one.close()
        other.close()


def test_what_is_wrong_is_said_and_the_connection_stays(learned: LearnedPolicy) -> None:
    """A missing entry, an unknown goal, no map; a goal may be given by its name."""
    with served(learned) as place, connect(f"ws://{place}/", proxy=None) as client:
        about = unpack(client.recv())["sidestick"]
        assert about["observation"]["front_image"] == {"dtype": "uint8", "shape": [SIDE, SIDE, 3]}
        assert (about["goal_names"], about["execute"]) == (list(GOALS), 5)
        for message, said in (
            (pack({**SEEN[0], "goal": "spoon"}), "one of can, box, bottle"),
            (pack({"ee_pos": np.zeros(3)}), "no front_image"),
            (pack([1]), "a map"),
            (b"\xc1", "msgpack"),
        ):
            client.send(message)
            assert said in str(client.recv())
        client.send("text")
        assert "msgpack" in str(client.recv())
        client.send(pack({**SEEN[0], "goal": "can", "reset": True}))
        answer = unpack(client.recv())
        learned.reset()
        assert np.array_equal(answer["actions"], learned.plan(SEEN[0]).actions)
        assert answer["server_timing"]["infer_ms"] > 0


def test_only_who_brings_the_token_and_no_web_page_comes_in(learned: LearnedPolicy) -> None:
    """By WebSocket and by post; whether it runs anybody may ask."""
    with served(learned, "secret") as place:
        RemotePolicy(learned.config, RemoteSettings(f"ws://{place}/")).check()
        for headers in ({}, {"Authorization": "Api-Key guess"}):
            with pytest.raises(InvalidStatus):
                connect(f"ws://{place}/", proxy=None, additional_headers=headers).__enter__()
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(urllib.request.Request(f"http://{place}/", headers=headers))
        known = {"Authorization": "Api-Key secret"}
        page = {**known, "Origin": "http://elsewhere.example"}
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(urllib.request.Request(f"http://{place}/act", b"", headers=page))
        asked = urllib.request.Request(f"http://{place}/", headers=known)
        with urllib.request.urlopen(asked) as answer:
            assert json.load(answer)["sidestick"]["task"] == "ShelfPick"
        with urllib.request.urlopen(f"http://{place}/healthz") as answer:
            assert answer.status == 200


def test_a_policy_of_other_axes_is_refused_when_it_is_reached(learned: LearnedPolicy) -> None:
    """By its server's greeting, before anything moves."""
    axes = (Axis("up", "move", "z", 0.01), *learned.config.action_axes[1:])
    other = replace(learned.config, action_axes=axes)
    with served(learned) as place:
        policy = RemotePolicy(other, RemoteSettings(f"ws://{place}/"))
        with pytest.raises(PolicyError, match=r"action is dx, .*; this one's is up"):
            policy.check()
        policy.close()
