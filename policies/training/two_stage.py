"""End to end in two steps: encoders with a first head, then the head anew on what they see.

A picture costs a thousand times as much to look at as the head's whole step. So the encoders learn
from few windows, each with its own shift, and the head from many of what they then see.
"""

import shutil
from dataclasses import asdict, replace
from pathlib import Path

from ...sim_envs.errors import PolicyError
from ..policy import CONFIG, load_policy
from ..vision.protocol import GraspSupervision
from .config import TrainConfig
from .distributed import processes
from .window_data import TrainingData

ENCODERS = "encoders"
"""Folder in the policy's: what came out of the first step."""
USUAL_STEPS = 1000
"""Of the head beside encoders of usual length, where those were asked to be shorter or longer."""


def first_step(config: TrainConfig) -> TrainConfig:
    """Nothing is chosen between; the last encoders are taken."""
    return replace(config, candidates=(1.0,), steps=config.steps or _usual_steps(config))


def second_step(config: TrainConfig) -> TrainConfig:
    """The recipe for features that are cached, as much shorter or longer as the first step is."""
    recipe = TrainConfig.recommended("keypoints", config.head)
    steps, usual = None, _usual_steps(config)
    if config.steps is not None and config.steps != usual:
        steps = max(1, round(config.steps / usual * USUAL_STEPS))
    return replace(config, steps=steps, batch=recipe.batch, peak_rate=recipe.peak_rate)


def _usual_steps(config: TrainConfig) -> int:
    """Of the encoders."""
    return TrainConfig.recommended(config.vision, config.head, config.encoder).steps or USUAL_STEPS


def learnt_before(config: TrainConfig, data: TrainingData, folder: Path) -> GraspSupervision | None:
    """The encoders that an interrupted training left, if they are of this very one."""
    if not (folder / CONFIG).exists():
        return None
    together = processes()
    try:
        found = load_policy(folder)
    except PolicyError:
        found = None
    together.wait()
    if found is not None and (learnt := found.network.vision.grasp_supervision) is not None:
        own = found.config.training["config"], found.config.provenance.episodes
        given = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(config).items()}
        if own == (given, data.episode_ids):
            return learnt
    if together.is_main:
        shutil.rmtree(folder)
    together.wait()
    return None
