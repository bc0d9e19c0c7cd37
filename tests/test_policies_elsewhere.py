"""A policy on somebody else's server, and ours on ours, through the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidestick.policies.remote.consent import VARIABLE
from tests.in_process import Run, command_line
from tests.own_packages import blocks, example, server

pytestmark = pytest.mark.slow
WORLD = "own_pack.plotter:make"
ONE = ("--workers", "1", "--json")
HEADLESS = ("--headless", "--driver", "simulated", "--json")


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Commands in a folder with a workspace of three demonstrations."""
    run = command_line(tmp_path, monkeypatch, capsys, plotter=example("own-robot.md"))
    run("drive", "plot", "--env", WORLD, "--episodes", "3", *HEADLESS)
    yield run
    sys.modules.pop("own_pack.plotter", None)
    sys.modules.pop("own_pack", None)


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The server of docs/policy-api.md, which solves the task by what it sees."""
    code = blocks("policy-api.md", "python")[1].replace("port=8000", "port=0")
    started, url = server(tmp_path, code)
    with started:
        yield started, url
        started.kill()


def test_a_strangers_policy_is_evaluated_compared_and_taken_over(
    run: Run, stranger: tuple["subprocess.Popen[str]", str]
) -> None:
    """As one of our own, which it is compared with; dead, it is said before anything is driven."""
    process, url = stranger
    run("train", "plot", "--steps", "4", "--batch", "8", "--selection-episodes", "0", "--json")
    added = run("policies", "plot", "--remote", url, "--remote-options", '{"execute": 1}', "--json")
    assert [(one["policy"], one["kind"]) for one in added["policies"]] == [
        ("0001", "demonstrations"), ("0002", "elsewhere"),
    ]  # fmt: skip
    found = run("evaluate", "plot", "--policy", "0002", "--episodes", "5", *ONE)
    assert (found["successes"], found["unanswered"]) == (5, 0)
    compared = run("compare", "plot", "0001", "0002", "--episodes", "12", *ONE)
    assert compared["verdict"] == "B is better"
    helped = ("--level", "supervised", "--override", "--policy", "0002", "--first-seed", "50")
    driven = run("drive", "plot", "--episodes", "2", *helped, *HEADLESS)
    assert driven["policy_steps"] > 0
    gated = run("policies", "plot", "--gate", "0002", "--gate-pairs", "30", *ONE)
    assert gated["policy"] == "0002"  # by driving alone, as its networks are elsewhere
    assert run("check", "plot", "--json")["damaged"] == []
    assert "networks" in run("serve-policy", "plot", "--policy", "0002", ok=False)
    process.kill()
    process.wait()
    told = run("evaluate", "plot", "--policy", "0002", "--episodes", "2", ok=False)
    assert f"{url}: no answer" in told


def test_a_workspace_from_elsewhere_asks_no_server_unasked(
    run: Run, stranger: tuple["subprocess.Popen[str]", str], tmp_path: Path
) -> None:
    """The user's settings know who was named; a lying server makes no policy."""
    _, url = stranger
    wrong = ("policies", "plot", "--remote", url, "--remote-options")
    told = run(*wrong, '{"low": [0, 0], "high": [0.1, 0.1]}', ok=False)
    assert "once `low` and `high` are applied" in told
    assert "JSON object with" in run(*wrong, '{"exec": 1}', ok=False)
    run("policies", "plot", "--remote", url, "--json")
    (tmp_path / "settings/policy_servers.txt").unlink()
    os.environ[VARIABLE] = ""  # another day's process
    told = run("evaluate", "plot", "--episodes", "2", ok=False)
    assert f"--allow-server {url}" in told
    run("policies", "plot", "--allow-server", url, "--json")
    run("evaluate", "plot", "--episodes", "2", *ONE)


def test_our_policy_drives_in_another_workspace_by_its_address(run: Run, tmp_path: Path) -> None:
    """`serve-policy` on one side and `policies --remote` on the other, also by post."""
    run("train", "plot", "--steps", "4", "--batch", "8", "--selection-episodes", "0", "--json")
    run("drive", "other", "--env", WORLD, "--episodes", "1", *HEADLESS)
    command = [sys.executable, "-m", "sidestick.teleop.cli.main", "serve-policy", "plot"]
    command += ["--port", "0", "--json"]
    with subprocess.Popen(command, cwd=tmp_path, text=True, stdout=subprocess.PIPE) as serving:
        try:
            assert serving.stdout is not None
            lines = []
            while not lines or lines[-1].rstrip() != "}":
                lines.append(serving.stdout.readline())
            said = json.loads("".join(lines))
            assert said["token"] is None
            for address in (said["url"], said["act"]):
                run("policies", "other", "--remote", address, "--json")
            here = run("evaluate", "plot", "--episodes", "2", *ONE)
            for number in ("0001", "0002"):
                there = run("evaluate", "other", "--policy", number, "--episodes", "2", *ONE)
                assert there["mean_length"] == here["mean_length"]
                assert there["unanswered"] == 0
        finally:
            serving.terminate()
