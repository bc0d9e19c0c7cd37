"""These tests load policies whose settings lie about their weights: refused, before memory goes."""

import json
import os
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sidestick.policies.base.json_files import read_json
from sidestick.policies.base.size_bound import bounded
from sidestick.policies.heads import HEADS, build_head
from sidestick.policies.network import PolicyNetwork
from sidestick.policies.novelty import Novelty
from sidestick.policies.perception.network import Perception, PerceptionConfig
from sidestick.policies.policy import LearnedPolicy, load_policy
from sidestick.policies.policy_config import PolicyConfig
from sidestick.policies.vision.keypoints import KeypointVision
from sidestick.sim_envs.errors import BadValue, PolicyError

GOALS = ("a", "b")
HUGE = [10_000, 10**9, 10**400, -5, "x", None]
"""Sizes that no weights of a megabyte have, and what is no size."""


@pytest.fixture(scope="module", params=sorted(HEADS))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole policy of every head."""
    place = tmp_path_factory.mktemp("policies") / "0001"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        vision = KeypointVision(
            Perception(PerceptionConfig("Shapes", "tiny", ("bg", *GOALS), GOALS))
        )
        vision.fit({"features": np.random.default_rng(0).normal(size=(50, 18))})
        network = PolicyNetwork(vision, build_head(request.param, vision.size, {}))
    config = PolicyConfig("Shapes", "tiny", GOALS)
    novelty = Novelty.fit(np.linspace(0, 1, 99), "held-out")
    LearnedPolicy(config, network, novelty).save(place)
    return place


@pytest.fixture
def changed(folder: Path) -> Iterator[Callable[[tuple[str, ...], Any], None]]:
    """Write another value into config.json; it is as before afterwards."""
    path = folder / "config.json"
    kept = path.read_text()

    def change(place: tuple[str, ...], value: Any) -> None:
        values = json.loads(kept)
        inner = values
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
        path.write_text(json.dumps(values))

    yield change
    path.write_text(kept)


def numbers_in(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The places of all numbers in the settings of vision, head and policy."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from numbers_in(inner, (*place, key))
        elif isinstance(inner, int | float | list) and key != "training":
            yield (*place, key)


def test_no_setting_takes_memory_that_the_weights_do_not(
    folder: Path, changed: Callable[[tuple[str, ...], Any], None]
) -> None:
    """Every number in config.json, made huge, negative or no number: refused or harmless."""
    settings = read_json(folder / "config.json")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused = 0
    for place in numbers_in(settings):
        for value in HUGE:
            changed(place, value)
            began = time.process_time()
            try:
                load_policy(folder)
            except PolicyError:
                refused += 1
            assert time.process_time() - began < 5, (place, value)
    assert refused > 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 700 * 1024  # KiB


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("head", "settings", "width"), 10_000), (("head", "settings", "layers"), 10**9),
        (("vision", "settings", "perception", "channels"), 10**6), (("policy", "history"), 10**9),
        (("policy", "execute"), -5), (("policy", "ensembling"), float("nan")),
        (("policy", "image_size"), 10**6), (("policy", "goal_names"), "ab"),
        (("vision", "settings", "transforms"),
         [{"kind": "normalise", "mean": [0.0] * 3, "std": [1.0] * 3}]),
        (("vision", "settings", "transforms"), [{"kind": "clip", "limit": "x"}]),
        (("vision", "settings", "transforms"), [{"kind": "clip", "limit": float("inf")}]),
        (("novelty", "values"), [0.0] * 5), (("novelty", "values"), ["x"] * 103),
        (("format",), [1]), (("policy",), []), (("vision",), 5), (("head", "name"), ["bc"]),
    ],
)  # fmt: skip
def test_such_settings_are_refused(
    folder: Path, changed: Callable[[tuple[str, ...], Any], None], place: Any, value: Any
) -> None:
    changed(place, value)
    with pytest.raises(PolicyError, match="0001"):
        load_policy(folder)


def test_a_network_within_its_bound_is_built() -> None:
    """The bound counts what is made, over all tensors."""
    weights = {"a": torch.zeros(1000)}
    with bounded(weights):
        torch.nn.Linear(10, 10)
    with pytest.raises(BadValue, match="larger"), bounded(weights):
        torch.nn.Linear(10**5, 10**5)
    with pytest.raises(BadValue, match="larger"), bounded(weights):
        torch.nn.Sequential(*(torch.nn.Linear(1000, 1000) for _ in range(10**6)))
    for make in (torch.arange, torch.eye, torch.zeros, torch.randn):
        with pytest.raises(BadValue, match="larger"), bounded(weights):
            make(10**12)
    torch.zeros(2**25)


@pytest.mark.parametrize(
    "content",
    ["[" * 200_000, '{"a":' * 200_000, "[]", "5", '{"a": "\\ud800"}', '{"a": 1' + "0" * 9999],
)
def test_json_that_is_no_settings_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(PolicyError, match=r"config\.json"):
        read_json(tmp_path / "config.json")


@pytest.mark.timeout(60)
def test_a_pipe_in_place_of_a_policys_file_is_named(folder: Path, tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        place = tmp_path / name.partition(".")[0] / "0001"
        place.mkdir(parents=True)
        for file in folder.iterdir():
            (place / file.name).write_bytes(file.read_bytes())
        (place / name).unlink()
        os.mkfifo(place / name)
        with pytest.raises(PolicyError, match=name):
            load_policy(place)
