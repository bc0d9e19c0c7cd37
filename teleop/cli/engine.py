"""`sidestick engine` says who can make jobs: this machine, and a Ray cluster."""

from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar

from tyro.conf import arg

from ...policies.base.device import devices
from ...policies.engines.memory import WORKER_MIB, cores, free_mib, workers_here
from ...policies.engines.ray_engine import AUTO, RayEngine, ray_module
from ...sim_envs.errors import SidestickError
from ...sim_envs.install import install_hint
from .console import print_json, say
from .subcommand import DONE, NOTHING_LOST


@dataclass(frozen=True)
class EngineVerb:
    """Say who can make jobs: the cores, memory and GPUs of this machine and of a Ray cluster.

    Verbs with --workers have their jobs made here, or with --engine ray on the cluster.
    """

    if_interrupted: ClassVar[str] = NOTHING_LOST

    address: Annotated[
        str | None,
        arg(metavar="auto|local|HOST:PORT", help_behavior_hint="(default: auto, if there is one)"),
    ] = None
    """The Ray cluster; refused where none is there."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Look, and report."""
        here, ray = _here(), self._ray()
        if self.json:
            print_json({"local": here, "ray": ray})
        else:
            say(_shown(here, ray))
        return DONE

    def _ray(self) -> dict[str, Any]:
        """Version and machines of Ray; what is missing, where that was not asked for by address."""
        if self.address is None and find_spec("ray") is None:
            return {"version": None, "machines": [], "missing": install_hint("ray")}
        version, engine = ray_module().__version__, RayEngine(self.address or AUTO)
        try:
            engine.open()
        except SidestickError as error:
            if self.address is not None:
                raise
            return {"version": version, "machines": [], "missing": str(error)}
        try:
            return {"version": version, "machines": [asdict(each) for each in engine.machines()]}
        finally:
            engine.close()


def _here() -> dict[str, Any]:
    free = free_mib()
    return {
        "cores": cores(),
        "free_mib": free,
        "worker_mib": WORKER_MIB,
        "workers": workers_here(None, free),
        "devices": devices(),
    }


def _shown(here: dict[str, Any], ray: dict[str, Any]) -> str:
    """The report for people."""
    free = "memory unknown" if here["free_mib"] is None else f"{here['free_mib']:,} MiB free"
    lines = [
        f"local: {here['workers']} workers on {here['cores']} cores, {free}, "
        f"{here['worker_mib']} MiB each; devices: {', '.join(here['devices'])}"
    ]
    if ray["version"] is None:
        lines.append(f"ray: not installed; {ray['missing']}")
    elif not ray["machines"]:
        lines.append(f"ray {ray['version']}: {ray['missing']}")
    else:
        total = sum(machine["cores"] for machine in ray["machines"])
        lines.append(f"ray {ray['version']}: {total} workers on {len(ray['machines'])} machines")
        lines += [
            f"  {machine['address']}: {machine['cores']} cores, {machine['memory_mib']:,} MiB, "
            f"{machine['gpus']} GPUs"
            for machine in ray["machines"]
        ]
    return "\n".join(lines)
