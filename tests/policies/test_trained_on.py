"""These tests check that a policy's description says what it was trained on, not what is usual."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sidestick.datasets.formats.registry import import_into
from sidestick.datasets.frames import Frames
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.compatibility import refusal
from sidestick.policies.training.from_episodes import config_of
from tests.foreign import SIZE, foreign_demo, write_foreign_file
from tests.synthetic import made_up_episode


def test_imported_episodes_are_described_as_they_are(tmp_path: Path) -> None:
    """Pictures of 32 pixels of an unknown renderer, several instructions: it fits its workspace."""
    write_foreign_file(tmp_path / "strange.hdf5", [foreign_demo(0), foreign_demo(1)])
    import_into("robomimic", tmp_path / "strange.hdf5", tmp_path / "ws")
    workspace = Workspace.open(tmp_path / "ws")
    for images in (True, False):
        config = config_of(Frames.read(workspace.episodes(), images))
        assert (config.renderer, config.image_size) == ("unknown", SIZE)
    names = ("task", "renderer", "cameras", "image_size")
    here = {name: getattr(workspace.config, name) for name in names}
    assert refusal(config_of(Frames.read(workspace.episodes())), here) is None


@pytest.mark.parametrize(
    ("env_args", "renderer"),
    [({}, "tiny"), ({"env_name": "Lift"}, "unknown"), ({"env_kwargs": [1]}, "unknown")],
)
def test_what_is_not_recorded_is_unknown(env_args: dict[str, Any], renderer: str) -> None:
    """A description of another tool without a renderer; the pictures themselves say their size."""
    episode = made_up_episode([-1] * 4, image_size=16)
    header = replace(episode.summary.header, env_args=env_args)
    given = replace(episode, summary=replace(episode.summary, header=header))
    config = config_of(Frames([given]))
    assert (config.renderer, config.image_size) == (renderer, 16)
