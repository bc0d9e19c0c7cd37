"""`sidestick train` trains a policy on the episodes of a workspace."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from tyro.conf import arg

from ...datasets.recorded_spec import BUILT_IN
from ...datasets.workspace import Workspace
from ...policies.base.weights_file import require_weights
from ...policies.engines.job import Engine
from ...policies.store import PolicyStore
from ...policies.vision import END_TO_END, KEYPOINTS
from .chosen_policy import choice_json, say_choice, shown
from .console import loading, print_json, say, shows, working
from .job_options import JobOptions
from .numbers import Count, Limit, Seed, Share, Weight, Workers
from .recorded_run import keep_with_policy
from .subcommand import DONE, Device, WorkspacePath
from .training_summary import summary
from .unused_options import refuse_unused

if TYPE_CHECKING:
    from ...policies.training.config import TrainConfig
    from ...policies.training.run import TrainResult


def hint(value: str) -> Any:
    """The text that the help shows in place of the default None."""
    return arg(help_behavior_hint=f"(default: {value})")


POINTER, SMALL = "pointer", "small"
AS_RECOMMENDED = hint("as recommended")
RECIPE = ("steps", "batch", "chunk", "execute")
"""Options whose recommended values hold unless given."""
AS_GIVEN = (
    "seed",
    "shares",
    "history",
    "ensembling",
    "proprioception_dropout",
    "precision",
    "encoder_weights",
    "film",
    "shift",
    "colour",
    "aux_grasp",
)
"""Options passed to the training unchanged."""
OF_ENCODERS = ("encoder", "encoder_weights", "film", "shift", "colour", "aux_grasp")
"""Options of encoders that are trained end to end."""
PROGRAM = ("-m", "sidestick.teleop.cli.main")
"""Program that further processes run, with the same arguments."""


@dataclass(frozen=True)
class Train(JobOptions):
    """Train a policy from the successful episodes of a workspace; the gate decides if it drives.

    An interrupted training goes on where it stopped when the same command is given again. The
    policy is published before the gate decides, and named by number until it does.

    Several GPUs or machines share each batch under

    accelerate launch --num_processes 4 -m sidestick.teleop.cli.main train WS
    """

    if_interrupted: ClassVar[str] = "the same command goes on where it stopped"

    workspace: WorkspacePath
    """Folder of the workspace."""
    head: str = "bc"
    """Kind of policy: bc, an ensemble of regressions (a good first choice); bc-gmm, a mixture of
    Gaussians; act, an action-chunking transformer; flow, flow matching; or a plug-in."""
    vision: Annotated[
        str | None,
        arg(
            help="keypoints: perception that was pretrained on random scenes says where objects "
            "are; trains in seconds. end-to-end: encoders learn from these episodes alone, in "
            "minutes. Or a kind of vision of an installed plug-in.",
            help_behavior_hint="(default: keypoints where there is perception for the task)",
        ),
    ] = None
    """How the policy sees."""
    steps: Annotated[Count | None, hint("as many as the episodes are worth")] = None
    """Training steps; with --vision end-to-end, those of the encoders."""
    batch: Annotated[Count | None, AS_RECOMMENDED] = None
    """Windows of the episodes in each step."""
    chunk: Annotated[Count | None, hint("16")] = None
    """Actions in an action chunk; 20 of them are a second."""
    execute: Annotated[Count | None, hint("half of --chunk")] = None
    """How many actions of a chunk are executed before the next is predicted."""
    ensembling: Annotated[
        Weight | None,
        arg(
            help="Temporal ensembling: average overlapping action chunks, the i-th oldest weighed "
            "by exp(-RATE * i), as ACT does with 0.01. Wants an --execute of a few actions.",
            help_behavior_hint="(default: off)",
        ),
    ] = None
    """Temporal ensembling."""
    history: Count = 1
    """Number of observations that the policy sees: now, and when it predicted its last chunks."""
    proprioception_dropout: Share = 0.0
    """Share of the training windows in which the robot's own state is hidden."""
    encoder: Annotated[
        Literal["pointer", "small", "resnet18"] | None,
        arg(
            help="For --vision end-to-end. pointer: learns where the named item is from where "
            "each demonstration's gripper closes; does best. small (four convolutions), resnet18: "
            "learn from the actions alone.",
            help_behavior_hint="(default: pointer for the built-in arm, small for other worlds)",
        ),
    ] = None
    """Kind of image encoder."""
    encoder_weights: Annotated[Path | None, hint("none")] = None
    """For --encoder resnet18: safetensors file to begin from, with torchvision's names."""
    film: bool = True
    """For --encoder small and resnet18: let the named item scale and shift features (FiLM)."""
    shift: Limit = 4
    """For --vision end-to-end: shift images by up to so many pixels in training."""
    colour: Share = 0.0
    """For --vision end-to-end: change brightness, contrast, colours by up to this share."""
    aux_grasp: Weight = 1.0
    """For --encoder pointer: weight of the loss on where the gripper closes, beside the actions."""
    seed: Seed = 0
    """Seed of initial weights, order and noise."""
    shares: Literal["auto", "plain", "human", "balanced", "corrections", "practice"] = "auto"
    """How demonstrations, corrections and the policy's own steps are weighed: auto, the human's
    steps alone, where there are any; human, the same, always; plain, as they come; balanced,
    corrections as much as all else; corrections, as Sirius does; practice, all, and demonstrations
    three times."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """Number format of the training; auto: bfloat16 where the hardware is fast at it."""
    processes: Workers = 1
    """Processes of this machine that share each batch."""
    selection_episodes: Limit = 20
    """Episodes that each of three checkpoints drives before the best is kept; 0 keeps the last."""
    gate: bool = True
    """Compare the new policy with the one that drives. With --no-gate it is published only."""
    gate_pairs: Annotated[Count | None, hint("150")] = None
    """Most seeds that both drive at the gate."""
    device: Device = "auto"
    """What networks run on."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Train, choose a checkpoint and save it."""
        from ..workspace_variant import exists
        from .gate_run import criteria

        config = self.config(Workspace.open(self.workspace) if exists(self.workspace) else None)
        criteria(self.gate_pairs)  # refused before the training, not after it
        if self.encoder_weights is not None:
            require_weights(self.encoder_weights)
        engine, workspace = self.engine_asked(), Workspace.open(self.workspace)
        with loading():
            from ...policies.training.distributed import launch, launched, processes
            from ..evaluation.rollouts import Rollouts
            from ..learning.workspace_training import train_on_workspace
            from ..session.environments import NO_WORLD, has_world

        if self.processes > 1 and launched() == 1:
            return launch(self.processes, (*PROGRAM, *sys.argv[1:]))
        together = processes()
        if together.is_main:
            with working("looking through the episodes"):
                workspace.recover()
        together.wait()
        alone = self.selection_episodes == 0
        if not alone and not has_world(workspace.config):
            say(f"the last checkpoint is kept: {NO_WORLD}")
            alone = True
        if not alone:
            with Rollouts(workspace.config, engine) as rollouts:
                result = train_on_workspace(
                    workspace, config, rollouts, self.selection_episodes, progress=shows()
                )
        else:
            result = train_on_workspace(workspace, config, progress=shows())
        return self._finish(workspace, result, engine) if together.is_main else DONE

    def config(self, workspace: Workspace | None = None) -> "TrainConfig":
        """The training that the options ask for, with what suits the workspace."""
        from ...policies.training.config import TrainConfig

        vision, encoder = self._chosen(workspace)
        self._refuse_unused(vision, encoder)
        given = {name: getattr(self, name) for name in AS_GIVEN}
        if self.encoder_weights is not None:
            given["encoder_weights"] = str(self.encoder_weights)
        changed = {name: getattr(self, name) for name in RECIPE}
        given |= {name: value for name, value in changed.items() if value is not None}
        if self.chunk is not None and self.execute is None:
            given["execute"] = max(1, self.chunk // 2)
        recommended = TrainConfig.recommended(vision, self.head, encoder)
        return replace(recommended, encoder=encoder, **given)

    def _chosen(self, workspace: Workspace | None) -> tuple[str, str]:
        """The kinds of vision and encoder: as given, else what suits the workspace."""
        from ..learning.workspace_perception import has_perception

        vision = self.vision or (KEYPOINTS if has_perception(workspace) else END_TO_END)
        foreign = workspace is not None and workspace.config.spec != BUILT_IN
        small = foreign and vision == END_TO_END
        return vision, self.encoder or (SMALL if small else POINTER)

    def _refuse_unused(self, vision: str, encoder: str) -> None:
        """Raise BadValue for an option that this training would not look at."""
        if vision == KEYPOINTS:
            refuse_unused(self, "with --vision keypoints", OF_ENCODERS)
        elif encoder == POINTER:
            refuse_unused(self, "with --encoder pointer", ("film",))
        else:
            refuse_unused(self, f"with --encoder {encoder}", ("aux_grasp",))
        if not self.gate:
            refuse_unused(self, "with --no-gate", ("gate_pairs",))

    def _finish(self, workspace: Workspace, result: "TrainResult", engine: Engine) -> int:
        """Report the policy, let the gate decide, and say who drives from now on."""
        from .gate_run import gate_after_training

        policy_id = result.path.name
        keep_with_policy(result.path, "train", self)
        say(summary(result, self.selection_episodes))
        code, record = gate_after_training(workspace, policy_id, self.gate, self.gate_pairs, engine)
        choice = PolicyStore(workspace.policies_dir).choice()
        if choice is not None:
            say_choice(workspace, choice)
        if self.json:
            keys = ("chosen_step", "candidates", "loss", "held_out_loss", "precision")
            facts: dict[str, Any] = {key: getattr(result, key) for key in keys}
            facts["seconds"] = round(result.whole_s, 1)
            facts["parts"] = {name: round(part, 1) for name, part in result.parts.items()}
            facts["gate"] = None if record is None else record.to_json()
            print_json({**choice_json(choice), **facts, "policy": policy_id})
        elif code == DONE:
            say(f"next: sidestick evaluate {shown(workspace)} --policy {policy_id}")
        return code
