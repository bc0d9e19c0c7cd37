"""`sidestick doctor` says whether a world keeps the contract, and what it costs."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from tyro.conf import Positional, arg

from ...sim_envs.making import make_world
from ...sim_envs.plug_ins import Group, is_plug_in
from ...sim_envs.spaces import IMAGE_SIZE
from ...sim_envs.tasks import task_names
from ...sim_envs.worlds.conformance import STEPS, Examination, examined
from ...sim_envs.worlds.contract import TaskWorld
from ...sim_envs.worlds.process_options import ProcessOptions
from ...sim_envs.worlds.separate_world import SeparateWorld
from ..world_settings import note_allowed, options_of
from .capabilities import task_capabilities
from .console import print_json, say, working
from .numbers import Count
from .subcommand import DONE, FOUND, NOTHING_LOST


@dataclass(frozen=True)
class Doctor:
    """Examine a world: what it takes and gives, what it can do, what a step costs, what is wrong.

    A world is a task by its short name, an installed plug-in, a Gymnasium environment (gym:ID, or
    gym:module:ID where a module registers it) or module:maker. One that is named here may be used
    by workspaces from then on. A stranger's runs in a process of its own: where it hangs or
    crashes, what it was doing is named, and the other checks go on.
    """

    if_interrupted: ClassVar[str] = NOTHING_LOST

    env: Annotated[str, Positional, arg(metavar="WORLD")]
    """The world to examine."""
    env_options: str = ""
    """Its options, as JSON: {"hz": 25}."""
    image_size: Count = IMAGE_SIZE
    """Height and width of the pictures, pixels."""
    episode_steps: Count = STEPS
    """Steps of each of the two episodes."""
    patience: Count = 60
    """Seconds that one call into the world may take, its making included."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Examine and report."""
        is_task = self.env in task_names()
        if not is_task:
            note_allowed(self.env)
        with working(f"examining {self.env}"):
            found = examined(self.env, lambda: self._world(is_task), self.episode_steps)
        if is_task and found.capabilities:
            found.capabilities |= task_capabilities(self.env)
        if self.json:
            print_json(found.to_json())
        else:
            say(_shown(found))
        return FOUND if found.problems else DONE

    def _world(self, is_task: bool) -> TaskWorld:
        """The world, in a process of its own where it is a stranger's."""
        given = options_of(self.env_options)
        if is_task and not is_plug_in(Group.TASKS, self.env):
            return make_world(image_size=self.image_size, task=self.env, **given)
        given = {"answer_s": self.patience, "start_s": self.patience, **given}
        if not is_task:
            return make_world(self.env, self.image_size, **given)
        options, own = ProcessOptions.split(given)
        return SeparateWorld("", self.image_size, {"task": self.env, **own}, options)


def _shown(found: Examination) -> str:
    """The report for people."""
    lines = [f"{found.world}"]
    for key in ("task", "action", "readings", "cameras", "image_size", "control_hz", "max_steps"):
        if key in found.spec:
            value = found.spec[key]
            told = "; ".join(map(str, value)) if isinstance(value, list | tuple) else value
            lines.append(f"  {key.replace('_', ' ')}: {told}")
    if not found.spec:
        return "\n".join([*lines, *(f"  PROBLEM: {problem}" for problem in found.problems)])
    can = [name.replace("_", " ") for name, has in found.capabilities.items() if has]
    cannot = [name.replace("_", " ") for name, has in found.capabilities.items() if not has]
    lines += [f"  can: {', '.join(can) or 'nothing beside'}", f"  lacks: {', '.join(cannot)}"]
    costs = {"reset": found.reset_ms, "step": found.step_ms, "its pictures": found.picture_ms}
    told = [f"{what} {ms:.2f} ms" for what, ms in costs.items() if ms == ms]
    lines.append(f"  {', '.join(told) or 'no step'} of CPU")
    same = {True: "the same", False: "different", None: "not known"}[found.deterministic]
    lines.append(f"  two episodes of one seed: {same}")
    lines.append("  " + ", ".join(f"{name} {number}" for name, number in found.versions.items()))
    lines += [f"  note: {note}" for note in found.notes]
    lines += [f"  PROBLEM: {problem}" for problem in found.problems]
    return "\n".join(lines)
