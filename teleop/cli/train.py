"""`sidestick train`: a policy from the episodes."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from ...datasets.workspace import Workspace
from ...policies.processes import launch, launched, processes
from ...policies.train_config import TrainConfig
from ...policies.training import TrainResult
from ...sim_envs.errors import BadValue
from ..learning import learn
from ..rollouts import Rollouts
from .console import print_json, say
from .verb import DONE, WorkspacePath

Kind = Literal["bc", "bc-gmm", "act", "flow"]
RECIPE = ("steps", "batch", "chunk", "execute")
"""Options that stay as recommended unless they are given."""
AS_GIVEN = (
    "seed",
    "shares",
    "history",
    "ensembling",
    "proprioception_dropout",
    "precision",
    "encoder",
    "encoder_weights",
    "film",
    "shift",
    "colour",
    "aux_grasp",
)
"""Options that go to the training as they are."""


@dataclass(frozen=True)
class Train:
    """Train a policy from the successful episodes of a workspace; resumes what was interrupted.

    Several GPUs or machines share each batch under
    accelerate launch --num_processes 4 -m sidestick.teleop.cli.main train WS
    """

    workspace: WorkspacePath
    """Folder of the workspace."""
    policy: Annotated[Kind, tyro.conf.arg(aliases=["--head"])] = "bc"
    """Kind of policy: an ensemble of regressions, a mixture of Gaussians, an action-chunking
    transformer, flow matching."""
    vision: Literal["keypoints", "end-to-end"] = "keypoints"
    """Pretrained perception, or encoders from the episodes alone."""
    steps: int | None = None
    """Updates; as recommended for the policy and the vision unless given."""
    batch: int | None = None
    """Windows in an update; as recommended unless given."""
    chunk: int | None = None
    """Actions that a plan holds; 16 unless given."""
    execute: int | None = None
    """Of those, how many are executed before the next plan; 8 unless given."""
    ensembling: float | None = None
    """Average overlapping plans, the older ones more by exp(-rate); off unless a rate is given
    (ACT: 0.01). Wants a small --execute."""
    history: int = 1
    """Observations that the policy sees: now, and at its last plans."""
    proprioception_dropout: float = 0.0
    """Share of the training windows that do not see the robot's own state."""
    encoder: Literal["pointer", "small", "resnet18"] = "pointer"
    """End to end: what looks at the images. pointer learns where the named item is from where
    each demonstration's gripper closes, and works best; the others learn from actions alone."""
    encoder_weights: Path | None = None
    """End to end: safetensors file to begin a resnet18 from, with torchvision's names."""
    film: bool = True
    """End to end: let the goal scale and shift the encoder's features."""
    shift: int = 4
    """End to end: shift images by up to so many pixels in training."""
    colour: float = 0.0
    """End to end: change brightness, contrast and colours by up to this share in training."""
    aux_grasp: float = 1.0
    """End to end, encoder pointer: weight of finding where the gripper closes next."""
    seed: int = 0
    """Of initial weights, order and noise."""
    shares: Literal["auto", "plain", "human", "balanced", "corrections", "practice"] = "auto"
    """How classes of steps are weighed."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """What to compute in; auto: bfloat16 where the hardware is quick at it."""
    processes: int = 1
    """Processes of this machine that share each batch."""
    selection_episodes: int = 20
    """Episodes that each checkpoint drives before one is chosen; 0 takes the last."""
    workers: int = 2
    """Processes that drive them."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Train, choose, save."""
        config = self.config()
        if self.processes < 1:
            raise BadValue("--processes", "at least 1", self.processes)
        if self.processes > 1 and launched() == 1:
            return launch(self.processes, sys.argv[1:])
        together = processes()
        workspace = Workspace.open(self.workspace)
        if together.is_main:
            workspace.recover()
        together.wait()
        if self.selection_episodes:
            with Rollouts(workspace.config, self.workers) as rollouts:
                result = learn(workspace, config, rollouts, self.selection_episodes)
        else:
            result = learn(workspace, config)
        if together.is_main:
            self._report(result)
        return DONE

    def config(self) -> TrainConfig:
        """The training that the options ask for."""
        given = {name: getattr(self, name) for name in AS_GIVEN}
        if self.encoder_weights is not None:
            given["encoder_weights"] = str(self.encoder_weights)
        changed = {name: getattr(self, name) for name in RECIPE}
        given |= {name: value for name, value in changed.items() if value is not None}
        if self.chunk is not None and self.execute is None:
            given["execute"] = max(1, self.chunk // 2)
        return replace(TrainConfig.recommended(self.vision, self.policy, self.encoder), **given)

    def _report(self, result: TrainResult) -> None:
        if not self.json:
            say(f"policy {result.path.name}: {result.seconds:.0f} s, {result.precision}")
            return
        keys = ("chosen_step", "candidates", "loss", "held_out_loss", "seconds", "precision")
        facts: dict[str, Any] = {key: getattr(result, key) for key in keys}
        print_json({"policy": result.path.name, **facts})
