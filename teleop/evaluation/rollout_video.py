"""`film` lets a policy drive seeds alone and writes a video of each; `sidestick evaluate` calls it.

The camera is one for people, which the policy does not see.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from ...datasets.config import WorkspaceConfig
from ...datasets.files.durable import replace_file
from ...policies.base.threads import few_threads
from ...policies.loaded_policy import load_for
from ...sim_envs.spaces import Image
from ...sim_envs.worlds.contract import Capability, TaskWorld
from ..session.environments import workspace_env
from ..session.open_session import unattended_session
from ..session.policy_runner import PolicyRunner
from ..session.session import Session
from .video import encode

SIZE_PX = (320, 240)
CAMERA = "side"


def write_rollout_videos(
    config: WorkspaceConfig,
    policy: Path,
    seeds: list[int],
    folder: Path,
    camera: str = CAMERA,
    on_film: Callable[[str], object] = lambda name: None,
) -> list[Path]:
    """Drive each seed once more into a video of its own; the files, named by seed.

    `on_film` hears of each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    env = workspace_env(config)
    try:
        env.require(Capability.PICTURES, "a video of another camera and size")
        loaded = load_for(policy, config)
        session = unattended_session(env, PolicyRunner(loaded, loaded.actions))
        with few_threads():
            films = []
            for seed in seeds:
                films.append(_film_one(session, env, seed, folder, camera))
                on_film(films[-1].name)
            return films
    finally:
        env.close()


def _film_one(session: Session, env: TaskWorld, seed: int, folder: Path, camera: str) -> Path:
    video = encode(_frames(session, env, seed, camera))
    path = folder / f"{seed}.{video.mime.removeprefix('video/')}"
    replace_file(path, video.data)
    return path


def _frames(session: Session, env: TaskWorld, seed: int, camera: str) -> Iterator[Image]:
    episode = session.prepare(seed)
    episode.begin()
    while not episode.over:
        yield env.picture(camera, *SIZE_PX)
        episode.tick()
    yield env.picture(camera, *SIZE_PX)
    episode.end()
