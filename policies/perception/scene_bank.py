"""This module makes labelled random scenes in worker processes and stores them as .npy files.

Pretraining calls it with a function from seed to scene; a memory-mapped bank comes out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import BadValue, PolicyError
from ..base.json_files import read_json, write_json
from ..engines.crew import Crew
from ..engines.job import Engine, Job, Preparation
from .keypoints import cell_counts

Scene: TypeAlias = Sequence[tuple[NDArray[np.uint8], NDArray[Any], NDArray[np.float32]]]
SampleScene: TypeAlias = Callable[[int], Scene]
"""seed -> for each camera the image uint8 (H, W, 3), the class of every pixel (H, W), and the grasp
point of each class (K, 3): in the picture and metres above the table, NaN for unknown."""
SCENES_PER_JOB = 25
"""Few enough for frequent progress reports, many enough that starting a job costs little."""


@dataclass(frozen=True)
class SceneBank:
    """Scenes in memory, or mapped from a file."""

    images: NDArray[np.uint8]
    """(N, cameras, H, W, 3)."""
    counts: NDArray[np.uint8]
    """(N, cameras, K, g, g): pixels of each class in each cell."""
    holds: NDArray[np.float32]
    """(N, cameras, K, 3): the grasp point of each class; NaN where it is not known."""

    def split(self, held_out: int) -> tuple["SceneBank", "SceneBank"]:
        """All but the last `held_out` scenes, and the last ones."""
        at = len(self.images) - held_out
        return (
            SceneBank(self.images[:at], self.counts[:at], self.holds[:at]),
            SceneBank(self.images[at:], self.counts[at:], self.holds[at:]),
        )


@dataclass(frozen=True)
class SceneShape:
    """The numbers that give the shapes of a bank's files."""

    scenes: int
    cameras: int
    image_size: int
    num_classes: int
    grid: int

    def open(self, folder: Path, mode: Any) -> SceneBank:
        """Map the files of `folder`; mode "w+" makes them, "r+" writes, "r" reads."""
        arrays = self._arrays(self.scenes)
        return SceneBank(
            *(_mapped(folder / f"{name}.npy", mode, *kind) for name, kind in arrays.items())
        )

    def blank(self, scenes: int) -> SceneBank:
        """Room for so many scenes in memory."""
        return SceneBank(*(np.empty(*kind) for kind in self._arrays(scenes).values()))

    def _arrays(self, scenes: int) -> dict[str, tuple[tuple[int, ...], type]]:
        """Shape and type of each array of a bank, in the order of its fields."""
        return {
            "images": ((scenes, self.cameras, self.image_size, self.image_size, 3), np.uint8),
            "counts": (
                (scenes, self.cameras, self.num_classes, self.grid, self.grid),
                np.uint8,
            ),
            "holds": ((scenes, self.cameras, self.num_classes, 3), np.float32),
        }


def make_scenes(
    sample_scene: SampleScene,
    shape: SceneShape,
    folder: Path,
    first_seed: int = 0,
    engine: Engine | None = None,
    progress: Callable[[int], object] = lambda done: None,
    label: str = "",
) -> SceneBank:
    """Scenes of seeds first_seed .. first_seed + N - 1; read from `folder` if they are there.

    `sample_scene` is sent to the workers of `engine`, so it must be importable by name (a module's
    function or a `functools.partial` of one); without an engine, or for a single job, this process
    makes them. `label` names what is sampled: PolicyError for a folder with another label or
    shape. Jobs that finished before an interruption are kept.
    """
    expected = {**vars(shape), "first_seed": first_seed, "label": label}
    manifest = folder / "scenes.json"
    done = _finished_jobs(manifest, expected)
    if done is None:
        folder.mkdir(parents=True, exist_ok=True)
        shape.open(folder, "w+")
        done = set()
    jobs = [s for s in range(0, shape.scenes, SCENES_PER_JOB) if s not in done]
    write_json(manifest, {**expected, "done": sorted(done)})
    bank = shape.open(folder, "r+")
    for start, made in _run(jobs, engine, sample_scene, shape, first_seed):
        for whole, part in zip(vars(bank).values(), vars(made).values(), strict=True):
            whole[start : start + len(part)] = part
        done.add(start)
        write_json(manifest, {**expected, "done": sorted(done)})
        progress(min(len(done) * SCENES_PER_JOB, shape.scenes))
    return shape.open(folder, "r")


def make_job(
    sample_scene: SampleScene, shape: SceneShape, first_seed: int, start: int
) -> tuple[int, SceneBank]:
    """Make the scenes of one job; their place in the bank, and they."""
    bank = shape.blank(min(SCENES_PER_JOB, shape.scenes - start))
    for index in range(len(bank.images)):
        scene = sample_scene(first_seed + start + index)
        if len(scene) != shape.cameras:
            raise BadValue("scene", f"{shape.cameras} cameras", len(scene))
        for camera, (image, classes, holds) in enumerate(scene):
            bank.images[index, camera] = image
            bank.counts[index, camera] = cell_counts(classes, shape.num_classes, shape.grid)
            bank.holds[index, camera] = holds
    return start, bank


def _run(
    jobs: list[int],
    engine: Engine | None,
    sample_scene: SampleScene,
    shape: SceneShape,
    first_seed: int,
) -> Iterator[tuple[int, SceneBank]]:
    given = (sample_scene, shape, first_seed)
    if engine is None or len(jobs) == 1:  # a worker takes longer to start than one job takes
        for start in jobs:
            yield make_job(*given, start)
        return
    with Crew(engine, Preparation(_one_thread)) as crew:
        yield from crew.made(
            Job(f"scenes from seed {first_seed + start}", make_job, (*given, start))
            for start in jobs
        )


def _one_thread() -> None:
    import torch  # the workers import it anyway; one thread each, since they share the cores

    torch.set_num_threads(1)


def _finished_jobs(manifest: Path, expected: dict[str, Any]) -> set[int] | None:
    if not manifest.exists():
        return None
    found = read_json(manifest)
    done = set(found.pop("done", ()))
    if found != expected:
        differing = [key for key in expected if found.get(key) != expected[key]]
        raise PolicyError(
            f"{manifest.parent}: holds scenes that differ in {', '.join(differing)}; "
            "use another folder or remove this one"
        )
    return done


def _mapped(path: Path, mode: Any, shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
    if mode == "w+":
        return np.lib.format.open_memmap(path, mode, dtype, shape)
    try:
        array: NDArray[Any] = np.lib.format.open_memmap(path, mode)
    except (OSError, ValueError) as error:
        raise PolicyError(f"{path}: not readable as scenes ({error}); remove its folder") from None
    if array.dtype != dtype or array.shape != shape:
        expected = np.dtype(dtype)
        raise PolicyError(f"{path}: expected {expected} {shape}, got {array.dtype} {array.shape}")
    return array
