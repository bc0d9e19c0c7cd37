"""The benchmark of teaching: what each seed is shown, and what is measured where."""

from pathlib import Path

import pytest

from benchmarks.pupil import Options, Pupil, evaluation_seeds
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.step import ActionMode, Level
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.session.attention_model import ATTENTION
from tests.synthetic import made_up_episode


@pytest.fixture
def source(tmp_path: Path) -> Workspace:
    """A workspace of six demonstrations of 20 steps."""
    made = Workspace.create(tmp_path / "source", WorkspaceConfig("ShelfPick", image_size=8))
    for number in range(6):
        name = f"20250101T00000{number}-0000000{number}"
        episode = made_up_episode([ActionMode.DEMONSTRATION] * 20, number, True, 8, name)
        object.__setattr__(episode.summary.header, "level", Level.DEMONSTRATE)
        episode.write(made.episodes_dir / f"{name}.hdf5")
    return made


def test_seeds_share_no_demonstration_and_the_ledger_knows_their_cost(
    source: Workspace, tmp_path: Path
) -> None:
    """Each begins with the next block; what was shown is driven and attended."""
    options = Options(source.path, tmp_path / "rows", reserved=3)
    shown = []
    for seed in (0, 1):
        pupil = Pupil(options, "corrections", seed, tmp_path)
        pupil.show(2)
        pupil.show(1)
        shown.append([s.id for s in pupil.workspace.summaries()])
        cost = pupil.cost
        assert (cost.driven_s, cost.watched_s, cost.begun, cost.verdicts) == (3.0, 0.0, 3, 3)
        assert cost.attended_s == pytest.approx(ATTENTION.attended_s(3.0, 0.0, 3, 3, 0))
        pupil.close()
    assert [len(ids) for ids in shown] == [3, 3]
    assert not set(shown[0]) & set(shown[1])
    with pytest.raises(BadValue, match="9 demonstrations"):
        Pupil(options, "corrections", 2, tmp_path)


def test_policies_are_evaluated_where_nothing_is_learnt(tmp_path: Path) -> None:
    """From a given seed on; a block that is learnt from is refused."""
    out = tmp_path / "rows"
    assert evaluation_seeds(Options(tmp_path, out, evaluation_first=30_000, episodes=5)) == range(
        30_000, 30_005
    )
    for first in (0, 19_999, 99_999):
        with pytest.raises(BadValue, match="evaluation-first"):
            evaluation_seeds(Options(tmp_path, out, evaluation_first=first, episodes=5))
