"""No option is dropped without a word: what would have no effect is refused, or said."""

import shutil
from pathlib import Path
from typing import get_type_hints

import pytest

from sidestick.teleop.cli import fleet
from sidestick.teleop.cli.main import VERBS, main

REFUSED = [
    "compare x 0001 0002 --driver simulated",
    "compare x 0001 0002 --headless",
    "evaluate x --novelty --episodes 3",
    "evaluate x --novelty --out folder",
    "evaluate x --most-videos 2",
    "fleet x --headless --driver simulated --operator somebody",
    "fleet x --headless --driver simulated --round-minutes 1",
    "fleet x --learn --round-minutes 1",
    "policies x --gate-pairs 60",
    "policies x --workers 1",
    "policies x --device cpu",
    "policies x --unpin --why because",
    "review x --policy 0001",
    "review x --of clicks --episode 3",
    "review x --device cpu",
    "review x --driver simulated --headless --operator somebody",
    "replay x -1 --verify --size 320x240",
    "replay x -1 --verify --camera wrist",
    "train x --no-film",
    "train x --shift 2",
    "train x --encoder small",
    "train x --vision end-to-end --no-film",
    "train x --vision end-to-end --encoder small --aux-grasp 2",
    "train x --no-gate --gate-pairs 60",
    "export robomimic x out --images png",
    "export robomimic x out --dataset-id a/b-v0",
    "export minari x out --next-obs",
    "pad --write --map",
    "pad --map --json",
]


@pytest.mark.parametrize("line", REFUSED)
def test_an_option_without_effect_is_refused(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its name, with the reason, before the workspace is looked for."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    said = " ".join(capsys.readouterr().err.split())
    assert ended.value.code == 2
    assert "where it has no effect" in said
    assert any(f"error: {word}: expected nothing" in said for word in line.split()), said
    assert not list(tmp_path.iterdir())


def test_what_is_about_a_window_is_said_without_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing that is recorded depends on it, so that is no reason to refuse."""
    line = "--headless --driver simulated --no-sound --view tiny --size 640x480"
    with pytest.raises(SystemExit) as ended:
        main(("drive", str(tmp_path / "ws"), "--task", "nothing", *line.split()))
    said = " ".join(capsys.readouterr().err.split())
    assert ended.value.code == 2
    assert "--no-sound, --view, --size: no effect without a window" in said


RUNS_NETWORKS = {
    "quickstart", "drive", "pretrain", "train", "policies", "practice", "learn", "evaluate",
    "compare", "review", "fleet", "serve-policy", "sweep",
}  # fmt: skip


def test_every_verb_that_runs_networks_says_on_what() -> None:
    """No GPU is ignored without a word: each of them has --device, and no other verb has."""
    assert {verb for verb, kind in VERBS.items() if "device" in get_type_hints(kind)} == (
        RUNS_NETWORKS
    )


def test_the_gate_drives_on_the_device_that_was_asked_for(
    taught: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its workers are told; the CPU unless it is said."""
    copy = shutil.copytree(taught, tmp_path / "ws")
    shutil.copytree(copy / "policies" / "0001", copy / "policies" / "0002")
    told: list[str] = []

    class Told(Exception):
        """Ends the ruling before anything drives."""

    def rollouts(_: object, engine: object, device: str, kept_in: Path) -> None:
        told.append(device)
        raise Told

    monkeypatch.setattr("sidestick.teleop.cli.gate_run.Rollouts", rollouts)
    for device in ((), ("--device", "auto")):
        with pytest.raises(Told):
            main(("policies", str(copy), "--gate", "0002", *device))
    assert told == ["cpu", "auto"]


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("--headless --driver simulated", False),
        ("--headless --driver simulated --learn --round-minutes 1", False),
        ("", True),
        ("--learn", True),
    ],
)
def test_a_fleet_asks_for_a_screen_where_a_person_serves_it(
    line: str, needed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else is asked for."""
    asked = list[bool]()
    monkeypatch.setattr(fleet, "check_window", lambda: asked.append(True))
    with pytest.raises(SystemExit) as ended:
        main(["fleet", str(tmp_path / "nothing"), *line.split()])
    assert ended.value.code == 2
    assert bool(asked) is needed
