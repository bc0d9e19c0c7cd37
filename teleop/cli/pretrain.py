"""`sidestick pretrain` trains perception on random labelled scenes."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from rich.progress import BarColumn, TaskProgressColumn
from tyro.conf import Positional, arg

from ...datasets.config import WorkspaceConfig
from ...datasets.workspace import Workspace
from ...policies.base.shown_progress import LABEL, LEFT, ShownProgress
from ...policies.perception.pretrain_config import PretrainConfig
from ...sim_envs.errors import BadValue
from ...sim_envs.labelled_scenes import SceneSource
from ...sim_envs.tasks import TASKS, task_class
from ..devices.settings import operator_name
from ..evaluation.seeds import check_reserved
from ..learning.workspace_perception import PRETRAINED_PERCEPTION, put_pretrained
from .chosen_policy import quoted
from .console import PEOPLE, print_json, say, shows
from .job_options import JobOptions
from .subcommand import DONE, Device
from .targets import check_target

if TYPE_CHECKING:
    from ...policies.perception.network import Perception, PerceptionConfig

STAGES = ("scenes", "training", "holds")


@dataclass(frozen=True)
class Pretrain(JobOptions):
    """Train perception on scenes that the simulator renders and labels: no demonstration needed.

    The weights of every task are shipped; this trains them again, or for other scenes.
    """

    if_interrupted: ClassVar[str] = "scenes in --scenes-dir are kept; the training begins again"

    workspace: Annotated[Path | None, Positional, arg(metavar="WS")] = None
    """Pretrain for this workspace, on scenes like its own; its next training sees with it."""
    task: Annotated[str | None, arg(help_behavior_hint="(default: ShelfPick)")] = None
    """Without WS: short name of the task."""
    renderer: Annotated[str | None, arg(help_behavior_hint="(default: tiny)")] = None
    """Without WS: what draws the scenes; the images of two renderers differ."""
    variation: Annotated[
        Literal["none", "mild", "strong"] | None, arg(help_behavior_hint="(default: none)")
    ] = None
    """Without WS: domain randomization of the scenes; `strong` is harder to learn."""
    out: Path | None = None
    """Without WS: file to write the weights to."""
    scenes_dir: Path | None = None
    """Folder that keeps the scenes for further runs; else they are made and deleted."""
    base: Annotated[Path | None, arg(help_behavior_hint="(default: none, learn all)")] = None
    """Weights whose object classes are kept; only grasp points are learnt."""
    config: PretrainConfig = field(default_factory=PretrainConfig)
    """Options of the training."""
    device: Device = "auto"
    """What networks run on."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Make scenes, train, measure and write."""
        self.config.check()
        first = self.config.first_seed
        check_reserved(range(first, first + self.config.scenes))
        made_for = self._made_for()
        if self.workspace is not None:
            perception, out = self._make_for(Workspace.open(self.workspace), made_for)
        else:
            assert self.out is not None
            perception, out = self._make(made_for, self.out), self.out
        if self.json:
            print_json({"out": str(out), "task": made_for.task, **perception.metrics})
        else:
            figures = ", ".join(f"{key} {value:.4g}" for key, value in perception.metrics.items())
            say(f"wrote {out}: {figures}")
            if self.workspace is not None:
                say(f"next: sidestick train {quoted(self.workspace)}")
        return DONE

    def _made_for(self) -> WorkspaceConfig:
        """The workspace's configuration, or one for the options; BadValue for both or neither."""
        if (self.workspace is None) == (self.out is None):
            both = "neither" if self.out is None else "both"
            raise BadValue("pretrain", "WS, whose trainings use it, or --out FILE", both)
        if self.workspace is None:
            check_target("--out", self.out)
            look = {"variation": self.variation}
            return WorkspaceConfig(
                self.task or "ShelfPick", self.renderer or "tiny", env_kwargs=look
            )
        for name in ("task", "renderer", "variation"):
            if getattr(self, name) is not None:
                raise BadValue(f"--{name}", "nothing, WS says it", getattr(self, name))
        return Workspace.open(self.workspace).config

    def _make_for(
        self, workspace: Workspace, made_for: WorkspaceConfig
    ) -> "tuple[Perception, Path]":
        """Pretrain and put the weights in their place; clicks of the workspace finetune them."""
        from ..review.click_review import learn_clicks

        made = workspace.path / f".{PRETRAINED_PERCEPTION}"
        perception = self._make(made_for, made)
        put_pretrained(workspace, made)
        learn_clicks(workspace, operator_name(), 0)
        return perception, workspace.path / PRETRAINED_PERCEPTION

    def _make(self, made_for: WorkspaceConfig, out: Path) -> "Perception":
        from ...policies.perception.network import PerceptionConfig

        task = task_class(made_for.task)
        if self.base is not None and not task.has_grasp_points:
            known = ", ".join(name for name in TASKS if task_class(name).has_grasp_points)
            raise BadValue("--base", f"a task of which holds are learnt: {known}", made_for.task)
        about = PerceptionConfig(
            made_for.task,
            made_for.renderer,
            task.labels,
            task.goal_names,
            made_for.cameras,
            made_for.image_size,
            holds=task.has_grasp_points,
        )
        source = SceneSource(
            made_for.task, made_for.renderer, made_for.variation, made_for.image_size
        )
        if self.scenes_dir is not None:
            return self._pretrain(about, source, out, self.scenes_dir)
        with tempfile.TemporaryDirectory() as folder:
            return self._pretrain(about, source, out, Path(folder))

    def _pretrain(
        self, about: "PerceptionConfig", source: SceneSource, out: Path, scenes_dir: Path
    ) -> "Perception":
        from ...policies.perception.network import Perception
        from ...policies.perception.pretrain import pretrain

        note = "" if source.variation == "none" else f" {source.variation}"
        base = None if self.base is None else Perception.load(self.base)
        columns = (LABEL, BarColumn(), TaskProgressColumn(), *LEFT)
        with ShownProgress(*columns, console=PEOPLE, shown=shows()) as bar:
            tasks = {name: bar.add_task(name, total=None) for name in STAGES}

            def report(stage: str, done: int, total: int, figures: dict[str, float]) -> None:
                note = "".join(f" {key} {value:.4f}" for key, value in figures.items())
                bar.update(tasks[stage], completed=done, total=total, description=stage + note)

            engine = self.engine_asked()
            return pretrain(source, about, out, scenes_dir, self.config, report, note, base, engine)
