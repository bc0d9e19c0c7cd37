"""These tests check vision that is trained to point at where the demonstration's gripper closes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sidestick.datasets.frames import Frames
from sidestick.policies.perception.heatmaps import read_peak, target_heatmap
from sidestick.policies.policy import load_policy
from sidestick.policies.policy_config import PolicyConfig
from sidestick.policies.task_features.grasp_labels import grasp_marks, grasps_under_way, next_grasps
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.train import train, train_on
from sidestick.policies.training.two_stage import ENCODERS
from sidestick.policies.training.window_data import TrainingData
from sidestick.policies.vision.grasp_pointing import GraspPointing
from sidestick.policies.vision.heatmap_encoder import GraspPointingConfig
from sidestick.sim_envs import make_task_env
from sidestick.sim_envs.errors import BadValue
from tests.synthetic import made_up_episode

SIZE = 32
ABOUT = PolicyConfig("Shapes", "tiny", ("a", "b"), ("front",), SIZE)
SHORT = TrainConfig(
    vision="end-to-end",
    steps=3,
    batch=8,
    held_out=0.0,
    idle="keep",
    head_settings={"width": 32, "opinions": 2},
    tensorboard=False,
)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def made(shift=2):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return GraspPointing(GraspPointingConfig(2, ("front",), SIZE, channels=16, shift=shift))


def dots(n=96):
    """Windows of a red and a green dot; `goal` names the target, at which the action points."""
    rng = np.random.default_rng(0)
    images = np.full((n, SIZE, SIZE, 3), 120, np.uint8)
    places = rng.integers(2, SIZE - 6, (n, 2, 2))
    for i, j in np.ndindex(n, 2):
        y, x = places[i, j]
        images[i, y : y + 5, x : x + 5] = 30
        images[i, y : y + 5, x : x + 5, j] = 230
    goal = rng.integers(0, 2, n)
    columns = {
        "front_image": images,
        "ee_pos": rng.normal(size=(n, 3)),
        "ee_quat": np.tile([0, 0, 0, 1.0], (n, 1)),
        "gripper_qpos": np.full((n, 2), 0.02),
        "goal": np.eye(2, dtype=np.float32)[goal],
    }
    mark = (2 * (places[np.arange(n), goal, ::-1] + 2.5) / SIZE - 1).astype(np.float32)
    actions = np.zeros((n, 16, 7), np.float32)
    actions[..., :2] = mark[:, None]
    marks = mark[:, None].copy()
    marks[::6] = np.nan
    episodes, ids = np.arange(n) // 8, tuple(f"ep{i}" for i in range(n // 8))
    mask, classes = np.ones((n, 16), bool), np.full(n, -1)
    inputs = made().prepare(columns)
    data = TrainingData(inputs, np.arange(n), actions, mask, classes, episodes, ids, marks=marks)
    return columns, data, mark


def test_a_peak_is_read_where_it_is():
    """The position is right anywhere between the centres of cells."""
    marks = torch.tensor([[0.31, -0.62], [-0.05, 0.77]])
    x, y, sure = read_peak(target_heatmap(marks, 24 * 24 + 1).clamp_min(1e-9).log()).T
    assert torch.allclose(torch.stack((x, y), 1), marks * sure[:, None], atol=0.02)
    assert (sure > 0.95).all()


def test_of_two_peaks_the_higher_is_read():
    """The position is not the mean of both."""
    both = target_heatmap(torch.tensor([[-0.6, 0.0], [0.6, 0.0]]), 24 * 24 + 1)
    x, _, sure = read_peak((0.6 * both[:1] + 0.4 * both[1:]).clamp_min(1e-9).log())[0]
    assert float(x / sure) == pytest.approx(-0.6, abs=0.03)
    assert float(sure) == pytest.approx(0.6, abs=0.03)


def test_a_target_outside_is_nowhere():
    """Targets behind the camera or beyond the edge are "nowhere"; probabilities sum to 1."""
    cells = target_heatmap(torch.tensor([[np.inf, np.inf], [0.2, 1.3], [0.2, 0.3]]), 24 * 24 + 1)
    assert cells.sum(-1).tolist() == pytest.approx([1, 1, 1])
    assert cells[:, -1].tolist() == [1, 1, 0]


def test_the_peak_of_a_shifted_image_is_read_as_it_was():
    """The position is that before the shift, so that the action stays right."""
    mark, moved = torch.tensor([[0.2, -0.3]]), torch.tensor([[0.125, -0.0625]])
    logs = target_heatmap(mark + moved, 24 * 24 + 1).clamp_min(1e-9).log()
    x, y, sure = read_peak(logs, moved)[0]
    assert (float(x / sure), float(y / sure)) == pytest.approx((0.2, -0.3), abs=0.02)


def test_it_learns_to_point_at_the_goal(tmp_path):
    """It does so on held-out images, and with some marks unknown."""
    columns, data, mark = dots(240)
    config = replace(SHORT, steps=150, batch=32, peak_rate=3e-3, head_settings={"width": 64})
    seen, new = data.take(data.rows < 180), slice(180, 240)
    result = train_on(seen, made(), ABOUT, config, tmp_path, progress=False)
    vision = result.policy.network.vision.freeze()
    features = vision.prepare({key: column[new] for key, column in columns.items()})["features"]
    off = np.abs(features[:, :2] / np.maximum(features[:, 2:3], 0.01) - mark[new]).max(-1)
    assert (off < 4 / SIZE).mean() > 0.9


def test_frozen_it_says_the_same(tmp_path):
    """Outputs agree up to the rounding of stored weights; no weight is trainable."""
    columns, data, _ = dots(24)
    vision = made().eval()
    vision.fit(data.window_inputs())
    frozen = vision.freeze()
    frozen.transforms = vision.transforms
    batch = {key: torch.from_numpy(np.asarray(v)) for key, v in vision.prepare(columns).items()}
    later = {k: torch.from_numpy(v) for k, v in frozen.prepare(columns).items()}
    with torch.inference_mode():
        assert torch.allclose(vision(batch), frozen(later), atol=0.05)
    assert not any(p.requires_grad for p in frozen.parameters())


def grasping(seed):
    """An episode in which the gripper closes in the middle, and opens again before the end."""
    episode = made_up_episode((-1,) * 12, seed=seed, image_size=96, episode_id=str(seed))
    episode.actions[:, 6] = [-1] * 5 + [1] * 4 + [-1] * 3
    return episode


def test_marks_are_where_the_camera_shows_the_place():
    """Front marks are the simulated camera's projection; unknown after the last grasp."""
    frames = Frames([grasping(0)])
    place = np.array([0.6, 0.1, 0.35], np.float32)
    frames.observations["ee_pos"][5] = place
    marks = grasp_marks(frames, "ShelfPick", ("front", "wrist"))
    env = make_task_env("ShelfPick")
    env.reset(seed=0)
    x, y, _ = env.task.cameras["front"].view(env.arm).project(place)[0]
    env.close()
    assert marks[:6, 0] == pytest.approx(np.tile([x, y], (6, 1)), abs=1e-5)
    assert np.isnan(marks[9:]).all()
    assert np.isfinite(marks[5:9, 1]).all()
    assert marks[5:9, 1] == pytest.approx(np.tile(marks[5, 1], (4, 1)), abs=1e-5)  # in the gripper


