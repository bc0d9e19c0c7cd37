"""These tests check that several processes train one policy as one process does."""

import json
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch

from sidestick.policies.training.distributed import COUNTS, Processes, launch, launched, processes
from sidestick.policies.training.log import METRICS
from sidestick.sim_envs.errors import PolicyError


class Part(Processes):
    """One of two processes, without the other."""

    count = 2

    def __init__(self, index):
        self.index = index


def test_parts_make_up_the_whole_batch():
    """Each window is drawn once, and every ensemble member has its windows in both processes."""
    whole = np.arange(12)
    parts = [Part(index).part(whole, 3) for index in (0, 1)]
    assert sorted(np.concatenate(parts)) == list(range(12))
    for opinion in range(3):
        mine = np.concatenate([part.reshape(3, -1)[opinion] for part in parts])
        assert sorted(mine) == list(range(4 * opinion, 4 * opinion + 4))


def test_one_process_is_alone(monkeypatch):
    """It does not need Accelerate."""
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    alone = processes()
    assert (alone.index, alone.count, alone.is_main) == (0, 1, True)
    assert alone.part(np.arange(5), 1).tolist() == [0, 1, 2, 3, 4]


def test_several_processes_need_accelerate(monkeypatch):
    """The message says what to install."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(PolicyError, match="multi"):
        processes()


def test_a_launcher_that_starts_only_one_is_noticed(monkeypatch, caplog):
    """A warning is logged for `accelerate launch --cpu --num_processes 2` without MPI."""
    for name in COUNTS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    assert launched() == 1
    assert "--processes N" in caplog.text


def test_the_caller_says_what_the_processes_run(monkeypatch):
    """The learner starts the given program; it knows no command line."""
    ran = []
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: (ran.append(command), Namespace(returncode=3))[1]
    )
    assert launch(2, ("-m", "a.program", "with", "arguments")) == 3
    (command,) = ran
    assert command[-4:] == ["-m", "a.program", "with", "arguments"]
    assert "--nproc-per-node=2" in command


SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path
import torch
from tests.training_rig import SHORT, trained_policy
torch.set_num_threads(1)
folder = Path(sys.argv[1])
config = replace(SHORT, steps=200, batch=40, precision="fp32")
result = trained_policy(folder, config)
print(result.chosen_step, result.policy.config.provenance.episodes)
"""


def trained_by(folder, count):
    script = folder.parent / "train.py"
    script.write_text(SCRIPT)
    root = Path(__file__).parents[2]
    several = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
    command = [sys.executable, *(several if count > 1 else [])]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, str(script), str(folder)],
        env=environment,
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [json.loads(line) for line in (folder / METRICS).read_text().splitlines()]
    return {row["step"]: row["loss"] for row in rows}, done.stdout


@pytest.mark.slow
def test_two_processes_learn_as_one_does(tmp_path):
    """Equal global batches give equal losses at every logged step within noise, and one policy."""
    pytest.importorskip("accelerate")
    alone, _ = trained_by(tmp_path / "one", 1)
    together, output = trained_by(tmp_path / "two", 2)
    assert list(alone) == list(together)
    assert list(together.values()) == pytest.approx(list(alone.values()), rel=0.15)
    assert output.count("200 ") == 2  # both processes hold the policy that one of them wrote
    assert (tmp_path / "two" / "config.json").exists()
