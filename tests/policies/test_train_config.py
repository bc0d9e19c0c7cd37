"""These tests check that impossible hyperparameters are refused, and the recommended ones exist."""

from dataclasses import replace

import pytest
import tyro

from sidestick.policies.heads import HEADS
from sidestick.policies.training.config import RECIPES, TrainConfig
from sidestick.sim_envs.errors import BadValue, UnknownName
from sidestick.teleop.cli.train import Train

IMPOSSIBLE = {
    "chunk": 0,
    "execute": 17,
    "history": 0,
    "steps": 0,
    "batch": 0,
    "peak_rate": 0.0,
    "proprioception_dropout": 1.0,
    "colour": -0.1,
    "shift": -1,
    "aux_grasp": float("nan"),
    "ema": 1.0,
    "encoder_weights": "resnet18.safetensors",
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_is_refused(name):
    """The message names the setting."""
    with pytest.raises(BadValue, match=name):
        replace(TrainConfig(vision="end-to-end"), **{name: IMPOSSIBLE[name]})


@pytest.mark.parametrize("name", ["vision", "head", "encoder"])
def test_unknown_kinds_are_named(name):
    """The message lists the kinds that exist."""
    with pytest.raises(UnknownName, match=r"small|keypoints|bc-gmm"):
        replace(TrainConfig(), **{name: "best"})


def test_switches_of_encoders_need_encoders():
    """Vision by keypoints has no encoder to choose."""
    with pytest.raises(BadValue, match="encoder"):
        TrainConfig(encoder="resnet18")


@pytest.mark.parametrize("head", sorted(HEADS))
def test_every_head_has_recommended_values(head):
    """The command line asks for the recommended values."""
    config = Train(workspace=None, head=head).config()
    assert config == TrainConfig.recommended("keypoints", head)
    assert config.head == head
    assert set(RECIPES) <= set(HEADS)


def test_the_command_line_offers_every_head(capsys):
    """The help names every head, and so does the refusal of another."""
    with pytest.raises(SystemExit):
        tyro.cli(Train, args=["--help"])
    told = capsys.readouterr().out
    assert all(name in told for name in HEADS)
    with pytest.raises(UnknownName) as refused:
        Train(workspace=None, head="none").config()
    assert set(HEADS) <= set(refused.value.known)


def test_options_change_the_recommended_values():
    """A shorter chunk is executed to its half."""
    config = Train(workspace=None, head="act", chunk=8, history=2, ensembling=0.01).config()
    assert (config.chunk, config.execute, config.history) == (8, 4, 2)
    assert config.ensembling == 0.01
    assert config.steps == TrainConfig.recommended("keypoints", "act").steps
