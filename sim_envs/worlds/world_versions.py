"""`versions_of` says which packages a world is made of, for reports."""

import platform
from importlib.metadata import packages_distributions, version

from .contract import TaskWorld


def versions_of(world: TaskWorld) -> dict[str, str]:
    """Python, the package that a world comes from, and those below it that are known to break."""
    inner = getattr(getattr(world, "env", world), "unwrapped", world)
    parts = (inner, world, getattr(world, "task", None))
    roots = {type(part).__module__.partition(".")[0] for part in parts}
    owners = packages_distributions()
    names = {name for root in roots for name in owners.get(root, ())}
    for below in ("gymnasium", "numpy", "mujoco", "pybullet"):
        names |= {below} if below in owners else set()
    found = {name: version(name) for name in sorted(names)}
    return {"python": platform.python_version(), **found}
