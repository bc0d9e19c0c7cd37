"""What `pretrain` makes for a workspace is what its next policy sees with."""

from pathlib import Path

import pytest

from sidestick.datasets.workspace import Workspace
from sidestick.policies.perception.network import Perception
from sidestick.policies.policy import load_policy
from sidestick.policies.vision.keypoints import KeypointVision
from sidestick.teleop.cli.main import main
from sidestick.teleop.learning.workspace_perception import (
    FINETUNED_PERCEPTION,
    PRETRAINED_PERCEPTION,
    own_perception,
    put_pretrained,
)

TINY = ("--scenes", "6", "--held-out", "2", "--epochs", "1", "--batch", "4", "--workers", "1")


def run(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def perception_of(policy: Path) -> Perception:
    """The perception in a policy's own weights."""
    vision = load_policy(policy).network.vision
    assert isinstance(vision, KeypointVision)
    return vision.perception


def test_a_policy_is_trained_on_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before it on the shipped one; its config names either."""
    ws = str(tmp_path / "ws")
    record = ("--headless", "--driver", "simulated", "--episodes", "2")
    assert run("drive", ws, "--task", "ShelfPick", "--num-items", "1", *record) == 0
    few = ("--steps", "3", "--selection-episodes", "0")
    assert run("train", ws, *few) == 0
    assert run("pretrain", ws, *TINY) == 0
    assert run("train", ws, *few, "--no-gate") == 0
    made = Perception.load(tmp_path / "ws" / PRETRAINED_PERCEPTION)
    before, after = (tmp_path / "ws" / "policies" / number for number in ("0001", "0002"))
    assert perception_of(before).fingerprint == Perception.load_shipped("ShelfPick").fingerprint
    assert perception_of(after).fingerprint == made.fingerprint
    said = load_policy(after).config.training["pretrained"]
    assert said["fingerprint"] == made.fingerprint
    assert PRETRAINED_PERCEPTION in said["perception"]
    assert (
        load_policy(before).config.training["pretrained"]["perception"] == "shipped for ShelfPick"
    )
    assert "pretrained for this workspace" in " ".join(capsys.readouterr().err.split())


def test_a_new_one_replaces_what_was_finetuned_from_another(taught: Path) -> None:
    """The clicks are in the database and finetune the new one."""
    workspace = Workspace.open(taught)
    finetuned = own_perception(workspace)
    assert finetuned is not None
    assert FINETUNED_PERCEPTION in finetuned.origin
    finetuned.save(taught / "new.safetensors")
    put_pretrained(workspace, taught / "new.safetensors")
    found = own_perception(workspace)
    assert found is not None
    assert PRETRAINED_PERCEPTION in found.origin
    assert not (taught / FINETUNED_PERCEPTION).exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "WS, whose trainings use it"),
        (("{ws}", "--out", "a.safetensors"), "both"),
        (("{ws}", "--task", "ShelfPick"), "WS says it"),
        (("--out", "nowhere/a.safetensors"), "a folder that exists"),
    ],
)
def test_weights_that_nobody_would_look_for_are_refused(
    options: tuple[str, ...], words: str, taught: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before any scene is made."""
    assert run("pretrain", *(option.format(ws=taught) for option in options)) == 2
    assert words in " ".join(capsys.readouterr().err.split())
