"""Episodes of other tools have no seed or no states: what simulates them again says so."""

from dataclasses import replace

import pytest

from sidestick.datasets.episode import Episode
from sidestick.datasets.formats.registry import import_into
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.evaluation.replay import RestoredMoment, pictures, recorded_view, verify
from sidestick.teleop.review.review_queue import is_audited
from tests.foreign import foreign_demo, write_foreign_file


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Episode:
    folder = tmp_path_factory.mktemp("imported")
    kwargs = {"num_items": 2, "image_size": 32}
    source = write_foreign_file(
        folder / "demos.hdf5",
        [foreign_demo()],
        env_name="sidestick.sim_envs:sidestick/ShelfPick-v0",
        env_kwargs=kwargs,
    )
    import_into("robomimic", source, folder / "ws")
    return Episode.read(Workspace.open(folder / "ws").episodes()[0])


def seeded(episode: Episode) -> Episode:
    """The episode with a seed, and no states."""
    header = replace(episode.summary.header, seed=3)
    summary = replace(episode.summary, header=header)
    return replace(episode, summary=summary, states=episode.states[:, :1] * 0)


def test_what_has_no_seed_is_neither_verified_nor_drawn(imported: Episode) -> None:
    """The message says why, in our words."""
    for simulate in (
        verify,
        lambda e: next(pictures(e, "front", 32, 32)),
        lambda e: RestoredMoment(e, 0),
    ):
        with pytest.raises(BadValue, match="without: another tool recorded it"):
            simulate(imported)


def test_what_has_a_seed_and_no_states_is_not_compared(imported: Episode) -> None:
    """As a collector of our own environment records it."""
    for simulate in (verify, lambda e: next(pictures(e, "front", 32, 32))):
        with pytest.raises(BadValue, match="whose states are recorded"):
            simulate(seeded(imported))


def test_reviews_go_on_without_a_seed(imported: Episode) -> None:
    """The camera stands where the task has it; no draw of audits is made of a seed."""
    recorded_view(imported, "front")
    header = replace(imported.summary.header, level=Level.AUTONOMOUS)
    assert not is_audited(replace(imported.summary, header=header))
