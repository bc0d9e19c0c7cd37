"""`sidestick train`: a policy from the episodes."""

from dataclasses import dataclass, replace
from typing import Literal

from ...datasets.workspace import Workspace
from ...policies.heads import HEADS
from ...policies.train_config import TrainConfig
from ...sim_envs.errors import UnknownName
from ..learning import learn
from ..rollouts import Rollouts
from .console import print_json, say
from .verb import DONE, WorkspacePath


@dataclass(frozen=True)
class Train:
    """Train a policy from the successful episodes of a workspace; resumes what was interrupted."""

    workspace: WorkspacePath
    """Folder of the workspace."""
    policy: str = "bc"
    """Kind of policy."""
    vision: Literal["keypoints", "end-to-end"] = "keypoints"
    """Pretrained perception, or encoders from the episodes alone."""
    steps: int | None = None
    """Updates; as recommended for the vision unless given."""
    seed: int = 0
    """Of initial weights, order and noise."""
    shares: Literal["auto", "plain", "human", "balanced", "corrections", "practice"] = "auto"
    """How classes of steps are weighed."""
    selection_episodes: int = 20
    """Episodes that each checkpoint drives before one is chosen; 0 takes the last."""
    workers: int = 2
    """Processes that drive them."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Train, choose, save."""
        if self.policy not in HEADS:
            raise UnknownName("policy", self.policy, HEADS)
        workspace = Workspace.open(self.workspace)
        workspace.recover()
        config = self.config()
        if self.selection_episodes:
            with Rollouts(workspace.config, self.workers) as rollouts:
                result = learn(workspace, config, rollouts, self.selection_episodes)
        else:
            result = learn(workspace, config)
        if self.json:
            print_json(
                {
                    "policy": result.path.name,
                    "chosen_step": result.chosen_step,
                    "candidates": result.candidates,
                    "loss": result.loss,
                    "held_out_loss": result.held_out_loss,
                    "seconds": result.seconds,
                    "precision": result.precision,
                }
            )
        else:
            say(f"policy {result.path.name}: {result.seconds:.0f} s, {result.precision}")
        return DONE

    def config(self) -> TrainConfig:
        """The training that the options ask for."""
        base = TrainConfig.recommended(self.vision)
        steps = base.steps if self.steps is None else self.steps
        return replace(base, head=self.policy, steps=steps, seed=self.seed, shares=self.shares)
