"""This test learns while driving in a real window: a new policy drives, and a key rolls it back.

Real processes throughout: the window with the simulated operator in it, and the learner beside it.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.journal_recovery import JOURNAL
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.perception.network import Perception, PerceptionConfig
from sidestick.policies.store import PolicyStore
from sidestick.teleop.learning.workspace_perception import FINETUNED_PERCEPTION
from sidestick.teleop.session.environments import workspace_env
from sidestick.teleop.station.headless import drive_simulated
from tests.learning_rig import QUICK, learner
from tests.xdotool import XdotoolKeys

SCRIPT = """
import functools, sys
from sidestick.teleop.cli import drive, main
from sidestick.teleop.devices import operator_input
from sidestick.teleop.station import run
from sidestick.teleop.ui.text import TextRenderer
operator_input.STALE_SAMPLE_S = run.ANSWER_WITHIN_S = 60.0
quick = ("--selection-episodes", "0", "--gate-pairs", "6", "--margin", "0.9")
drive.LearnerProcess = functools.partial(drive.LearnerProcess, more=quick)
write, seen, log = TextRenderer.rendered, set(), open(sys.argv[1], "w", buffering=1)
def remember(self, text, *rest, **more):
    if text not in seen:
        seen.add(text)
        print(text, file=log)
    return write(self, text, *rest, **more)
TextRenderer.rendered = remember
raise SystemExit(main.main(sys.argv[2:]))
"""
"""The command, with few rollouts in the learner, a log of all texts on the screen, and without the
pause that a busy machine brings about."""
ROOT = Path(__file__).parents[3]
PATIENCE_S = 600.0


def wait_for(wanted: str, condition: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, f"did not happen: {wanted}"
        time.sleep(0.2)


def recording(workspace: Workspace) -> bool:
    """Whether an episode is under way."""
    return any(workspace.journal_dir.glob(f"*{JOURNAL}"))


def taught(folder: Path) -> Workspace:
    """Five demonstrations of one item, and a policy that has learnt next to nothing from them."""
    config = WorkspaceConfig("ShelfPick", "tiny", env_kwargs={"num_items": 1})
    workspace = Workspace.create(folder, config)
    env = workspace_env(workspace.config)
    names = tuple(env.task.goal_names)
    env.close()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        about = PerceptionConfig("ShelfPick", "tiny", ("background", *names), names, channels=4)
        Perception(about).save(workspace.path / FINETUNED_PERCEPTION)
    drive_simulated(workspace, Level.DEMONSTRATE, range(QUICK.schedule.first))
    learner(workspace).step()
    return workspace


@pytest.mark.slow
@pytest.mark.timeout(4 * PATIENCE_S)
def test_a_policy_is_made_while_driving_and_one_key_goes_back(display: str, tmp_path: Path) -> None:
    """The operator corrects the policy, the learner finetunes it, the new one drives; then K."""
    workspace = taught(tmp_path / "ws")
    said = tmp_path / "said"
    command = (
        "drive", str(workspace.path), "--level", "supervised", "--override",
        "--learn", "--driver", "simulated", "--no-sound",
    )  # fmt: skip
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SDL_")}
    environment |= {"DISPLAY": display, "SDL_AUDIODRIVER": "dummy", "OMP_NUM_THREADS": "1",
                    "SIDESTICK_CONFIG_DIR": str(tmp_path / "config")}  # fmt: skip

    def shown(words: str) -> Callable[[], bool]:
        return lambda: said.exists() and words in said.read_text()

    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(said), *command],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    ) as process:  # fmt: skip
        try:
            keys = XdotoolKeys(display, process)
            for words in ("0001 since", "THE POLICY DRIVES", "THE SIMULATED OPERATOR DRIVES"):
                wait_for(words, shown(words), process)
            for words in ("new policy 0002 drives from now on, at assist", "0002 since"):
                wait_for(words, shown(words), process)
            wait_for("its episode", lambda: recording(workspace), process)
            keys("key", "k")
            for words in ("policy 0002 is set aside", "back to policy 0001, at supervised"):
                wait_for(words, shown(words), process)
            keys("keydown", "Control_L", "key", "q", "keyup", "Control_L")
            _, err = process.communicate(timeout=PATIENCE_S)
            assert process.returncode == 0, err
        finally:
            process.kill()
    database = Database(workspace.db_path)
    swaps = [
        (swap.payload["before"], swap.payload["policy"]) for swap in database.events(EventKind.SWAP)
    ]
    assert swaps[:2] == [("0001", "0002"), ("0002", "0001")]
    assert database.events(EventKind.SET_ASIDE)[0].payload["policy"] == "0002"
    assert "0002" not in PolicyStore(workspace.policies_dir).standing()
    drove = {summary.header.policy_id for summary in workspace.summaries()}
    assert {"0001", "0002"} <= drove
