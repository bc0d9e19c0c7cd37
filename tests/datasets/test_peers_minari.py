"""These tests let Minari load, split, join, replay and collect; `make test-peers` runs them."""

from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.import_options import ImportOptions
from sidestick.datasets.formats.registry import export, import_into
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.evaluation.replay import verify
from tests.peer_rig import output_of
from tests.simulated import simulated_workspace
from tests.synthetic import made_up_episode

pytestmark = [pytest.mark.peers, pytest.mark.timeout(3000)]

LOAD = """
import json, minari, numpy as np
found = minari.load_dataset("sidestick/ShelfPick/human-v0")
first = found[0]
found.observation_space, found.action_space
inside = found.observation_space["front_image"].contains(first.observations["front_image"][0])
print(json.dumps({"episodes": int(found.total_episodes), "steps": int(found.total_steps),
    "inside": bool(inside), "listed": list(minari.list_local_datasets()),
    "pixels": int(first.observations["front_image"].astype(int).sum()),
    "action": first.actions[3].tolist(), "terminated": bool(first.terminations[-1]),
    "labels": found[1].infos["intv_labels"].tolist(),
    "sampled": len(found.sample_episodes(2))}))
"""

REPLAY = """
import json, minari, numpy as np, sys
found = minari.load_dataset(sys.argv[1])
parts = minari.split_dataset(found, sizes=[1, 2], seed=0)
joined = minari.combine_datasets([found], new_dataset_id="sidestick/joined-v0")
env = joined.recover_environment()
def gap(episode, seed, options, pictures=True):
    seen, _ = env.reset(seed=int(seed), options=options)
    worst = 0.0
    for step in range(len(episode) + 1):
        names = [n for n in episode.observations if pictures or not n.endswith("_image")]
        for name in names:
            rows = episode.observations[name]
            worst = max(worst, np.abs(rows[step].astype(float) - seen[name]).max())
        if step < len(episode):
            seen, *_ = env.step(episode.actions[step])
    return float(worst)
pairs = [(e, k) for part in parts
    for e, k in zip(part, part.storage.get_episode_metadata(part.episode_indices))]
print(json.dumps({"sizes": [len(part) for part in parts], "episodes": len(joined),
    "env": env.spec.id, "seeds": sorted(k["seed"] for _, k in pairs),
    "parts": [gap(e, k["seed"], k["options"]) for e, k in pairs],
    "joined": [gap(e, e.infos["seed"][0], {"reseats": np.flatnonzero(e.infos["reseat"])},
        pictures=False) for e in joined],
    "plain": [gap(e, k["seed"], None) for e, k in pairs]}))
"""

EPISODES = """rng = np.random.default_rng(0)
for seed in (7, 8):
    env.reset(seed=seed)
    done = False
    while not done:
        *_, ended, cut, _ = env.step(rng.uniform(-{most}, {most}, {size}).astype(np.float32))
        done = ended or cut
"""
"""Two episodes of random actions of so many numbers."""


def collecting(script: str, most: int, size: int) -> str:
    """A script with these episodes, of actions from -most to most."""
    return script.replace("{episodes}", EPISODES.format(most=most, size=size))


COLLECT = """
import json, gymnasium, minari, numpy as np
import sidestick.sim_envs
env = gymnasium.make("sidestick/ShelfPick-v0", num_items=2, image_size=32, max_episode_steps=12)
env = minari.DataCollector(env, record_infos=True)
{episodes}env.create_dataset(dataset_id="me/shelf-v0", algorithm_name="random")
found = minari.load_dataset("me/shelf-v0")[0]
print(json.dumps({"actions": found.actions.tolist(),
    "picture": found.observations["front_image"][3].tolist(),
    "last": found.observations["ee_pos"][-1].tolist()}))
"""

JOIN = """
import minari
found = minari.load_dataset("sidestick/ShelfPick/human-v0")
print(minari.combine_datasets([found], new_dataset_id="joined-v0").total_episodes)
"""


def test_minari_loads_every_pixel(tmp_path: Path) -> None:
    """Its loader finds the dataset by name, and reads the recorded values."""
    workspace = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick"))
    for number, modes in enumerate(([-1] * 8, [0] * 6 + [1] * 4)):
        stem = f"20250101T00000{number}-0000000{number}"
        episode = made_up_episode(modes, number, number == 0, 96, episode_id=stem)
        episode.write(workspace.episodes_dir / f"{stem}.hdf5")
    export(workspace, "minari", tmp_path / "sets")
    found = output_of("minari", LOAD, MINARI_DATASETS_PATH=str(tmp_path / "sets"))
    first = Episode.read(workspace.episodes()[0])
    assert (found["episodes"], found["steps"], found["sampled"]) == (2, 18, 2)
    assert found["listed"] == ["sidestick/ShelfPick/human-v0"]
    assert found["inside"]
    assert found["terminated"]
    last = np.asarray((first.final_observation or {})["front_image"]).astype(int).sum()
    assert found["pixels"] == first.observations["front_image"].astype(int).sum() + last
    assert found["action"] == first.actions[3].tolist()
    assert set(found["labels"]) == {-10, 1}


