"""This module makes synthetic Steps and Episodes without a simulator, for tests and benchmarks."""

from collections.abc import Sequence

import numpy as np

from sidestick.datasets.episode import Episode
from sidestick.datasets.step import ActionMode, Driver, EpisodeHeader, Level, Step
from sidestick.sim_envs.spaces import CAMERAS, IMAGE_SIZE, Observation

STATE_SIZE = 112
TICK_S = 0.05
GOALS = ("can", "box", "bottle")


def made_up_header(
    task: str = "ShelfPick", seed: int = 0, level: int = Level.SUPERVISED
) -> EpisodeHeader:
    """The header of a synthetic episode."""
    return EpisodeHeader(
        task=task,
        instruction="put the can into the tote",
        goal=GOALS[0],
        seed=seed,
        operator="made up",
        level=level,
        stages=("reach", "grasp", "carry", "place"),
        goal_names=GOALS,
    )


def made_up_observation(rng: np.random.Generator, image_size: int = IMAGE_SIZE) -> Observation:
    """An observation: images of a gradient with a noisy patch, random poses."""
    seen: Observation = {}
    for camera in CAMERAS:
        image = np.zeros((image_size, image_size, 3), np.uint8)
        image += np.arange(image_size, dtype=np.uint8)[:, None, None]
        side = image_size // 4
        top, left = rng.integers(0, image_size - side, 2)
        patch = image[top : top + side, left : left + side]
        patch[...] = rng.integers(0, 256, patch.shape, np.uint8)
        seen[f"{camera}_image"] = image
    for name, size in {"joint_pos": 7, "ee_pos": 3, "ee_quat": 4, "gripper_qpos": 2}.items():
        seen[name] = rng.normal(size=size).astype(np.float32)
    seen["goal"] = np.eye(len(GOALS), dtype=np.float32)[0]
    return seen


def made_up_step(
    rng: np.random.Generator,
    driver: int = Driver.HUMAN,
    mode: int = ActionMode.DEMONSTRATION,
    time: float = 0.0,
    image_size: int = IMAGE_SIZE,
) -> Step:
    """A step with a random action that moves the arm, by the operator or the policy."""
    action = rng.uniform(0.1, 1.0, 7).astype(np.float32)
    human = driver != Driver.POLICY
    return Step(
        observation=made_up_observation(rng, image_size),
        action=action,
        human_action=action if human else None,
        policy_action=None if mode == ActionMode.DEMONSTRATION else action,
        driver=driver,
        level=Level.SUPERVISED,
        action_mode=mode,
        novelty=float("nan"),
        stage=0,
        reward=0.0,
        done=False,
        success=False,
        reseat=False,
        takeover_id=0 if mode == ActionMode.INTERVENTION else -1,
        state=rng.normal(size=STATE_SIZE),
        wall_time=time,
        late_ms=0.0,
    )


def made_up_steps(modes: Sequence[int], seed: int = 0, image_size: int = IMAGE_SIZE) -> list[Step]:
    """One step per mode; the policy drives rollout steps, the operator all others."""
    rng = np.random.default_rng(seed)
    drivers = [Driver.POLICY if mode == ActionMode.ROLLOUT else Driver.HUMAN for mode in modes]
    return [
        made_up_step(rng, driver, mode, TICK_S * number, image_size)
        for number, (driver, mode) in enumerate(zip(drivers, modes, strict=True))
    ]


def made_up_episode(
    modes: Sequence[int] = (ActionMode.DEMONSTRATION,) * 20,
    seed: int = 0,
    success: bool = True,
    image_size: int = IMAGE_SIZE,
    episode_id: str = "made-up",
) -> Episode:
    """An episode in memory with these modes and a final observation."""
    rng = np.random.default_rng(seed + 1)
    return Episode.of_steps(
        made_up_header(seed=seed),
        made_up_steps(modes, seed, image_size),
        success,
        final_observation=made_up_observation(rng, image_size),
        final_state=rng.normal(size=STATE_SIZE),
        episode_id=episode_id,
    )