def test_moved_cameras_are_refused():
    """The message says which encoders need no calibration."""
    episode = grasping(0)
    episode.summary.header.env_args["env_kwargs"] = {"variation": "strong"}
    with pytest.raises(BadValue, match="another encoder"):
        grasp_marks(Frames([episode]), "ShelfPick", ("front",))


def test_encoders_then_head(tmp_path):
    """Two stages make one policy, which loads and plans the same."""
    frames = Frames([grasping(s) for s in range(3)])
    result = train(frames, SHORT, tmp_path, progress=False)
    observation = {key: c[0] for key, c in {**frames.observations, **frames.images}.items()}
    again = load_policy(tmp_path, "ShelfPick", "tiny")
    assert np.array_equal(result.policy.plan(observation).actions, again.plan(observation).actions)
    assert isinstance(again.network.vision, GraspPointing)
    assert again.network.vision.config.frozen
    assert not load_policy(tmp_path / ENCODERS).network.vision.config.frozen


def test_interrupted_between_the_steps_it_goes_on(tmp_path):
    """The encoders are not trained again, unless they are of another training."""
    frames = Frames([grasping(s) for s in range(3)])
    whole = train(frames, SHORT, tmp_path / "whole", progress=False)
    steps = []

    def counted(*given, **options):
        steps.append(given[4].name)
        if len(steps) == 2:
            raise KeyboardInterrupt
        return train_on(*given, **options)

    with pytest.raises(KeyboardInterrupt):
        train(frames, SHORT, tmp_path / "cut", progress=False, one_step=counted)
    train(frames, SHORT, tmp_path / "cut", progress=False, one_step=counted)
    assert steps == [ENCODERS, "cut", "cut"]
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "cut")]
    assert weights[0] == weights[1]
    (tmp_path / "cut" / "config.json").unlink()
    train(frames, replace(SHORT, seed=1), tmp_path / "cut", progress=False, one_step=counted)
    assert steps[3:] == [ENCODERS, "cut"]
    assert whole.path.exists()


def test_next_grasps_are_where_the_gripper_closes():
    """Each step has the next closing of its own episode, the last steps none."""
    episodes = [made_up_episode((-1,) * 6, seed=s, episode_id=str(s)) for s in (0, 1)]
    frames = Frames(episodes)
    frames.actions[:, 6] = [-1, -1, 1, 1, -1, 1, 1, -1, -1, -1, -1, -1]
    places, ee_pos = next_grasps(frames), frames.observations["ee_pos"]
    assert np.array_equal(places[:6], ee_pos[[2, 2, 2, 5, 5, 5]])
    assert np.array_equal(places[6], ee_pos[6])
    assert np.isnan(places[7:]).all()


def test_grasps_under_way_last_until_the_gripper_has_left():
    """The next grasp while the gripper is open, then the last one until the gripper has left."""
    episodes = [made_up_episode((-1,) * 6, seed=s, episode_id=str(s)) for s in (0, 1)]
    frames = Frames(episodes)
    frames.actions[:, 6] = [-1, -1, 1, 1, 1, 1, 1, 1, -1, 1, -1, -1]
    ee_pos = frames.observations["ee_pos"]
    ee_pos[:, :] = 0.0
    ee_pos[:, 2] = [0.3, 0.2, 0.10, 0.11, 0.12, 0.14, 0.5, 0.5, 0.6, 0.1, 0.1, 0.1]
    height = grasps_under_way(frames)[:, 2]
    assert np.allclose(height[:5], 0.10)
    assert np.isnan(height[5])  # by then it is four centimetres away
    assert np.allclose(height[6:10], [0.5, 0.5, 0.1, 0.1])
    assert np.isnan(height[10:]).all()