@pytest.mark.parametrize("task", ["ShelfPick", "SortClothes"])
def test_minari_replays_what_happened(task: str, tmp_path: Path) -> None:
    """Seed, reset options and actions give every pixel again.

    After Minari's joining, too, which leaves infos alone and compresses the pictures with a loss;
    both come back here, and replay.
    """
    made = simulated_workspace(tmp_path / "ws", task, (3, 4, 5), 20, (7, 15), 32)
    export(made, "minari", tmp_path / "sets")
    name = f"sidestick/{task}/human-v0"
    found = output_of("minari", REPLAY, name, MINARI_DATASETS_PATH=str(tmp_path / "sets"))
    assert (found["sizes"], found["episodes"]) == ([1, 2], 3)
    assert (found["env"], found["seeds"]) == (f"sidestick/{task}-v0", [3, 4, 5])
    assert found["parts"] == found["joined"] == [0.0] * 3
    assert min(found["plain"]) > 0
    for place in (name, "sidestick/joined-v0"):
        back = tmp_path / place.replace("/", " ")
        report = import_into("minari", tmp_path / "sets" / place, back)
        assert (report.episodes, report.skipped) == (3, ())
        came = Workspace.open(back)
        assert check(came).ok
        assert all(verify(Episode.read(path)).identical for path in came.episodes())


def test_what_minaris_collector_recorded_is_imported(tmp_path: Path) -> None:
    """Pictures through JPEG as its own loader shows them; seed, end and last observation too."""
    found = output_of(
        "minari", collecting(COLLECT, 1, 7), MINARI_DATASETS_PATH=str(tmp_path / "sets")
    )
    report = import_into("minari", tmp_path / "sets", tmp_path / "ws")
    assert (report.episodes, report.skipped) == (2, ())
    workspace = Workspace.open(tmp_path / "ws")
    assert dict(workspace.config.env_kwargs) == {"num_items": 2}
    episodes = [Episode.read(path) for path in workspace.episodes()]
    assert sorted(episode.summary.header.seed for episode in episodes) == [7, 8]
    first = next(episode for episode in episodes if episode.summary.header.seed == 7)
    assert first.actions.tolist() == found["actions"]
    apart = first.observations["front_image"][3].astype(int) - np.array(found["picture"])
    assert np.abs(apart).mean() < 3  # two decoders blur colours
    assert abs(apart.mean()) < 1
    assert first.final_observation is not None
    assert first.final_observation["ee_pos"].tolist() == found["last"]
    assert first.summary.header.instruction.startswith("put the ")


def test_what_minari_joined_of_our_export_is_imported(tmp_path: Path) -> None:
    """Without any of our attributes: who acted is still known, and it replays to the last bit."""
    made = simulated_workspace(tmp_path / "ws", "ShelfPick", (3, 4), 20, (7, 15), 32)
    export(made, "minari", tmp_path / "sets")
    assert output_of("minari", JOIN, MINARI_DATASETS_PATH=str(tmp_path / "sets")) == 2
    report = import_into("minari", tmp_path / "sets/joined-v0", tmp_path / "back")
    assert (report.episodes, report.skipped) == (2, ())
    back = [Episode.read(path) for path in Workspace.open(tmp_path / "back").episodes()]
    for one in (Episode.read(path) for path in made.episodes()):
        seed = one.summary.header.seed
        other = next(episode for episode in back if episode.summary.header.seed == seed)
        np.testing.assert_array_equal(other.action_modes, one.action_modes)
        np.testing.assert_array_equal(other.human_actions, one.human_actions)
        assert verify(other).identical


ELSEWHERE = """
import json, gymnasium, minari, numpy as np
from gymnasium.wrappers import AddRenderObservation
env = gymnasium.make("Pendulum-v1", render_mode="rgb_array", max_episode_steps=20)
env = AddRenderObservation(env, render_only=False, render_key="pixels", obs_key="state")
env = minari.DataCollector(env, record_infos=True)
{episodes}env.create_dataset(dataset_id="me/pendulum-v0", algorithm_name="random")
found = minari.load_dataset("me/pendulum-v0")[0]
print(json.dumps({"actions": found.actions.tolist(),
    "state": found.observations["state"].tolist()}))
"""


def test_a_set_of_another_environment_comes_with_its_spec(tmp_path: Path) -> None:
    """Gymnasium's pendulum with pictures, as Minari's collector stores it: range, state, seed."""
    found = output_of(
        "minari", collecting(ELSEWHERE, 2, 1), MINARI_DATASETS_PATH=str(tmp_path / "sets")
    )
    options = ImportOptions(image_size=48)
    report = import_into("minari", tmp_path / "sets", tmp_path / "ws", options=options)
    assert (report.episodes, report.skipped) == (2, ())
    workspace = Workspace.open(tmp_path / "ws")
    assert check(workspace).ok
    config = workspace.config
    assert (config.task, config.image_size, config.cameras) == ("Pendulum", 48, ("pixels",))
    assert [(axis.low, axis.high) for axis in config.action_axes] == [(-2.0, 2.0)]
    episodes = [Episode.read(path) for path in workspace.episodes()]
    first = next(episode for episode in episodes if episode.summary.header.seed == 7)
    np.testing.assert_allclose(first.actions * 2, found["actions"], atol=1e-6)
    np.testing.assert_allclose(first.observations["state"], found["state"][:-1], atol=1e-6)
    for form in ("robomimic", "lerobot", "minari"):
        assert export(workspace, form, tmp_path / form).episodes == 2
