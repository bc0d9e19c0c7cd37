"""End-to-end training has two stages: encoders with a first head, then a new head on their output.

An image costs a thousand times as much to encode as the head's whole step. So the encoders are
trained on few windows, each with its own shift, and the head on many of their outputs. `train`
calls the functions here for each stage's config and the encoders of an interrupted training.
"""

import shutil
from dataclasses import asdict, replace
from pathlib import Path

from ...sim_envs.errors import PolicyError
from ..policy import load_policy
from ..policy_config import CONFIG
from ..vision.protocol import GraspSupervision
from .config import TrainConfig
from .distributed import processes
from .window_data import TrainingData

ENCODERS = "encoders"
"""Folder in the policy's, for the policy that the first stage makes."""
USUAL_STEPS = 1000
"""Steps of the head at the encoders' usual number of steps; other numbers scale it."""


def first_step(config: TrainConfig) -> TrainConfig:
    """The encoders' config: no candidates are compared, the last encoders are taken."""
    return replace(config, candidates=(1.0,), steps=config.steps or _usual_steps(config))


def second_step(config: TrainConfig) -> TrainConfig:
    """The head's config: that for cached features, with steps scaled like the encoders' steps."""
    recommended = TrainConfig.recommended("keypoints", config.head)
    steps, usual = None, _usual_steps(config)
    if config.steps is not None and config.steps != usual:
        steps = max(1, round(config.steps / usual * USUAL_STEPS))
    batch, peak_rate = recommended.batch, recommended.peak_rate
    return replace(config, steps=steps, batch=batch, peak_rate=peak_rate)


def _usual_steps(config: TrainConfig) -> int:
    """The encoders' recommended number of steps."""
    return TrainConfig.recommended(config.vision, config.head, config.encoder).steps or USUAL_STEPS


def learnt_before(config: TrainConfig, data: TrainingData, folder: Path) -> GraspSupervision | None:
    """The encoders in `folder`, if they were trained with `config` on `data`; else None.

    Those of another training are removed.
    """
    if not (folder / CONFIG).exists():
        return None
    together = processes()
    try:
        found = load_policy(folder)
    except PolicyError:
        found = None
    together.wait()
    if found is not None and (trained := found.network.vision.grasp_supervision) is not None:
        own = found.config.training["config"], found.config.provenance.episodes
        given = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(config).items()}
        if own == (given, data.episode_ids):
            return trained
    if together.is_main:
        shutil.rmtree(folder)
    together.wait()
    return None
