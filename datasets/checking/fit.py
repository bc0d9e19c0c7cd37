"""`misfits` compares an episode with its workspace: task, cameras, sizes of pictures and goals.

`check`, import and merge name episodes that no training could read beside the others.
"""

from collections.abc import Iterator

from ...sim_envs.errors import DamagedFile
from ..config import WorkspaceConfig
from ..episode import Episode
from ..judgements.exclusion import excluded_episodes
from ..schema import IMAGE_SUFFIX, is_image
from ..workspace import Workspace


def goals_of(episode: Episode) -> int:
    """The length of an episode's goal vector."""
    return int(episode.observations["goal"].shape[1])


def first_goals(workspace: Workspace) -> int | None:
    """The length of the goal vectors in a workspace, by its first episode; None without one.

    Episodes that people excluded are no measure for others.
    """
    out = excluded_episodes(workspace)
    for path in workspace.episodes():
        if path.stem in out:
            continue
        try:
            return goals_of(Episode.read(path, images=False))
        except DamagedFile:
            continue
    return None


def misfits(episode: Episode, config: WorkspaceConfig, goals: int | None = None) -> Iterator[str]:
    """Yield where an episode is for something else than its workspace.

    `goals` is the length of the other episodes' goal vectors; None where there are no others.
    """
    task = episode.summary.header.task
    if task != config.task:
        yield f"task: an episode of {task!r}, the workspace is for {config.task!r}"
    images = {name: rows for name, rows in episode.observations.items() if is_image(name)}
    cameras = {name.removesuffix(IMAGE_SUFFIX) for name in images}
    if cameras != set(config.cameras):
        yield f"cameras: {sorted(cameras)}, the workspace has {sorted(config.cameras)}"
    side = (config.image_size, config.image_size, 3)
    for name, rows in images.items():
        if rows.shape[1:] != side:
            yield f"obs/{name}: pictures of {list(rows.shape[1:])}, the workspace has {list(side)}"
    if goals is not None and goals_of(episode) != goals:
        yield f"obs/goal: {goals_of(episode)} numbers, the other episodes have {goals}"
