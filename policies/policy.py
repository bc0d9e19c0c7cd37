"""`LearnedPolicy` maps an observation to a plan and is saved as config.json + model.safetensors.

The policy runner and evaluation call it as a `Policy`; training makes it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..datasets.recorded_spec import RecordedSpec
from ..sim_envs.errors import BadValue, PlugInError, PolicyError
from ..sim_envs.spaces import Observation
from .base.checkpoint import Tensors, load_state, read_tensors, write_tensors
from .base.compatibility import UNBUILDABLE, WORDS, refusal
from .base.device import device
from .base.json_files import write_json
from .base.plan import Plan
from .base.size_bound import bounded
from .heads import build_head
from .heads.temporal_ensembling import TemporalEnsemble
from .network import PolicyNetwork, as_batch, state_for_disk
from .novelty import Novelty, disagreement
from .plugged_parts import packages_of, require_packages
from .policy_config import CONFIG, FORMAT, MODEL, PolicyConfig, settings_of
from .task_features import hand_frame
from .task_features.features import Columns
from .vision import vision_class


class LearnedPolicy:
    """A policy of vision, head and calibrated novelty.

    Between the plans of an episode it remembers past observations (with `history`), past plans
    (with `ensembling`) and failed grasps; all assume plans `execute` steps apart.
    """

    def __init__(self, config: PolicyConfig, network: PolicyNetwork, novelty: Novelty) -> None:
        self.config, self.network, self.novelty = config, network.eval(), novelty
        self.chunk = int(network.head.settings()["chunk"])
        self.actions = len(config.action_axes)
        self.execute = min(config.execute, self.chunk)
        self._past: list[Tensor] = []
        augmentation = network.vision.augmentation
        self._perturbation = None if augmentation is None else augmentation.perturb()
        rate = config.ensembling
        self._ensemble = None if rate is None else TemporalEnsemble(self.chunk, self.execute, rate)

    @property
    def keys(self) -> tuple[str, ...]:
        """The observation's entries that it reads."""
        return self.network.vision.keys

    def reset(self) -> None:
        """Forget past observations, plans and grasps: an episode begins, or the operator drove."""
        self._past.clear()
        if self._perturbation is not None:
            self._perturbation.reset()
        if self._ensemble is not None:
            self._ensemble.reset()

    @torch.inference_mode()
    def plan(self, observation: Observation) -> Plan:
        """The next `chunk` actions; BadValue names an observation key that is missing or odd."""
        inputs = self.network.vision.prepare(self._columns(observation))
        batch = as_batch(inputs)
        if self._perturbation is not None:
            seen = self._perturbation(batch["features"], batch[hand_frame.KEY].float())
            batch = {**batch, "features": seen}
        here = next(self.network.parameters()).device
        batch = {key: value.to(here) for key, value in batch.items()}
        x = self._remember(self.network.vision(batch).float())
        prediction = self.network.head.predict(x)
        actions, spread = prediction.actions.cpu().numpy(), prediction.spread.cpu().numpy()
        if hand_frame.KEY in inputs:
            angle = inputs[hand_frame.KEY].astype(np.float64)
            actions = hand_frame.turned_actions(actions, angle)
            spread = hand_frame.turned_spread(spread, angle)
        actions = actions.clip(-1, 1)
        score = float(disagreement(spread, self.execute)[0])
        if not np.isfinite(score) or not np.isfinite(actions).all():
            self.reset()
            raise BadValue("plan", "finite actions", "NaN; is the observation finite?")
        plan = actions[0], spread[0]
        if self._ensemble is not None:
            plan = self._ensemble.add(*plan)
        return Plan(*plan, self.novelty(score, x.cpu()))

    def save(self, folder: Path | str) -> None:
        """Write the weights, then config.json: a folder with a config is complete."""
        folder = Path(folder)
        tensors = {**state_for_disk(self.network), **self.novelty.tensors()}
        write_tensors(folder / MODEL, tensors, {"format": FORMAT})
        head, vision = self.network.head, self.network.vision
        size = vision.size * self.network.history
        write_json(
            folder / CONFIG,
            {
                "format": FORMAT,
                "policy": self.config.to_json(),
                "vision": {"name": vision.name, "settings": vision.settings()},
                "head": {"name": head.name, "size": size, "settings": head.settings()},
                "novelty": self.novelty.settings(),
                **packages_of(head=head.name, vision=vision.name),
            },
        )

    def _remember(self, x: Tensor) -> Tensor:
        """The head's input, (1, history * size); an episode's first frame stands for earlier."""
        history = self.network.history
        self._past = [*(self._past or [x] * history), x][-history:]
        return torch.cat(self._past, dim=1)

    def _columns(self, observation: Observation) -> Columns:
        keys = self.keys
        if missing := [key for key in keys if key not in observation]:
            raise BadValue("observation", f"keys {', '.join(keys)}", f"none of {missing}")
        columns: Columns = {key: np.asarray(observation[key])[None] for key in keys}
        if columns["goal"].shape != (1, len(self.config.goal_names)):
            expected = f"a vector over {len(self.config.goal_names)} goals"
            raise BadValue("observation goal", expected, columns["goal"].shape[1:])
        for key in (key for key in keys if key.endswith("_image")):
            side = self.config.image_size
            if columns[key].shape != (1, side, side, 3):
                raise BadValue(f"observation {key}", f"{side} x {side} x 3", columns[key].shape[1:])
        return columns


def load_policy(
    folder: Path | str,
    task: str | None = None,
    renderer: str | None = None,
    cameras: Sequence[str] | None = None,
    image_size: int | None = None,
    spec: RecordedSpec | None = None,
) -> LearnedPolicy:
    """Read a policy; PolicyError names the file and the reason where it cannot be read or used."""
    folder = Path(folder)
    settings = settings_of(folder)
    tensors, _ = read_tensors(folder / MODEL)
    try:
        require_packages(settings)
        policy = _build(settings, tensors)
    except (PlugInError, PolicyError) as error:
        raise PolicyError(f"{folder}: {error}") from None
    except UNBUILDABLE as error:
        raise PolicyError(f"{folder / CONFIG}: not a policy's settings ({error!r})") from None
    here = dict(zip(WORDS, (task, renderer, cameras, image_size, spec), strict=True))
    if reason := refusal(policy.config, here):
        raise PolicyError(f"{folder}: {reason}")
    load_state(policy.network, tensors, folder / MODEL)
    policy.network.to(device())
    return policy


def _build(settings: dict[str, Any], tensors: Tensors) -> LearnedPolicy:
    chosen = settings["vision"]["name"]
    kind = vision_class(chosen)
    config = PolicyConfig.from_json(settings["policy"])
    with bounded(tensors):
        vision = kind.from_settings(settings["vision"]["settings"])
        size = vision.size * config.history
        head = build_head(settings["head"]["name"], size, settings["head"]["settings"])
    novelty = Novelty.build(settings["novelty"], tensors)
    known = novelty.neighbours
    if known is not None and known.scale.shape != (size,):
        raise BadValue("novelty", f"points of {size} numbers", list(known.scale.shape))
    return LearnedPolicy(config, PolicyNetwork(vision, head, config.history), novelty)
