"""`sidestick pretrain` trains perception on random labelled scenes."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from rich.progress import Progress
from tyro.conf import arg

from ...policies.perception.network import Perception, PerceptionConfig
from ...policies.perception.pretrain import PretrainConfig, pretrain
from ...sim_envs.errors import BadValue
from ...sim_envs.labelled_scenes import SceneSource
from ...sim_envs.tasks import TASKS, task_class
from .console import PEOPLE, print_json, say
from .subcommand import DONE
from .targets import check_target

STAGES = ("scenes", "training", "holds")


@dataclass(frozen=True)
class Pretrain:
    """Train perception on scenes that the simulator renders and labels: no demonstration needed.

    The weights of every task are shipped; this trains them again, or for other scenes.
    """

    if_interrupted: ClassVar[str] = "scenes in --scenes-dir are kept; the training begins again"

    task: str = "ShelfPick"
    """Short name of the task."""
    renderer: str = "tiny"
    """What draws the scenes; the images of two renderers differ."""
    variation: Literal["none", "mild", "strong"] = "none"
    """Domain randomization of the scenes; perception for `strong` is harder to learn."""
    out: Path = Path("perception.safetensors")
    """File to write the weights to."""
    scenes_dir: Path | None = None
    """Folder that keeps the scenes for further runs; else they are made and deleted."""
    base: Annotated[Path | None, arg(help_behavior_hint="(default: none, learn all)")] = None
    """Weights whose object classes are kept; only grasp points are learnt."""
    config: PretrainConfig = field(default_factory=PretrainConfig)
    """Options of the training."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Make scenes, train, measure and write."""
        self.config.check()
        check_target("--out", self.out)
        task = task_class(self.task)
        if self.base is not None and not task.has_grasp_points:
            known = ", ".join(name for name in TASKS if task_class(name).has_grasp_points)
            raise BadValue("--base", f"a task of which holds are learnt: {known}", self.task)
        about = PerceptionConfig(
            self.task, self.renderer, task.labels, task.goal_names, holds=task.has_grasp_points
        )
        if self.scenes_dir is not None:
            perception = self._pretrain(about, self.scenes_dir)
        else:
            with tempfile.TemporaryDirectory() as folder:
                perception = self._pretrain(about, Path(folder))
        if self.json:
            print_json({"out": str(self.out), "task": self.task, **perception.metrics})
        else:
            figures = ", ".join(f"{key} {value:.4g}" for key, value in perception.metrics.items())
            say(f"{self.out}: {figures}")
        return DONE

    def _pretrain(self, about: PerceptionConfig, scenes_dir: Path) -> Perception:
        with Progress(console=PEOPLE) as bar:
            tasks = {name: bar.add_task(name, total=None) for name in STAGES}

            def report(stage: str, done: int, total: int, figures: dict[str, float]) -> None:
                note = "".join(f" {key} {value:.4f}" for key, value in figures.items())
                bar.update(tasks[stage], completed=done, total=total, description=stage + note)

            source = SceneSource(self.task, self.renderer, self.variation)
            note = "" if self.variation == "none" else f" {self.variation}"
            base = None if self.base is None else Perception.load(self.base)
            return pretrain(source, about, self.out, scenes_dir, self.config, report, note, base)
