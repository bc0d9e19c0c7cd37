import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidestick.datasets.episode import Episode, episode_summary
from sidestick.datasets.hdf5 import Branch
from sidestick.datasets.step import EpisodeHeader
from sidestick.datasets.summary import RecordedOutcome
from sidestick.sim_envs.errors import BadValue, DamagedFile
from tests.synthetic import made_up_episode, made_up_header, made_up_steps

SIZE = 16
MODES = st.lists(st.sampled_from([-1, 0, 1]), min_size=1, max_size=40)
HEADERS = st.builds(
    EpisodeHeader,
    task=st.just("ShelfPick"),
    instruction=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    goal=st.just("can"),
    seed=st.integers(0, 2**31),
    operator=st.just("Zoë"),
    level=st.integers(0, 5),
    policy_id=st.none() | st.just("0003"),
    stages=st.just(("reach", "grasp")),
    goal_names=st.just(("can", "box")),
    env_args=st.dictionaries(st.sampled_from(["a", "b"]), st.integers() | st.floats(0, 1)),
    started=st.floats(0, 4e9),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The path of a written episode of 40 steps."""
    path = tmp_path / "a b é.hdf5"
    made_up_episode([-1] * 10 + [0] * 20 + [1] * 10, image_size=SIZE).write(path)
    return path


def assert_equal(one: object, other: object) -> None:
    """Compare arrays by value and type, everything else as it is."""
    if isinstance(one, dict) and isinstance(other, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_equal(one[key], other[key])
    elif isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    else:
        assert one == other


@settings(max_examples=25, deadline=None)
@given(MODES, HEADERS, st.booleans(), st.booleans(), st.booleans())
def test_an_episode_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory,
    modes: list[int],
    header: EpisodeHeader,
    success: bool,
    complete: bool,
    with_end: bool,
) -> None:
    """Writing and reading are inverse, for every length, header and way to end."""
    made = made_up_episode(modes, seed=len(modes), image_size=SIZE)
    summary = replace(made.summary, header=header, outcome=RecordedOutcome(success, complete, 7.5))
    end = {} if with_end else {"final_observation": None, "final_state": None}
    episode = replace(made, summary=summary, **end)
    path = tmp_path_factory.mktemp("episode") / "one.hdf5"
    episode.write(path)
    read = Episode.read(path)
    assert replace(read.summary, path=None) == summary
    for f in fields(Episode):
        if f.name != "summary":
            assert_equal(getattr(read, f.name), getattr(episode, f.name))
    assert episode_summary(path) == read.summary


def test_a_file_opens_as_a_robomimic_dataset_in_plain_h5py(path: Path) -> None:
    """Names, shapes, types and attributes are those that robomimic's reader expects."""
    with h5py.File(path, "r", swmr=True, libver="latest") as file:
        data, demo = file["data"], file["data/demo_0"]
        assert data.attrs["total"] == demo.attrs["num_samples"] == 40
        assert "type" not in json.loads(data.attrs["env_args"])  # as in the header
        assert demo["actions"].shape == (40, 7)
        assert np.abs(demo["actions"]).max() <= 1
        assert demo["dones"][-1] == 1
        assert demo["rewards"].shape == (40,)
        assert demo["states"].shape[0] == 40
        image = demo["obs/front_image"]
        assert (image.dtype, image.shape) == (np.uint8, (40, SIZE, SIZE, 3))
        assert image.chunks == (16, SIZE, SIZE, 3)
        assert image.compression == "gzip"
        assert demo["action_modes"].dtype == demo["intv_labels"].dtype == np.int64


def test_every_dataset_carries_a_checksum(path: Path) -> None:
    """No array of an episode can change without being noticed."""
    unprotected: list[str] = []

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and not item.fletcher32:
            unprotected.append(name)

    with h5py.File(path) as file:
        file.visititems(visit)
    assert unprotected == []


def test_images_can_be_left_out(path: Path) -> None:
    """Without images an episode has everything else."""
    episode = Episode.read(path, images=False)
    assert [name for name in episode.observations if name.endswith("_image")] == []
    assert episode.observations["ee_pos"].shape == (40, 3)
    assert len(episode) == 40


def test_the_observation_after_the_last_step_is_the_final_one(path: Path) -> None:
    """A replay or an export of T + 1 observations can ask for all of them."""
    episode = Episode.read(path)
    assert episode.final_observation is not None
    assert_equal(episode.observation(40), dict(episode.final_observation))
    assert_equal(episode.observation(3)["ee_pos"], episode.observations["ee_pos"][3])


def test_an_episode_shows_shapes_not_values(path: Path) -> None:
    """An episode in a traceback is readable."""
    shown = repr(Episode.read(path))
    assert f"front_image: uint8[40, {SIZE}, {SIZE}, 3]" in shown
    assert "actions=float32[40, 7]" in shown


def test_no_steps_make_no_episode() -> None:
    """An episode has at least one step."""
    with pytest.raises(BadValue, match="steps: expected at least one"):
        Episode.of_steps(made_up_header(), [], success=True)


def test_writing_replaces_a_file_whole_or_not_at_all(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When writing fails, the old file stays and nothing else is left."""
    before = path.read_bytes()

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sidestick.datasets.files.durable.os.fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        made_up_episode([0], image_size=SIZE).write(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def edited(path: Path, key: str, value: object) -> None:
    """Replace a dataset, or delete it."""
    with h5py.File(path, "a") as file:
        demo = file["data/demo_0"]
        del demo[key]
        if value is not None:
            demo[key] = value


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("actions", None, "actions: missing"),
        ("actions", np.zeros((40, 6), np.float32), r"actions: expected float32\[40, 7\]"),
        ("obs/front_image", np.zeros((40, SIZE, SIZE, 3), np.float32), "obs/front_image: expected"),
        ("states", np.zeros((39, 112)), "states: expected"),
        ("final_obs/ee_pos", None, "final_obs/ee_pos: missing"),
        ("obs", None, "obs"),
    ],
)
def test_a_file_that_does_not_fit_the_schema_is_named_with_what_is_wrong(
    path: Path, key: str, value: object, reason: str
) -> None:
    """Missing, misshapen and mistyped datasets have different messages."""
    edited(path, key, value)
    with pytest.raises(DamagedFile, match=f"a b é.hdf5: .*{reason}"):
        Episode.read(path)


def test_attributes_of_another_kind_are_refused(path: Path) -> None:
    """Text of variable length is never read: if damaged, HDF5 may loop for ever."""
    with h5py.File(path, "a") as file:
        file["data/demo_0"].attrs["note"] = "variable"
    with pytest.raises(DamagedFile, match="attribute note"):
        episode_summary(path)


def test_a_later_format_is_refused_with_its_version(path: Path) -> None:
    """A file of a later Sidestick is not misread."""
    episode = Episode.read(path)
    replace(episode, summary=replace(episode.summary, version=99)).write(path)
    with pytest.raises(DamagedFile, match="format version 99"):
        Episode.read(path)


def test_a_file_that_claims_to_be_huge_is_refused_before_it_is_read(path: Path) -> None:
    """A claimed petabyte costs no memory."""
    with h5py.File(path, "a") as file:
        demo = file["data/demo_0"]
        del demo["states"]
        demo.create_dataset("states", (40, 2**40), "<f8", chunks=(1, 1024))
    with pytest.raises(DamagedFile, match=r"claims .* bytes, more than the file can hold"):
        Episode.read(path)


@pytest.mark.parametrize("content", [b"", b"\x89HDF", b"hello" * 1000])
def test_foreign_files_are_refused(tmp_path: Path, content: bytes) -> None:
    """Empty and unrelated files are named, never a crash."""
    path = tmp_path / "foreign.hdf5"
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match=r"foreign.hdf5"):
        Episode.read(path)
    with pytest.raises(DamagedFile, match=r"foreign.hdf5"):
        episode_summary(path)


def test_an_hdf5_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """An HDF5 file without our groups is named."""
    path = tmp_path / "other.hdf5"
    with h5py.File(path, "w") as file:
        file["data"] = np.zeros(3)
    with pytest.raises(DamagedFile, match=r"other.hdf5: not a Sidestick episode"):
        Episode.read(path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_copy_is_read_the_same_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """With any byte changed, or the end cut off, damage is never read as data."""
    whole = _written_once()
    content = bytearray(whole[1])
    if data.draw(st.booleans(), label="truncate"):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("damaged") / "one.hdf5"
    path.write_bytes(content)
    try:
        read = Episode.read(path)
    except DamagedFile:
        return
    assert_equal(read.columns, whole[0].columns)


_written: list[tuple[Episode, bytes]] = []


def _written_once() -> tuple[Episode, bytes]:
    """An episode and the bytes of its file."""
    if not _written:
        episode = made_up_episode([0] * 20, image_size=8)
        _written.append((episode, episode.encode()))
    return _written[0]


def test_steps_in_memory_and_steps_through_a_file_are_the_same(tmp_path: Path) -> None:
    """An episode made of Steps equals the one that was recorded and read."""
    steps = made_up_steps([0, 0, 1], image_size=SIZE)
    episode = Episode.of_steps(made_up_header(), steps, success=False)
    episode.write(tmp_path / "x.hdf5")
    assert_equal(Episode.read(tmp_path / "x.hdf5").columns, episode.columns)


def test_a_column_without_a_number_is_not_in_the_file_and_reads_as_none(tmp_path: Path) -> None:
    """Files from before the column are such files; each branch of a rewind decides for itself."""
    seen = made_up_episode([0] * 4, image_size=SIZE)
    cut_off = {key: rows.copy() for key, rows in seen.columns.items()}
    cut_off["round_trip_ms"][:] = 25
    with_branch = replace(seen, abandoned=(Branch(2, cut_off),))
    for number, episode in enumerate((seen, with_branch)):
        path = tmp_path / f"{number}.hdf5"
        episode.write(path)
        with h5py.File(path) as file:
            assert "round_trip_ms" not in file["data/demo_0"]
        back = Episode.read(path)
        assert np.isnan(back.round_trip_ms).all()
        assert [b.columns["round_trip_ms"].tolist() for b in back.abandoned] == [[25] * 4] * number


def test_a_column_that_may_be_missing_is_checked_where_it_is(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file["data/demo_0"]["round_trip_ms"] = np.zeros(3, "<f4")
    with pytest.raises(DamagedFile, match="round_trip_ms: expected"):
        Episode.read(path)
