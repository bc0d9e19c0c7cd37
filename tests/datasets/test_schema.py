from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.episode import COLUMN_FIELDS
from sidestick.datasets.labels import intervention_labels
from sidestick.datasets.schema import (
    COLUMNS,
    FORMAT_VERSION,
    OBS,
    Sizes,
    columns,
    markdown_table,
    step_dtype,
)
from sidestick.datasets.step import Step
from sidestick.datasets.step_packing import Packer, sizes_of
from sidestick.sim_envs.errors import BadValue
from sidestick.sim_envs.spaces import observation_space
from tests.synthetic import made_up_step

SIZES = Sizes(cameras=("front", "wrist"), image=96, goals=6, state=112)


def test_every_column_comes_from_a_step_or_is_made_at_conversion() -> None:
    """The table's sources are attributes of Step, and only the labels are made later."""
    sources = {column.source for column in COLUMNS if column.source}
    assert sources == set(Step.__slots__)
    assert [column.key for column in COLUMNS if not column.source] == ["intv_labels"]


def test_the_episode_has_a_field_for_every_column() -> None:
    """Episode's fields and the table name the same columns."""
    keys = {column.key for column in COLUMNS if not column.key.startswith(OBS)}
    assert set(COLUMN_FIELDS) == keys


def test_the_table_covers_the_observation_space() -> None:
    """Every entry of an environment's observation has a column of its type and shape."""
    table = {column.key: column for column in columns(SIZES.cameras)}
    space = observation_space(num_goals=6)
    assert {key.removeprefix(OBS) for key in table if key.startswith(OBS)} == set(space.keys())
    for name, box in space.items():
        assert SIZES.shape(table[OBS + name].shape) == box.shape
        assert np.dtype(table[OBS + name].dtype) == box.dtype


def test_no_column_is_newer_than_the_format() -> None:
    """A column's version is at most the format's."""
    assert all(1 <= column.since <= FORMAT_VERSION for column in COLUMNS)


def test_the_documentation_lists_every_column() -> None:
    """The Markdown table has one row per column."""
    assert all(f"`{column.key}`" in markdown_table() for column in COLUMNS)


def test_the_documents_show_the_table() -> None:
    """docs/data.md contains the generated table."""
    page = Path(__file__).parents[2] / "docs" / "data.md"
    assert markdown_table() in page.read_text()


def test_labels_mark_the_steps_before_each_intervention() -> None:
    """The 15 rollout steps before an intervention become -10, nothing else changes."""
    modes = np.array([0] * 20 + [1] * 3 + [0] * 5 + [1] * 2 + [-1] * 2, np.int64)
    expected = np.array([0] * 5 + [-10] * 15 + [1] * 3 + [-10] * 5 + [1] * 2 + [-1] * 2, np.int64)
    np.testing.assert_array_equal(intervention_labels(modes), expected)
    assert modes[10] == 0


@pytest.mark.parametrize("modes", [[], [1], [1, 1], [0], [-1, -1]])
def test_labels_without_anything_before_an_intervention_are_the_modes(modes: list[int]) -> None:
    """Episodes that start with an intervention, or have none, keep their modes."""
    array = np.array(modes, np.int64)
    np.testing.assert_array_equal(intervention_labels(array), array)


def packed(step: Step) -> np.ndarray:
    """A step as its row."""
    packer = Packer(sizes_of(step.observation, step.state))
    packer.pack(step)
    return np.frombuffer(bytes(packer.record), packer.layout)


def changed(step: Step, **values: object) -> Step:
    """A step with other values."""
    return Step(**{name: values.get(name, getattr(step, name)) for name in Step.__slots__})


def test_a_packed_step_holds_what_the_step_held() -> None:
    """Packing keeps every value and turns an absent action into NaN."""
    step = changed(made_up_step(np.random.default_rng(0)), takeover_id=3, novelty=0.5)
    row = packed(step)[0]
    np.testing.assert_array_equal(row["obs/front_image"], step.observation["front_image"])
    np.testing.assert_array_equal(row["states"], step.state)
    np.testing.assert_array_equal(row["actions"], step.action)
    assert np.isnan(row["policy_actions"]).all()
    assert (row["takeover_id"], row["novelty"], row["driver"]) == (3, 0.5, 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("action", np.full(7, np.nan, np.float32)),
        ("action", np.full(7, 1.5, np.float32)),
        ("action", np.zeros(6, np.float32)),
        ("human_action", np.zeros((1, 7), np.float32)),
        ("driver", 300),
        ("stage", "grasp"),
        ("takeover_id", None),
        ("state", np.zeros(3, complex)),
    ],
)
def test_a_step_that_does_not_fit_is_refused_with_its_field(field: str, value: object) -> None:
    """The error names the invalid field and what was expected."""
    good = made_up_step(np.random.default_rng(0))
    packer = Packer(sizes_of(good.observation, good.state))
    with pytest.raises(BadValue, match=f"^{field}: expected"):
        packer.pack(changed(good, **{field: value}))


def test_observations_with_other_entries_or_images_are_refused() -> None:
    """A missing entry, an unknown one, and float images are named."""
    good = made_up_step(np.random.default_rng(0))
    packer = Packer(sizes_of(good.observation, good.state))
    seen = dict(good.observation)
    for bad in (
        {name: value for name, value in seen.items() if name != "ee_pos"},
        {**seen, "force": np.zeros(3)},
        {**seen, "front_image": seen["front_image"].astype(np.float32)},
        {**seen, "front_image": seen["front_image"][:48]},
    ):
        with pytest.raises(BadValue, match=r"observation|front_image"):
            packer.pack(changed(good, observation=bad))
    with pytest.raises(BadValue, match="observation"):
        sizes_of({"goal": np.zeros(3, np.float32)}, good.state)


def test_a_step_shows_shapes_not_values() -> None:
    """A step in a traceback is one readable line."""
    shown = repr(made_up_step(np.random.default_rng(0)))
    assert "front_image: uint8[96, 96, 3]" in shown
    assert "action=float32[7]" in shown
    assert len(shown) < 600


def test_one_step_is_small() -> None:
    """Beside its images a step takes under 2 KiB in the journal."""
    images = 2 * 96 * 96 * 3
    assert step_dtype(SIZES).itemsize - images < 2048
