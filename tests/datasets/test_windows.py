import logging
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidestick.datasets.episode import Episode
from sidestick.datasets.labels import idle_steps
from sidestick.datasets.step import Step
from sidestick.datasets.windows import Frames, Windows
from sidestick.sim_envs.errors import BadValue
from tests.synthetic import made_up_episode, made_up_header, made_up_steps

SIZE = 8
MODES = st.lists(st.sampled_from([-1, 0, 1]), min_size=1, max_size=30)


def episode(modes: list[int], idle: set[int] = frozenset(), seed: int = 0) -> Episode:  # type: ignore[assignment]
    """An episode in memory whose steps at `idle` do not move the arm."""
    steps = []
    for number, step in enumerate(made_up_steps(modes, seed, SIZE)):
        values = {name: getattr(step, name) for name in Step.__slots__}
        values["action"] = step.action.copy()
        values["action"][6] = -1.0
        if number in idle:
            values["action"][:6] = 0.0
        steps.append(Step(**values))
    return Episode.of_steps(made_up_header(seed=seed), steps, success=True)


EPISODES = st.lists(
    st.builds(episode, MODES, st.sets(st.integers(0, 29), max_size=4), st.integers(0, 9)),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(EPISODES, st.integers(1, 20), st.integers(1, 4), st.booleans(), st.booleans())
def test_no_window_reaches_across_an_end_a_cut_or_a_dropped_step(
    episodes: list[Episode], chunk: int, history: int, drop_idle: bool, bridge_idle: bool
) -> None:
    """Windows equal a slow reference implementation, step by step."""
    frames = Frames(episodes)
    windows = Windows(frames, chunk, history, drop_idle=drop_idle, bridge_idle=bridge_idle)
    first = np.diff(frames.episode, prepend=-1) != 0
    idle = idle_steps(frames.actions, first) & drop_idle
    usable = (frames.labels != -10) & ~idle

    def joined(step: int) -> bool:
        """Whether a step continues the one before, by those two alone."""
        after = step < len(frames) and frames.episode[step] == frames.episode[step - 1]
        return bool(after and frames.driver[step] == frames.driver[step - 1])

    assert windows.starts.tolist() == np.flatnonzero(usable).tolist()
    for window, start in enumerate(windows.starts):
        expected, step = [int(start)], int(start)
        while len(expected) < chunk and joined(step + 1):
            step += 1
            if usable[step]:
                expected.append(step)
            elif not (bridge_idle and idle[step] and frames.labels[step] != -10):
                break
        mask = windows.chunk_mask[window]
        assert windows.chunk_index[window][mask].tolist() == expected
        assert mask.tolist() == [n < len(expected) for n in range(chunk)]
        assert set(windows.chunk_index[window].tolist()) == set(expected)
        seen = windows.history_index([window])[0]
        assert seen[-1] == start
        for older, newer in pairwise(seen):
            assert older == newer or (older == newer - 1 and joined(int(newer)))


def test_a_batch_holds_what_the_frames_hold() -> None:
    """Observations, actions, mask and label of a window are those of its steps."""
    frames = Frames([episode([0] * 5, seed=1), episode([-1] * 6, seed=2)])
    windows = Windows(frames, chunk=4, history=2)
    batch = windows.batch([0, 3, 10])
    assert batch["front_image"].shape == (3, 2, SIZE, SIZE, 3)
    assert batch["front_image"].dtype == np.uint8
    assert batch["actions"].shape == (3, 4, 7)
    assert batch["mask"].sum(axis=1).tolist() == [4, 2, 1]
    assert batch["label"].tolist() == [0, 0, -1]
    assert batch["index"].tolist() == [0, 3, 10]
    np.testing.assert_array_equal(batch["actions"][1, :2], frames.actions[3:5])
    np.testing.assert_array_equal(batch["front_image"][1], frames.images["front_image"][2:4])
    np.testing.assert_array_equal(batch["ee_pos"][0], frames.observations["ee_pos"][[0, 0]])
    assert "front_image" not in windows.batch([0], images=False)


def test_steps_before_an_intervention_are_dropped_and_cut() -> None:
    """The policy's steps that led to a takeover are in no chunk, the rest has its class."""
    frames = Frames([episode([0] * 20 + [1] * 5 + [0] * 3)])
    windows = Windows(frames, chunk=8)
    assert windows.starts.tolist() == [*range(5), *range(20, 28)]
    assert windows.classes.tolist() == [0] * 5 + [1] * 5 + [0] * 3
    assert windows.chunk_mask.sum(axis=1).tolist() == [5, 4, 3, 2, 1, 5, 4, 3, 2, 1, 3, 2, 1]


def test_idle_steps_cut_chunks_or_are_bridged() -> None:
    """An idle step either ends a chunk or is left out of it."""
    frames = Frames([episode([0] * 6, idle={2, 3})])
    assert Windows(frames, chunk=4).chunk_mask.sum(axis=1).tolist() == [2, 1, 2, 1]
    bridged = Windows(frames, chunk=4, bridge_idle=True)
    assert bridged.chunk_index[0].tolist() == [0, 1, 4, 5]
    assert len(Windows(frames, chunk=4, drop_idle=False)) == 6


def test_a_step_that_moves_only_the_gripper_is_not_idle() -> None:
    """Closing the gripper counts at the change of its command, not while it is held."""
    actions = np.zeros((5, 7), np.float32)
    actions[:, 6] = [-1, -1, 1, 1, -1]
    first = np.array([True, False, False, False, True])
    assert idle_steps(actions, first).tolist() == [True, True, False, True, True]


def test_frames_grow_as_rounds_add_episodes(tmp_path: Path) -> None:
    """Extending equals constructing again, from memory and from files."""
    episodes = [episode([0] * n, seed=n) for n in (3, 5, 2, 7)]
    paths = [tmp_path / f"{n}.hdf5" for n in range(4)]
    for made, path in zip(episodes, paths, strict=True):
        made.write(path)
    grown = Frames(episodes[:1])
    grown.extend(episodes[1:3])
    grown.extend(map(Episode.read, paths[3:]))
    for frames in (grown, Frames.read(paths)):
        assert len(frames) == 17
        assert frames.episode.tolist() == [0] * 3 + [1] * 5 + [2] * 2 + [3] * 7
        np.testing.assert_array_equal(
            frames.actions, np.concatenate([made.actions for made in episodes])
        )
        np.testing.assert_array_equal(
            frames.images["wrist_image"][16], episodes[3].observations["wrist_image"][-1]
        )
    assert [summary.path for summary in Frames.read(paths).episodes] == paths


def test_damaged_files_are_named_and_skipped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The other episodes are used."""
    good, bad = tmp_path / "good.hdf5", tmp_path / "bad.hdf5"
    episode([0] * 3).write(good)
    bad.write_bytes(good.read_bytes()[:2000])
    with caplog.at_level(logging.WARNING):
        assert len(Frames.read([bad, good])) == 3
    assert "bad.hdf5" in caplog.text


def test_frames_without_images_have_the_rest() -> None:
    """Features that are cached elsewhere need no images in memory."""
    frames = Frames([episode([0] * 3)], images=False)
    assert frames.images == {}
    assert len(Windows(frames).batch([0, 1])["actions"]) == 2


def test_episodes_that_do_not_fit_together_are_refused() -> None:
    """Another image size is named with the episode, and changes nothing."""
    frames = Frames([episode([0] * 3)])
    with pytest.raises(BadValue, match="front_image of episode"):
        frames.extend([made_up_episode([0], image_size=SIZE + 1)])
    assert len(frames) == 3


def test_nothing_gives_no_windows() -> None:
    """Without usable steps there are no windows, and no error."""
    assert len(Windows(Frames([episode([0] * 3, idle={0, 1, 2})]))) == 0
    with pytest.raises(BadValue, match="column"):
        Frames().column("force")
    with pytest.raises(BadValue, match="chunk"):
        Windows(Frames([episode([0])]), chunk=0)


def test_empty_frames_give_no_windows() -> None:
    """A workspace without episodes is no special case."""
    assert len(Windows(Frames())) == 0
