"""`MinariWriter` writes a Minari dataset with unchanged pixels to `<path>/<dataset id>/data`.

Minari loads it by its id with MINARI_DATASETS_PATH set to the path.
"""

import json
import re
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from ....sim_envs.errors import BadValue
from ....sim_envs.reset_options import RESEATS
from ....sim_envs.spaces import observation_space
from ...attributes import MAX_BYTES
from ...config import WorkspaceConfig
from ...episode import Episode
from ...hdf5 import write_columns
from ...recorded_spec import BUILT_IN
from ...summary import to_attributes
from ..imported_header import stages_of
from ..safe_hdf5 import hdf5_file
from ..transfer import ExportOptions
from .layout import (
    FINAL_STATE,
    INFOS,
    INFOS_GROUP,
    MAIN_FILE,
    METADATA_FILE,
    MINARI_VERSION,
    OBSERVATIONS,
    OPTIONS,
    PREFIX,
    SEED,
    WORKSPACE,
)

DATASET_ID = re.compile(r"([-_\w][-_\w/]*[-_\w]+/)?[-_\w]+-v\d+")
"""As Minari reads ids: a namespace has two characters or more."""
DESCRIPTION = (
    "Recorded with Sidestick, {hz} Hz. An episode is repeated to the last bit by its seed, reset "
    "options and actions: env.reset(seed=..., options=...) with those of its metadata. The option "
    "reseats names the ticks at which the driver changed and the arm's target was moved to the "
    "measured pose; actions alone leave the recording there. infos/seed and infos/reseat say it, "
    "too: they are what is left where datasets are combined."
)


CUT = (
    "the last action of {} episodes without an observation after it, which Minari wants: they end "
    "one step earlier and are called truncated there"
)
LARGE_STATE = "the simulator's state after the last action of {} episodes: too large an attribute"
LARGEST = float(np.finfo(np.float32).max)
"""Bound of readings that have none."""


class MinariWriter:
    """Writes main_data.hdf5 and metadata.json."""

    def __init__(
        self, path: Path, config: WorkspaceConfig, options: ExportOptions, _: Sequence[Path] = ()
    ) -> None:
        self._config = config
        self._id = _dataset_id(options.dataset_id, config.task)
        self._folder = path / self._id / "data"
        self._folder.mkdir(parents=True)
        self._stack = ExitStack()
        self._file, self._check = self._stack.enter_context(hdf5_file(self._folder / MAIN_FILE))
        self._episodes = self._steps = self._cut = self._branches = self._goals = 0
        self._seedless = self._stateless = 0

    def add(self, episode: Episode) -> int:
        """Write an episode, without its last action where the last observation is missing.

        It is truncated there, as Gymnasium calls an end that is not the task's.
        """
        steps = len(episode) if episode.final_observation is not None else len(episode) - 1
        if steps < 1:
            self._cut += 1
            return 0
        group = self._file.create_group(f"episode_{self._episodes}")
        _write_attributes(group, self._episodes, steps, episode)
        self._stateless += not _write_final_state(group, episode)
        write_columns(group.create_group(OBSERVATIONS), _observations(episode, steps))
        over, solved = np.arange(1, steps + 1) == steps, episode.summary.success
        terminates = solved and steps == len(episode)
        columns: dict[str, NDArray[Any]] = {
            "actions": episode.actions[:steps],
            "rewards": episode.rewards[:steps].astype(np.float64),
            "terminations": over & terminates,
            "truncations": over & (not terminates),
        }
        write_columns(group, columns)
        infos = {name: getattr(episode, name)[:steps] for name in INFOS}
        infos[SEED] = np.full(steps, episode.summary.header.seed)
        write_columns(group.create_group(INFOS_GROUP), infos)
        self._check()
        self._cut += steps < len(episode)
        self._branches += len(episode.abandoned)
        self._seedless += episode.summary.header.seed < 0
        self._goals = episode.observations["goal"].shape[1]
        self._episodes += 1
        self._steps += steps
        return steps

    def close(self) -> None:
        """Complete the file and write the metadata."""
        self._stack.close()
        size = (self._folder / MAIN_FILE).stat().st_size / 1e6
        metadata = {
            "total_episodes": self._episodes,
            "total_steps": self._steps,
            "data_format": "hdf5",
            "jpeg_encoding": False,
            "observation_space": json.dumps(_space(self._config, self._goals)),
            "action_space": json.dumps(_box(_action_space(self._config))),
            **_env_spec(self._config),
            "dataset_id": self._id,
            "algorithm_name": "teleoperation",
            "minari_version": MINARI_VERSION,
            "dataset_size": round(size, 1),
            "description": DESCRIPTION.format(hz=self._config.control_hz),
            WORKSPACE: self._config.to_json(),
        }
        text = json.dumps(metadata, indent=1)
        (self._folder / METADATA_FILE).write_text(text, encoding="utf-8")

    def lost(self) -> list[str]:
        """What Minari cannot hold of the added episodes."""
        lost = [CUT.format(self._cut)] if self._cut else []
        if self._stateless:
            lost.append(LARGE_STATE.format(self._stateless))
        if self._branches:
            lost.append(f"{self._branches} branches that rewinds cut off")
        if self._seedless:
            lost.append(f"how {self._seedless} episodes can be simulated again: they have no seed")
        return lost


