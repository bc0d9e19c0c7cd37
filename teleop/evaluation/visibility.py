"""`VisibilityCheck` flags episodes whose cameras never saw an object that the instruction names.

`sidestick check` calls it: a policy cannot learn to take what no image shows. Pixels are counted
in the simulator's segmentation, drawn again from the recorded states.
"""

import json
from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from ...datasets.episode import Episode
from ...datasets.files.plain_log import plain_log
from ...datasets.schema import IMAGE_SUFFIX, is_image
from ...datasets.summary import NO_SEED
from ...sim_envs.environment import ArmEnv
from ...sim_envs.errors import SidestickError
from ...sim_envs.making import make_task_env
from ...sim_envs.task_description import is_label_of

NEVER_IN_VIEW = "never in view"
LOOKS = 8
"""Most steps that are drawn, evenly over the episode; the first usually suffices."""
SEEN_PIXELS = 8
"""Fewest pixels that count as seen: half a cell of perception's map."""
_log = plain_log(__name__)


class VisibilityCheck:
    """A flagger that names the instruction's items that no recorded camera saw in the steps drawn.

    It passes over episodes whose scene cannot be built again: of another tool's task, or of a
    version of a task that laid out other scenes.
    """

    def __init__(self) -> None:
        self._made_of = ""
        self._env: ArmEnv | None = None

    def __call__(self, episode: Episode) -> str | None:
        """A sentence on the items never seen; None if all were, or if that cannot be told."""
        try:
            env = self._scene(episode)
        except (SidestickError, TypeError, ValueError) as error:
            _log.info("%s: cannot be checked: %s", episode.summary.id, error)
            return None
        if env is None:
            return None
        unseen = _named(episode)
        for seen in _seen_items(env, episode):
            unseen = [item for item in unseen if item not in seen]
            if not unseen:
                return None
        cameras = " and ".join(_cameras(episode))
        return f"{cameras} never showed the {', the '.join(unseen)}"

    def close(self) -> None:
        """Free the environment."""
        if self._env is not None:
            self._env.close()
        self._env, self._made_of = None, ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _scene(self, episode: Episode) -> ArmEnv | None:
        """An environment with the episode's scene; None if it differs from the recorded one."""
        header = episode.summary.header
        if header.seed == NO_SEED:
            return None
        keywords: dict[str, Any] = dict(header.env_args.get("env_kwargs", {}))
        keywords |= {"task": header.task, "renderer": "tiny"}  # the same classes in all of them
        recipe = json.dumps(keywords, sort_keys=True)
        if self._env is None or recipe != self._made_of:
            self.close()
            self._env, self._made_of = make_task_env(**keywords), recipe
        env = self._env
        env.build(header.seed)
        same = (
            env.instruction == header.instruction
            and env.task.goal_names == header.goal_names
            and env.state().shape == episode.states.shape[1:]
            and set(_cameras(episode)) <= env.task.cameras.keys()
        )
        return env if same else None


def _named(episode: Episode) -> list[str]:
    """The items that the instruction names."""
    marks = episode.observations["goal"][0]
    names = episode.summary.header.goal_names
    return [name for name, mark in zip(names, marks, strict=True) if mark]


def _cameras(episode: Episode) -> list[str]:
    """The recorded cameras."""
    return [key.removesuffix(IMAGE_SUFFIX) for key in episode.observations if is_image(key)]


def _seen_items(env: ArmEnv, episode: Episode) -> Iterator[set[str]]:
    """The goal items that the recorded cameras see, at some steps over the episode."""
    size, labels = env.image_size, env.task.labels
    steps = np.unique(np.linspace(0, len(episode) - 1, LOOKS).astype(int))
    for state in episode.states[steps]:
        env.show(state)
        views = (env.labelled(camera, size, size)[1] for camera in _cameras(episode))
        shown = {
            labels[label]
            for classes in views
            for label in np.flatnonzero(np.bincount(classes.ravel()) >= SEEN_PIXELS)
        }
        yield {name for name in env.task.goal_names for label in shown if is_label_of(label, name)}
