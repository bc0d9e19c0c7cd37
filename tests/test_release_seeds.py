"""The seeds of a release's figures are drawn once, recorded, and used by nothing else."""

import json
from pathlib import Path

import pytest

from benchmarks.release import BLOCK, DRAWN, draw, release_seeds
from benchmarks.rows import read_rows
from sidestick.sim_envs.errors import BadValue, UnknownName
from sidestick.teleop.evaluation.seeds import RELEASE


def test_a_release_draws_a_block_of_its_own_once(tmp_path: Path) -> None:
    """The draw is written down, a second one is refused, and other releases get other blocks."""
    drawn = tmp_path / "releases.jsonl"
    row = draw("0.2", drawn)
    assert json.loads(drawn.read_text()) == row
    with pytest.raises(BadValue, match="not drawn yet"):
        draw("0.2", drawn)
    assert read_rows(drawn) == [row]
    firsts = {draw(f"1.{number}", drawn)["first_seed"] for number in range(20)}
    assert len(firsts | {row["first_seed"]}) == 21


def test_seeds_of_a_release_lie_in_its_block_alone(tmp_path: Path) -> None:
    """They are always the same; more than the block has, and unknown releases, are refused."""
    drawn = tmp_path / "releases.jsonl"
    first = draw("0.2", drawn)["first_seed"]
    seeds = release_seeds("0.2", BLOCK, drawn)
    assert seeds == release_seeds("0.2", BLOCK, drawn) == range(first, first + BLOCK)
    assert seeds[0] in RELEASE
    assert seeds[-1] in RELEASE
    with pytest.raises(BadValue, match="at most"):
        release_seeds("0.2", BLOCK + 1, drawn)
    with pytest.raises(UnknownName, match=r"0\.3"):
        release_seeds("0.3", 1, drawn)


def test_the_blocks_on_record_were_drawn_from_the_range() -> None:
    """Every recorded block lies in the range of releases, and no two releases share one."""
    rows = read_rows(DRAWN)
    assert all(row["first_seed"] in RELEASE for row in rows)
    assert len({row["first_seed"] for row in rows}) == len(rows)
    assert all(row["drawn"] and row["commit"] for row in rows)
