"""`sidestick doctor` says whether a world keeps the contract, and what it costs."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from tyro.conf import Positional

from ...sim_envs.making import make_world
from ...sim_envs.spaces import IMAGE_SIZE
from ...sim_envs.tasks import task_names
from ...sim_envs.worlds.conformance import STEPS, Examination, examined
from ..world_settings import note_allowed, options_of
from .capabilities import task_capabilities
from .console import print_json, say
from .numbers import Count
from .subcommand import DONE, FOUND, NOTHING_LOST


@dataclass(frozen=True)
class Doctor:
    """Examine a world: what it takes and gives, what it can do, what a step costs, what is wrong.

    A world is a task by its short name, an installed plug-in, a Gymnasium environment (gym:ID, or
    gym:module:ID where a module registers it) or module:maker. One that is named here may be used
    by workspaces from then on.
    """

    if_interrupted: ClassVar[str] = NOTHING_LOST

    env: Annotated[str, Positional]
    """The world."""
    env_options: str = ""
    """Its options, as JSON: {"hz": 25}."""
    image_size: Count = IMAGE_SIZE
    """Height and width of the pictures, pixels."""
    episode_steps: Count = STEPS
    """Steps of each of the two episodes."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Examine and report."""
        options = options_of(self.env_options)
        if self.env in task_names():
            options, world = {"task": self.env, **options}, ""
        else:
            world = self.env
            options = {"own_process": False, **options}  # its CPU is measured
            note_allowed(world)
        found = examined(
            self.env, lambda: make_world(world, self.image_size, **options), self.episode_steps
        )
        if not world and found.capabilities:
            found.capabilities |= task_capabilities(self.env)
        if self.json:
            print_json(found.to_json())
        else:
            say(_shown(found))
        return FOUND if found.problems else DONE


def _shown(found: Examination) -> str:
    """The report for people."""
    lines = [f"{found.world}"]
    for key in ("task", "action", "readings", "cameras", "image_size", "control_hz", "max_steps"):
        if key in found.spec:
            value = found.spec[key]
            told = "; ".join(map(str, value)) if isinstance(value, list | tuple) else value
            lines.append(f"  {key.replace('_', ' ')}: {told}")
    can = [name.replace("_", " ") for name, has in found.capabilities.items() if has]
    cannot = [name.replace("_", " ") for name, has in found.capabilities.items() if not has]
    lines += [f"  can: {', '.join(can) or 'nothing beside'}", f"  lacks: {', '.join(cannot)}"]
    lines.append(
        f"  reset {found.reset_ms:.1f} ms, step {found.step_ms:.2f} ms, its pictures "
        f"{found.picture_ms:.1f} ms of CPU"
    )
    same = "the same" if found.deterministic else "different"
    lines.append(f"  two episodes of one seed: {same}")
    lines.append("  " + ", ".join(f"{name} {number}" for name, number in found.versions.items()))
    lines += [f"  note: {note}" for note in found.notes]
    lines += [f"  PROBLEM: {problem}" for problem in found.problems]
    return "\n".join(lines)
