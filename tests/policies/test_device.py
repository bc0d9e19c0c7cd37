"""A device is chosen by name, what is not there is refused, and networks and arrays meet on it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from sidestick.policies.base import device as devices
from sidestick.policies.policy import load_policy
from sidestick.policies.training.distributed import processes
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.cli.main import main
from tests.training_rig import made_up_observation, trained_policy


@pytest.fixture(autouse=True)
def on_the_cpu_afterwards() -> Iterator[None]:
    yield
    devices.use_device("cpu")


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that says that it has two."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [("auto", "cuda:0"), ("cuda", "cuda:0"), ("cuda:1", "cuda:1"), ("cpu", "cpu")],
)
def test_a_gpu_is_used_where_there_is_one(two_gpus: None, asked: str, chosen: str) -> None:
    """The first one unless another is named; training runs on the chosen one."""
    assert devices.use_device(asked) == torch.device(chosen)
    assert processes().device == devices.device() == torch.device(chosen)


def test_words_choose_it_too(two_gpus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU takes the place of what was chosen before."""
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda chosen: "a model")
    assert devices.chosen_in_words("cuda") == "cuda:0 (a model)"
    assert devices.device() == torch.device("cuda:0")
    assert devices.chosen_in_words("cpu") == "cpu"
    assert devices.device() == torch.device("cpu")


def test_a_choice_is_put_off_until_a_network_needs_it(two_gpus: None, monkeypatch) -> None:
    """It is told once; a device that is chosen meanwhile takes its place."""
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda chosen: "a model")
    told: list[str] = []
    devices.choose_later(told.append)
    assert told == []
    assert [devices.device(), devices.device()] == [torch.device("cuda:0")] * 2
    assert told == ["cuda:0 (a model)"]
    devices.choose_later(told.append)
    assert devices.chosen_in_words("cpu") == "cpu"
    assert devices.device() == torch.device("cpu")
    assert len(told) == 1


def test_without_one_auto_is_the_cpu(no_gpu: None) -> None:
    assert devices.choose_device("auto") == torch.device("cpu")


@pytest.mark.parametrize("asked", ["cuda", "cuda:0", "tpu", "", "CUDA"])
def test_a_device_that_is_not_there_is_refused(no_gpu: None, asked: str) -> None:
    """With those that are; the one before stays chosen."""
    with pytest.raises(BadValue, match="auto or one of cpu"):
        devices.use_device(asked)
    assert devices.device() == torch.device("cpu")


def test_a_gpu_of_too_high_a_number_is_refused(two_gpus: None) -> None:
    with pytest.raises(BadValue, match="cpu, cuda:0, cuda:1"):
        devices.use_device("cuda:2")


@pytest.mark.parametrize("verb", ["train", "learn", "practice", "evaluate", "drive"])
def test_the_command_line_refuses_it_first(
    no_gpu: None, verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main((verb, str(tmp_path / "ws"), "--device", "cuda"))
    assert ended.value.code == 2
    assert "--device: expected auto or one of cpu" in " ".join(capsys.readouterr().err.split())


def test_a_loaded_policy_is_on_the_device_and_its_plan_is_numpy(tmp_path: Path) -> None:
    """Bit for bit the plan of a policy that was never moved."""
    policy = trained_policy(tmp_path / "p").policy
    policy.save(tmp_path / "q")
    devices.use_device("cpu")
    loaded = load_policy(tmp_path / "q")
    assert {p.device for p in loaded.network.parameters()} == {devices.device()}
    observation = made_up_observation()
    assert np.array_equal(loaded.plan(observation).actions, policy.plan(observation).actions)
