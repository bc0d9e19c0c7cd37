"""A public set of a real SO-101, as its owner recorded it with LeRobot; `make test-peers` runs it.

Downloaded once beside the peers, never committed: four episodes of 12 s, two cameras of 480 x 640.
"""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.in_process import Run, command_line
from tests.peer_rig import HOME

pytestmark = [pytest.mark.peers, pytest.mark.timeout(3000)]

SOURCE = "https://github.com/SamueleSandrini/record-test"
COMMIT = "c6d0de303c6f4c451eb103222af2fff11d0e9963"
SENTENCE = "Pick the orange cube and place it in the box"
FRAMES, STARTS = 1492, (0, 373, 747, 1119)
DATA = "data/chunk-000/file-000.parquet"
QUICK = ("--encoder", "small", "--steps", "4", "--batch", "8", "--json")


@pytest.fixture(scope="module")
def public() -> Path:
    """The set's folder; skips where it cannot be had."""
    folder = HOME / "public/record-test"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        coming = folder.with_name("coming")
        shutil.rmtree(coming, ignore_errors=True)
        for command in (
            ["git", "clone", "--quiet", SOURCE, str(coming)],
            ["git", "-C", str(coming), "checkout", "--quiet", COMMIT],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"cannot be downloaded: {done.stderr.strip().splitlines()[-1]}")
        coming.rename(folder)
    return folder


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Commands in a folder of their own."""
    return command_line(tmp_path, monkeypatch, capsys)


def test_it_is_imported_trained_on_reviewed_and_exported(
    run: Run, public: Path, tmp_path: Path
) -> None:
    """Six joints in degrees and percent at 30 Hz; what was recorded comes back out."""
    from sidestick.datasets.episode import Episode
    from sidestick.datasets.workspace import Workspace

    pq = pytest.importorskip("pyarrow.parquet")
    taken = (
        "--task",
        "Cube",
        "--fit",
        "crop",
        "--image-size",
        "64",
        "--judge-successful",
        "--json",
    )
    report = run("import", "arm", "lerobot", str(public), *taken, "--json")
    assert (report["episodes"], report["steps"], report["skipped"]) == (4, FRAMES, [])
    workspace = Workspace.open(tmp_path / "arm")
    config = workspace.config
    assert (config.control_hz, config.cameras) == (30, ("front", "top"))
    assert [axis.name for axis in config.action_axes] == [
        "shoulder_pan.pos", "shoulder_lift.pos", "elbow_flex.pos", "wrist_flex.pos",
        "wrist_roll.pos", "gripper.pos",
    ]  # fmt: skip
    recorded = np.array(pq.read_table(public / DATA)["action"].to_pylist())
    low, high = config.spec.action.native_range
    for path in workspace.episodes():
        episode = Episode.read(path)
        assert episode.summary.header.instruction == SENTENCE
        native = low + (episode.actions.astype(np.float64) + 1) / 2 * (high - low)
        gaps = [np.abs(native[0] - recorded[start]).max() for start in STARTS]
        start = STARTS[int(np.argmin(gaps))]
        same = recorded[start : start + len(episode)]
        np.testing.assert_allclose(native, same, atol=1e-4 * float((high - low).max()))
    run("train", "arm", *QUICK)
    run("inspect", "arm", "--json")
    run("review", "arm", "--headless", "--driver", "simulated", "--json")
    assert run("check", "arm", "--json")["damaged"] == []
    for form in ("robomimic", "lerobot", "minari"):
        assert run("export", "arm", form, f"out-{form}", "--json")["episodes"] == 4
    again = run("import", "again", "lerobot", "out-lerobot", "--json")
    assert (again["episodes"], again["steps"]) == (4, FRAMES)
