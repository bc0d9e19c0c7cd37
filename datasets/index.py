"""This module writes and reads dataset.hdf5, which links all episodes as one robomimic dataset."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py

from .attributes import write_attributes
from .files.durable import replace_file
from .hdf5 import DEMO, image_of, in_memory, opened
from .summary import ENV_ARGS, EpisodeSummary


def write_index(
    path: Path, summaries: Sequence[EpisodeSummary], env_args: Mapping[str, Any]
) -> None:
    """Link the episodes, in the given order, as demo_0, demo_1 ..., with relative paths."""
    with in_memory() as file:
        data = file.create_group("data")
        total = sum(summary.steps for summary in summaries)
        write_attributes(data, {"total": total, ENV_ARGS: json.dumps(dict(env_args))})
        for number, summary in enumerate(summaries):
            if summary.path is not None:
                link = summary.path.relative_to(path.parent).as_posix()
                data[f"demo_{number}"] = h5py.ExternalLink(link, f"/{DEMO}")
            time.sleep(0)  # yield to the control loop, which may run in another thread
        image = image_of(file)
    replace_file(path, image)


def read_index(path: Path) -> list[str]:
    """The linked files in their order; raise DamagedFile when the index cannot be read."""
    with opened(path) as file:
        data = file["data"]
        links = [data.get(f"demo_{number}", getlink=True) for number in range(len(data))]
        return [link.filename for link in links]
