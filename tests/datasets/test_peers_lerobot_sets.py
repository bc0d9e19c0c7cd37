"""These tests import datasets that LeRobot's own writer made; `make test-peers` runs them."""

import json
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.lerobot.layout import state_names
from sidestick.datasets.formats.registry import export, import_into
from sidestick.datasets.step import Driver
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import FormatError
from sidestick.sim_envs.spaces import ACTION_NAMES
from tests.peer_rig import output_of

pytestmark = [pytest.mark.peers, pytest.mark.timeout(3000)]

STEPS = 12
TAKEN = (5, 9)
"""The steps at which a person took over in the second episode, from and to."""
WRITE = """
import json, sys
from pathlib import Path
import numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset
out, names, states, steps, taken = Path(sys.argv[1]), *map(json.loads, sys.argv[2:6])
def feature(dtype, size, names=None):
    return {"dtype": dtype, "shape": (size,), "names": names}
ours = {"action": feature("float32", 7, names), "observation.state": feature("float32", 16, states)}
reward = {"next.reward": feature("float32", 1), "next.done": feature("bool", 1)}
SETS = {
    "plain": (ours, True),
    "pictures": (ours, False),
    "dagger": (ours | {"intervention": feature("bool", 1)}, True),
    "hilserl": (ours | reward | {"complementary_info.is_intervention": feature("bool", 1)}, True),
    "unnamed": (ours | {"action": feature("float32", 7)}, False),
    "so100": (ours | {"action": feature("float32", 6, [f"m{i}.pos" for i in range(6)])}, False),
    "wide": (ours, False),
}
rng = np.random.default_rng(0)
for name, (features, video) in SETS.items():
    size = (48, 64) if name == "wide" else (64, 64)
    image = {"dtype": "video" if video else "image", "shape": (*size, 3),
        "names": ["height", "width", "channels"]}
    made = LeRobotDataset.create("a/b", 10, features | {"observation.images.front": image},
        root=out / name, use_videos=video)
    for episode in range(2):
        for step in range(steps):
            frame = {"task": "wipe the table"}
            for key, kind in features.items():
                frame[key] = rng.uniform(-1, 1, kind["shape"]).astype(kind["dtype"])
                if kind["dtype"] == "bool":
                    inside = taken[0] <= step < taken[1] and episode == 1
                    frame[key] = np.array([step == steps - 1 if "done" in key else inside])
            if "next.reward" in features:
                frame["next.reward"] = np.array([step == steps - 1], np.float32)
            frame["observation.images.front"] = rng.integers(0, 255, (*size, 3), np.uint8)
            made.add_frame(frame)
        made.save_episode()
    made.finalize()
print(json.dumps(sorted(SETS)))
"""


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Datasets of two episodes, the second of which a person corrected where they say so."""
    folder = tmp_path_factory.mktemp("sets")
    told = [json.dumps(value) for value in (list(ACTION_NAMES), state_names(), STEPS, TAKEN)]
    output_of("lerobot", WRITE, folder, *told, HF_LEROBOT_HOME=str(folder / "home"))
    return folder


@pytest.mark.parametrize("name", ["plain", "pictures", "dagger", "hilserl"])
def test_who_acted_success_and_rate_are_those_recorded(
    sets: Path, tmp_path: Path, name: str
) -> None:
    """Interventions as such, demonstrations without a flag; what is unknown is named so."""
    report = import_into("lerobot", sets / name, tmp_path / "ws", task="ShelfPick")
    assert (report.episodes, report.skipped) == (2, ())
    came = Workspace.open(tmp_path / "ws")
    assert check(came).ok
    assert came.config.control_hz == 10
    episodes = [Episode.read(path) for path in came.episodes()]
    flagged = name in ("dagger", "hilserl")
    modes = sorted(sorted(set(episode.action_modes.tolist())) for episode in episodes)
    assert modes == ([[0], [0, 1]] if flagged else [[-1], [-1]])
    for episode in episodes:
        assert (episode.summary.success_known, len(episode)) == (name == "hilserl", STEPS)
        assert episode.summary.success == (name == "hilserl")
        assert episode.summary.header.instruction == "wipe the table"
        human = episode.driver == Driver.HUMAN
        np.testing.assert_array_equal(human, episode.action_modes != 0)
        np.testing.assert_array_equal(human, np.isfinite(episode.human_actions).all(axis=1))
        np.testing.assert_array_equal(episode.human_actions[human], episode.actions[human])
    if flagged:
        taken = next(episode for episode in episodes if episode.summary.takeovers)
        assert np.flatnonzero(taken.action_modes).tolist() == list(range(*TAKEN))


def test_what_lerobot_wrote_is_exported_again(sets: Path, tmp_path: Path) -> None:
    """Who acted stays in the flag that LeRobot reads."""
    import_into("lerobot", sets / "dagger", tmp_path / "ws", task="ShelfPick")
    made = Workspace.open(tmp_path / "ws")
    for name in ("lerobot", "robomimic", "minari"):
        assert export(made, name, tmp_path / name).episodes == 2
    again = import_into("lerobot", tmp_path / "lerobot", tmp_path / "again")
    assert (again.episodes, again.filled_in) == (2, ())


@pytest.mark.parametrize(
    ("name", "reason"),
    [("so100", r"m0\.pos"), ("unnamed", "its action is .7. None"), ("wide", "48 x 64")],
)
def test_another_arm_or_picture_is_refused_with_the_reason(
    sets: Path, tmp_path: Path, name: str, reason: str
) -> None:
    """Nothing is scaled or guessed, and no workspace is made."""
    with pytest.raises(FormatError, match=reason):
        import_into("lerobot", sets / name, tmp_path / "ws", task="ShelfPick")
    assert not (tmp_path / "ws").exists()
