"""`train` trains a policy on episodes and saves the checkpoint with the best rollouts in a folder.

The command line, the learner and benchmarks call it, with frames and a `TrainConfig`.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...datasets.frames import Frames
from ...sim_envs.errors import BadValue, PolicyError
from ..base.provenance import Provenance
from ..base.schedule import PASSES, updates
from ..base.torch_setup import choose_precision
from ..perception.keypoint_cache import KeypointCache
from ..perception.network import Perception
from ..policy_config import CONFIG, PolicyConfig
from ..vision.protocol import GraspSupervision, Vision
from .accepted_predictions import AcceptedPrediction, with_accepted_predictions
from .class_weights import CLASS_NAMES, target_shares, weights
from .config import TrainConfig
from .distributed import processes
from .from_episodes import (
    Marks,
    config_of,
    perceive,
    teach_next_step,
    training_data,
    variation_of,
)
from .log import TrainingLog
from .loop import LoopConfig, TrainingLoop
from .new_parts import new_network, new_vision
from .progress import busy
from .run import Rollout, Training, TrainResult
from .two_stage import ENCODERS, first_step, learnt_before, second_step
from .window_data import TrainingData, hold_out

LEAST_TO_CALIBRATE = 20
"""Number of episodes from which on some are held out to calibrate novelty."""


def train_on(
    data: TrainingData,
    vision: Vision,
    policy: PolicyConfig,
    config: TrainConfig,
    folder: Path,
    rollout: Rollout | None = None,
    progress: bool = True,
) -> TrainResult:
    """Train `vision` (if trainable) and a new head on `data`; resumes an interrupted training."""
    if (folder / CONFIG).exists():
        raise PolicyError(f"{folder}: already holds a policy; train into another folder")
    _check_windows(data, config)
    if config.threads:
        torch.set_num_threads(config.threads)
    seen, held = hold_out(data, config.held_out, LEAST_TO_CALIBRATE, config.seed)
    vision.fit(seen.window_inputs())
    shares, together = target_shares(seen.classes, config.shares), processes()
    precision = choose_precision(config.precision, device=together.device.type)
    network, weight = new_network(config, vision, data), weights(seen.classes, shares)
    length = loop_config(config, int(np.count_nonzero(weight)), vision.passes)
    loop = TrainingLoop(network, seen, weight, length, precision, together)
    policy = replace(
        policy,
        execute=config.execute,
        history=config.history,
        ensembling=config.ensembling,
        provenance=policy.provenance.complete(data.episode_ids),
        training=_training_info(
            config, seen, held, shares, length.steps, precision.name, vision.pretrained
        ),
    )
    training = Training(loop, config, policy, folder, held, rollout)
    training.resume()
    together.wait()
    writes, steps = together.is_main, (loop.recipe.steps, loop.step)
    with TrainingLog(folder, *steps, config.tensorboard, progress, writes) as log:
        training.run(log)
    with busy("measuring novelty and loss", progress and writes):
        return training.finish()


def _check_windows(data: TrainingData, config: TrainConfig) -> None:
    if data.chunk != config.chunk:
        raise BadValue("training data", f"windows of {config.chunk} actions", data.chunk)
    if data.history != config.history:
        raise BadValue("training data", f"{config.history} observations a window", data.history)


def loop_config(config: TrainConfig, windows: int, passes: int = PASSES) -> LoopConfig:
    """The loop's part of the configuration, for `windows` of a weight above zero."""
    steps = config.steps or updates(windows, config.batch, passes)
    names = (field.name for field in fields(LoopConfig))
    return LoopConfig(**{**{name: getattr(config, name) for name in names}, "steps": steps})


def _training_info(
    config: TrainConfig,
    seen: TrainingData,
    held: TrainingData | None,
    shares: dict[int, float],
    updates: int,
    precision: str,
    pretrained: dict[str, str],
) -> dict[str, Any]:
    """What a policy's config.json says about its training, as JSON."""
    return {
        "config": asdict(config),
        "updates": updates,
        "windows": seen.counts(),
        "held_out_windows": 0 if held is None else len(held),
        "shares": {CLASS_NAMES.get(name, str(name)): share for name, share in shares.items()},
        "threads": torch.get_num_threads(),
        "precision": precision,
        "pretrained": pretrained,
    }


def train(
    frames: Frames,
    config: TrainConfig,
    folder: Path,
    rollout: Rollout | None = None,
    *,
    provenance: Provenance | None = None,
    perception: Perception | None = None,
    cache: KeypointCache | None = None,
    progress: bool = True,
    examples: Sequence[AcceptedPrediction] = (),
    one_step: Callable[..., TrainResult] = train_on,
) -> TrainResult:
    """Train a policy from the base on `frames` into `folder`; resumes an interrupted training.

    With rollouts the best of several candidates is kept, else the last. `perception` defaults to
    the one shipped for the task; `cache` keeps its keypoints for later rounds. `examples` are
    graded predictions at steps of these frames. `one_step` trains one network, called once or, in
    two stages, for the encoders and then for the head.
    """
    if (folder / CONFIG).exists():
        raise PolicyError(f"{folder}: already holds a policy; train into another folder")
    policy = replace(config_of(frames), provenance=provenance or Provenance())
    started, parts = time.monotonic(), dict[str, float]()
    vision = new_vision(config, policy, perception, variation_of(frames)).to(processes().device)
    if (supervision := vision.grasp_supervision) is not None:
        first, encoders = first_step(config), folder / ENCODERS
        vision = _encoders(frames, vision, supervision, policy, first, encoders, progress, one_step)
        config = second_step(config)
        parts["encoders"] = time.monotonic() - started
    cache = cache or KeypointCache(None)
    shown = progress and processes().is_main
    perceive(frames, vision, cache, shown)
    if (seconds := teach_next_step(frames, vision, cache, config.seed, shown)) is not None:
        parts["next step"] = seconds
    with busy("preparing what the head reads", shown):
        data = with_accepted_predictions(_windows(frames, vision, config, cache), frames, examples)
    parts["perception"] = time.monotonic() - started - sum(parts.values())
    result = one_step(data, vision, policy, config, folder, rollout, progress)
    return replace(result, parts={**parts, **result.parts})


def _encoders(
    frames: Frames,
    vision: Vision,
    supervision: GraspSupervision,
    policy: PolicyConfig,
    config: TrainConfig,
    folder: Path,
    progress: bool,
    one_step: Callable[..., TrainResult],
) -> Vision:
    """Vision with trained encoders, now frozen."""
    data = _windows(frames, vision, config, marks=supervision.marks if config.aux_grasp else None)
    trained = learnt_before(config, data, folder)
    if trained is None:
        result = one_step(data, vision, policy, config, folder, progress=progress)
        trained = result.policy.network.vision.grasp_supervision
    assert trained is not None  # the kind of vision has not changed
    return trained.freeze()


def _windows(
    frames: Frames,
    vision: Vision,
    config: TrainConfig,
    cache: KeypointCache | None = None,
    marks: Marks | None = None,
) -> TrainingData:
    return training_data(
        frames,
        vision,
        config.chunk,
        config.idle,
        cache,
        history=config.history,
        stride=config.execute,
        marks=marks,
    )
