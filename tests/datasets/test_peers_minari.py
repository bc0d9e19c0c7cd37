"""These tests let Minari load, split, join and replay our exports; `make test-peers` runs them."""

from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.registry import export
from sidestick.datasets.workspace import Workspace
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

    After Minari's joining, too, which leaves infos alone and compresses the pictures with a loss.
    """
    made = simulated_workspace(tmp_path / "ws", task, (3, 4, 5), 20, (7, 15), 32)
    export(made, "minari", tmp_path / "sets")
    name = f"sidestick/{task}/human-v0"
    found = output_of("minari", REPLAY, name, MINARI_DATASETS_PATH=str(tmp_path / "sets"))
    assert (found["sizes"], found["episodes"]) == ([1, 2], 3)
    assert (found["env"], found["seeds"]) == (f"sidestick/{task}-v0", [3, 4, 5])
    assert found["parts"] == found["joined"] == [0.0] * 3
    assert min(found["plain"]) > 0
