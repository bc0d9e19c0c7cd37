"""A `JournalWriter` checks the Steps of the running episode and appends them to its journal."""

import json
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.errors import BadValue, RecordingError
from ..sim_envs.spaces import Observation
from .attributes import require_attributes
from .config import WorkspaceConfig
from .files.names import episode_name
from .journal import HEAD, Journal, RecordKind, frame
from .journal_reading import layout_to_json
from .journal_recovery import JOURNAL
from .step import EpisodeHeader, Step
from .step_packing import Packer, sizes_of
from .summary import header_attributes, header_from_json, header_to_json

RESERVED_SECONDS = 30
"""Length of recording for which disk space is reserved at the start of an episode."""


class JournalWriter:
    """One open journal; the first step determines the layout of all."""

    def __init__(
        self, folder: Path, header: EpisodeHeader, config: WorkspaceConfig, name: str = ""
    ) -> None:
        body = _header_record(header)
        self.id = episode_name(name or episode_id(header.started))
        self.steps = 0
        self._config, self._spec = config, header.spec
        reserve = RESERVED_SECONDS * config.control_hz * config.step_bytes()
        try:
            self.journal = Journal(folder / f"{self.id}{JOURNAL}", reserve)
        except OSError as error:
            raise RecordingError(f"{folder}: cannot record here: {error.strerror}") from error
        try:
            self.journal.append(RecordKind.HEADER, body)
        except RecordingError:
            self.journal.close()
            self.journal.path.unlink()
            raise
        self._packer: Packer | None = None

    def append(self, step: Step) -> None:
        """Check a step and append it to the journal."""
        packer = self._packer or self._lay_out(step)
        packer.pack(step)
        frame(packer.record, RecordKind.STEP)
        self.journal.write(packer.record)
        self.steps += 1

    def cut(self, steps: int) -> None:
        """Record that a rewind removed the last `steps` from the main line."""
        if not 0 < steps <= self.steps:
            raise BadValue("steps to cut", f"1 to {self.steps}", steps)
        keep = self.steps - steps
        self.journal.append(RecordKind.REWIND, json.dumps({"keep": keep}).encode())
        self.steps = keep

    def end(
        self,
        final: tuple[Observation, NDArray[np.float64]] | None,
        success: bool,
        complete: bool,
        discarded: bool,
    ) -> None:
        """Record how the episode ended; `final` is the last observation and state [S]."""
        if final and self._packer:
            self.journal.append(RecordKind.FINAL, self._packer.pack_final(*final).tobytes())
        end = {"success": success, "complete": complete, "discarded": discarded}
        self.journal.append(RecordKind.END, json.dumps({**end, "ended": time.time()}).encode())

    def _lay_out(self, step: Step) -> Packer:
        """Derive the layout from the first step, and record it for readers of the journal."""
        sizes = sizes_of(step.observation, step.state, self._spec)
        came = (sorted(sizes.cameras), sizes.image)
        expected = (sorted(self._config.cameras), self._config.image_size)
        if came != expected:
            raise BadValue("observation", f"the workspace's cameras and size {expected}", came)
        packer = Packer(sizes, HEAD.size)
        packer.pack(step)  # a step that does not fit must not decide the layout
        layout = layout_to_json(packer.layout, packer.final_layout)
        self.journal.append(RecordKind.LAYOUT, layout)
        self._packer = packer
        return packer


def _header_record(header: EpisodeHeader) -> bytes:
    """The journal's first record; BadValue for a header that could not be read back."""
    try:
        body = header_to_json(header)
        header_from_json(body)
        require_attributes(header_attributes(header))
    except (ValueError, TypeError) as error:
        raise BadValue("header", "one that a file can hold", error) from error
    return body


def episode_id(started: float) -> str:
    """A new id: UTC to the second, then microseconds and random bits in eight hexadecimal digits.

    Ids sort by time, also within a second.
    """
    moment = datetime.fromtimestamp(started, UTC)
    return f"{moment:%Y%m%dT%H%M%S}-{moment.microsecond:05x}{secrets.randbits(12):03x}"
