"""The seeds of a release's figures are drawn once, recorded, and used by nothing else."""

import json
from pathlib import Path

import pytest

from benchmarks.release import BLOCK, DRAWN, draw, release_seeds
from benchmarks.rows import read_rows
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import BadValue, UnknownName
from sidestick.teleop.cli.main import main
from sidestick.teleop.evaluation.compare import unseen_seeds
from sidestick.teleop.evaluation.seeds import LATER_PRACTICE, RELEASE, check_reserved


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


@pytest.mark.parametrize("first", [RELEASE.first - 3, RELEASE.first, LATER_PRACTICE.first - 1])
@pytest.mark.parametrize(
    "verb",
    [
        "evaluate x --episodes 4 --first-seed",
        "drive x --task ShelfPick --headless --driver simulated --episodes 4 --first-seed",
        "pretrain --out x --scenes 4 --held-out 1 --first-seed",
    ],
)
def test_verbs_refuse_seeds_of_a_release(
    verb: str,
    first: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Also where only the last of them is one; nothing is made, and the reason is said."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main([*verb.split(), str(first)])
    assert ended.value.code == 2
    found = capsys.readouterr()
    assert "reserved for a release's final figures" in " ".join(found.err.split())
    assert (found.out, list(tmp_path.iterdir())) == ("", [])


def test_comparisons_drive_no_seeds_of_a_release(tmp_path: Path) -> None:
    """Nor do they run into them over recorded ones."""
    workspace = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick"))
    assert unseen_seeds(workspace, RELEASE.first - 8, 8)[-1] == RELEASE.first - 1
    for first in (RELEASE.first - 7, RELEASE.first + 5):
        with pytest.raises(BadValue, match="reserved"):
            unseen_seeds(workspace, first, 8)


def test_a_release_asks_for_its_seeds_and_for_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --release, an evaluation goes on to look for the workspace, or refuses other seeds."""
    monkeypatch.chdir(tmp_path)
    check_reserved(range(RELEASE.first, RELEASE.first + 100), release=True)
    said = []
    for first in (RELEASE.first, 20_000, RELEASE.first - 1):
        with pytest.raises(SystemExit):
            main(["evaluate", "x", "--release", "--first-seed", str(first)])
        said.append(" ".join(capsys.readouterr().err.split()))
    assert "seed" not in said[0]
    assert all("--first-seed with --release: expected seeds from 900000000" in s for s in said[1:])
