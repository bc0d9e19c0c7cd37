"""A policy that was learnt: observation in, plan out, saved as config.json + model.safetensors."""

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from ..sim_envs.errors import BadValue, PolicyError, SidestickError
from ..sim_envs.spaces import Observation
from .checkpoint import fill, read_json, read_tensors, write_json, write_tensors
from .features import Columns
from .heads import Head, build_head
from .novelty import Novelty, disagreement
from .plan import Plan
from .provenance import Provenance
from .tensors import as_tensor
from .vision import Batch, Vision, builders

FORMAT = 1
"""Version of config.json; a later one is refused."""
CONFIG, MODEL = "config.json", "model.safetensors"


class Policy(Protocol):
    """Whatever can be asked what to do next."""

    chunk: int
    """Actions in a plan."""
    execute: int
    """Of those, how many to execute before the next plan."""

    def reset(self) -> None:
        """A new episode begins."""
        ...

    def plan(self, observation: Observation) -> Plan:
        """The next actions, from one observation of the environment."""
        ...


@dataclass(frozen=True)
class PolicyConfig:
    """What a policy is for and where it comes from; everything but the networks' own settings."""

    task: str
    """Short task name, as `make_task_env` takes it."""
    renderer: str
    """Renderer of the images that it was trained on."""
    goal_names: tuple[str, ...]
    """What the goal's one-hot stands for, in order."""
    cameras: tuple[str, ...] = ("front", "wrist")
    """Cameras that it looks through."""
    image_size: int = 96
    """Height and width of their images, pixels."""
    execute: int = 8
    """Actions of a plan to execute before the next."""
    provenance: Provenance = field(default_factory=Provenance)
    """Where it comes from."""
    training: dict[str, Any] = field(default_factory=dict)
    """Steps, seconds, threads, precision, counts and shares per class, losses, candidates."""

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "PolicyConfig":
        """From config.json's part of that name; unknown keys are refused."""
        known = {item.name for item in fields(cls)}
        if unknown := set(value) - known:
            raise BadValue("policy", f"settings among {sorted(known)}", sorted(unknown))
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in value.items()
        }
        return cls(**{**values, "provenance": Provenance.from_json(value["provenance"])})


class Network(nn.Module):
    """Vision and head as one module, so that weights have one set of names."""

    def __init__(self, vision: Vision, head: Head) -> None:
        super().__init__()
        self.vision = vision
        self.head = head


class LearnedPolicy:
    """Vision, head and calibration; keeps no state between plans."""

    def __init__(self, config: PolicyConfig, network: Network, novelty: Novelty) -> None:
        self.config, self.network, self.novelty = config, network.eval(), novelty
        self.chunk = int(network.head.settings()["chunk"])
        self.execute = min(config.execute, self.chunk)

    def reset(self) -> None:
        """Nothing to forget."""

    @torch.inference_mode()
    def plan(self, observation: Observation) -> Plan:
        """The next `chunk` actions; BadValue names an observation key that is missing or odd."""
        inputs = self.network.vision.prepare(self._columns(observation))
        actions, spread = self.network.head.predict(self.network.vision(as_batch(inputs)))
        spread_array = spread.numpy()
        score = float(disagreement(spread_array, self.execute)[0])
        if not np.isfinite(score) or not bool(torch.isfinite(actions).all()):
            raise BadValue("plan", "finite actions", "NaN; is the observation finite?")
        return Plan(actions[0].clamp(-1, 1).numpy(), spread_array[0], self.novelty(score))

    def check(self, task: str | None = None, renderer: str | None = None) -> "LearnedPolicy":
        """Itself; PolicyError if it is for another task or renderer than asked for."""
        for name, asked in (("task", task), ("renderer", renderer)):
            own = getattr(self.config, name)
            if asked is not None and asked != own:
                raise PolicyError(f"policy is for {name} {own!r}, asked for {asked!r}")
        return self

    def save(self, folder: Path) -> None:
        """Write weights, then config.json: a folder with a config is a whole policy."""
        write_tensors(folder / MODEL, storage(self.network), {"format": FORMAT})
        head, vision = self.network.head, self.network.vision
        write_json(
            folder / CONFIG,
            {
                "format": FORMAT,
                "policy": asdict(self.config),
                "vision": {"name": vision.name, "settings": vision.settings()},
                "head": {"name": head.name, "size": vision.size, "settings": head.settings()},
                "novelty": self.novelty.settings(),
            },
        )

    def _columns(self, observation: Observation) -> Columns:
        keys = self.network.vision.keys
        if missing := [key for key in keys if key not in observation]:
            raise BadValue("observation", f"keys {', '.join(keys)}", f"none of {missing}")
        columns: Columns = {key: np.asarray(observation[key])[None] for key in keys}
        if columns["goal"].shape != (1, len(self.config.goal_names)):
            expected = f"one-hot of {len(self.config.goal_names)} goals"
            raise BadValue("observation goal", expected, columns["goal"].shape[1:])
        return columns


def load_policy(
    folder: Path | str, task: str | None = None, renderer: str | None = None
) -> LearnedPolicy:
    """Read a policy; PolicyError names the file and the reason where that cannot be done."""
    folder = Path(folder)
    if not folder.is_dir():
        raise PolicyError(f"{folder}: no such policy folder")
    settings = read_json(folder / CONFIG)
    if settings.get("format") != FORMAT:
        found = settings.get("format")
        raise PolicyError(f"{folder / CONFIG}: expected policy format {FORMAT}, got {found!r}")
    try:
        policy = _build(settings)
    except (SidestickError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise PolicyError(f"{folder / CONFIG}: not a policy's settings ({error!r})") from None
    try:
        policy.check(task, renderer)
    except PolicyError as error:
        raise PolicyError(f"{folder}: {error}") from None
    tensors, _ = read_tensors(folder / MODEL)
    fill(policy.network, tensors, folder / MODEL)
    return policy


def storage(network: Network) -> dict[str, Tensor]:
    """All weights: frozen ones as float16, as they were shipped, learnt ones as float32."""
    learnt = {name for name, p in network.named_parameters() if p.requires_grad}
    state = network.state_dict()
    return {name: t if name in learnt else t.half() for name, t in state.items()}


def as_batch(inputs: Columns) -> Batch:
    """Numpy columns as tensors."""
    return {key: as_tensor(value) for key, value in inputs.items()}


def _build(settings: dict[str, Any]) -> LearnedPolicy:
    kinds, chosen = builders(), settings["vision"]["name"]
    if chosen not in kinds:
        raise BadValue("vision", f"one of {sorted(kinds)}", repr(chosen))
    vision = kinds[chosen](settings["vision"]["settings"])
    head = build_head(settings["head"]["name"], vision.size, settings["head"]["settings"])
    calibration = settings["novelty"]
    novelty = Novelty(tuple(calibration["values"]), calibration["source"])
    config = PolicyConfig.from_json(settings["policy"])
    return LearnedPolicy(config, Network(vision, head), novelty)
