import sys
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.database import (
    Database,
    EffortEntry,
    EvaluationEntry,
    EventEntry,
    EventKind,
)
from sidestick.datasets.judgements.judgements import Judge
from sidestick.datasets.tables import tables
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import SidestickError, UnknownName
from tests.datasets.test_judgements import CHUNK, IDS, made_up_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace: three episodes, four judgements, an evaluation, an effort, a change of level."""
    made = made_up_workspace(tmp_path / "ws")
    judge = Judge(made, "ada")
    judge.undo(judge.say(IDS[0], "verdict", verdict="success"))
    judge.say(IDS[0], "verdict", verdict="failure")
    judge.say(IDS[1], "prediction", 4, grade="accept", policy="0001", novelty=0.7, actions=CHUNK)
    judge.say(IDS[1], "click", 2, camera="front", item="can", x=4, y=5)
    database = Database(made.db_path)
    outcome = {"seed": 5, "success": True, "length": 90, "stage": "place", "progress": 1.0}
    database.add_evaluation(
        EvaluationEntry("0001", "ShelfPick", 5, 10, 7, payload={"per_episode": [outcome]})
    )
    database.add_effort(EffortEntry(1, "supervised", 12.0, 30.0, 2, 4))
    database.add_event(EventEntry(EventKind.LEVEL, {"before": 0, "after": 1, "why": "earned"}))
    return made


def test_every_table_has_its_rows_and_columns(workspace: Workspace) -> None:
    """Every row has every column."""
    counts = {
        "episodes": 3, "judgements": 5, "standing": 2, "predictions": 1, "clicks": 1,
        "evaluations": 1, "outcomes": 1, "efforts": 1, "ladder": 1, "events": 1, "comparisons": 0,
    }  # fmt: skip
    for name, count in counts.items():
        table = tables.ALL[name](workspace)
        assert len(table) == count, name
        assert all(set(row) == set(table.columns) for row in table), name
        assert table.to_numpy().dtype.names == table.columns
    assert set(tables.ALL) - set(counts) == {"steps"}


def test_the_values_are_those_of_the_workspace(workspace: Workspace) -> None:
    """Resolved judgements are beside the recorded values; undone ones are marked."""
    episodes = tables.episodes(workspace.path)
    assert episodes[0]["success"] is True
    assert episodes[0]["judged"] is False
    assert [row["stands"] for row in tables.judgements(workspace)] == [
        False,
        False,
        True,
        True,
        True,
    ]
    (evaluation,) = tables.evaluations(workspace)
    assert evaluation["low"] < 0.7 < evaluation["high"]
    assert tables.ladder(workspace)[0]["after"] == "shadow"
    assert tables.clicks(workspace)[0]["x"] == 4
    steps = tables.steps(workspace, IDS[0])
    assert len(steps) == 20
    assert steps[3]["driver"] == "human"
    assert steps[3]["stage"] == "reach"


def test_columns_come_as_arrays_and_missing_numbers_as_nan(workspace: Workspace) -> None:
    """The error for an unknown name lists the known ones."""
    episodes = tables.episodes(workspace)
    assert episodes.column("steps").tolist() == [20, 20, 20]
    array = episodes.to_numpy()
    np.testing.assert_array_equal(np.isnan(array["quality"]), [True] * 3)
    assert len(episodes[1:]) == 2
    with pytest.raises(UnknownName, match="takeovers"):
        episodes.column("take-overs")


def test_pandas_is_used_where_it_is_and_asked_for_where_not(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A DataFrame of the same rows, or an error with the pip command."""

    class FakePandas:
        @staticmethod
        def DataFrame(rows: list[dict[str, object]], columns: list[str]) -> tuple[int, list[str]]:
            return len(rows), columns

    monkeypatch.setitem(sys.modules, "pandas", FakePandas)
    table = tables.efforts(workspace)
    assert table.to_pandas() == (1, list(table.columns))
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(SidestickError, match="pip install pandas"):
        table.to_pandas()