def _dataset_id(template: str, task: str) -> str:
    """The dataset's id; BadValue for one that Minari does not take, or with unknown fields."""
    made = template.replace("{task}", task)
    if not DATASET_ID.fullmatch(made) or "//" in made:
        expected = "namespace/name-v<number>, the namespace of two characters or more, {task} for "
        raise BadValue("dataset id", f"{expected}the task", made)
    return made


def _observations(episode: Episode, steps: int) -> dict[str, NDArray[Any]]:
    """The observations before each action and after the last one, [T + 1, ...]."""
    last = episode.observation(steps)
    return {
        name: np.concatenate([rows[:steps], np.asarray(last[name])[None]])
        for name, rows in episode.observations.items()
    }


def _write_attributes(group: h5py.Group, number: int, steps: int, episode: Episode) -> None:
    """Write an episode's attributes; Minari keeps those that it does not know.

    With `seed` and `options` its environment is reset, for an equal replay.
    """
    group.attrs["id"] = number
    group.attrs["total_steps"] = steps
    seed = episode.summary.header.seed
    if seed >= 0:
        group.attrs["seed"] = seed
        if (reseats := np.flatnonzero(episode.reseat[:steps])).size:
            group.attrs[f"{OPTIONS}{RESEATS}"] = reseats
    own = to_attributes(episode.summary)
    for name in own.keys() - {"seed"}:
        group.attrs[f"{PREFIX}{name}"] = own[name]


def _write_final_state(group: h5py.Group, episode: Episode) -> bool:
    """Write the state after the last action [S], if there is one; False where it is too large."""
    state = episode.final_state
    if state is None:
        return True
    if state.nbytes > MAX_BYTES:
        return False
    group.attrs[FINAL_STATE] = state
    return True


def _space(config: WorkspaceConfig, goals: int) -> dict[str, Any]:
    """The observation space in Minari's JSON."""
    spaces = dict(observation_space(max(1, goals), config.image_size).spaces)
    if config.spec != BUILT_IN:
        goal = spaces["goal"]
        spaces = {r.name: Box(-LARGEST, LARGEST, (r.size,), np.float32) for r in config.readings}
        spaces["goal"] = goal
    found = {name: _box(space) for name, space in spaces.items() if not name.endswith("_image")}
    shape = [config.image_size, config.image_size, 3]
    black, white = np.zeros(shape, int).tolist(), np.full(shape, 255).tolist()
    image = {"type": "Box", "dtype": "uint8", "shape": shape, "low": black, "high": white}
    return {
        "type": "Dict",
        "subspaces": found | {f"{camera}_image": image for camera in config.cameras},
    }


def _action_space(config: WorkspaceConfig) -> Box:
    return Box(-1.0, 1.0, (config.spec.action.size,), np.float32)


def _box(space: Any) -> dict[str, Any]:
    """A Box in Minari's JSON."""
    return {
        "type": "Box",
        "dtype": str(space.dtype),
        "shape": list(space.shape),
        "low": space.low.tolist(),
        "high": space.high.tolist(),
    }


def _env_spec(config: WorkspaceConfig) -> dict[str, str]:
    """The environment as Gymnasium's EnvSpec in JSON; nothing for a task that is not ours."""
    if not stages_of(config.task):
        return {}
    kwargs = {"task": config.task, **config.env_args()["env_kwargs"]}
    spec: dict[str, Any] = {
        "id": f"sidestick/{config.task}-v0",
        "entry_point": "sidestick.sim_envs.making:make_task_env",
        "reward_threshold": None,
        "nondeterministic": False,
        "max_episode_steps": None,
        "order_enforce": True,
        "disable_env_checker": False,
        "kwargs": kwargs,
        "additional_wrappers": [],
        "vector_entry_point": None,
    }
    return {"env_spec": json.dumps(spec)}
