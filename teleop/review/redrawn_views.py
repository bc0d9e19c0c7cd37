"""`RedrawnViews` draws recorded moments again, larger than they were recorded, in another process.

A recorded picture has some 96 pixels a side, on which a plan of 10 cm is 30 pixels long; the state
is recorded too, and is drawn again from it. Until a picture has come the recorded one is shown.
"""

from ...datasets.config import WorkspaceConfig
from ...sim_envs.spaces import Image
from ..station.screen.view import ViewProcess, ViewProcessLost
from .predictions import RecordedPlan

SIDE_PX = 640
KEPT = 24
"""Pictures in memory."""
Key = tuple[str, int, str]
"""Episode, step and camera."""


class RedrawnViews:
    """Large pictures of recorded steps; asking never waits."""

    def __init__(self, config: WorkspaceConfig) -> None:
        self._process: ViewProcess | None = ViewProcess(config.task, dict(config.env_kwargs))
        self._pictures: dict[Key, Image] = {}
        self._asked: Key | None = None

    def picture(self, item: RecordedPlan, camera: str) -> Image | None:
        """The picture, uint8 [SIDE_PX, SIDE_PX, 3]; None until it has come, or where none can."""
        key = (item.episode, item.step, camera)
        try:
            self._collect()
            self._ask(key, item)
        except ViewProcessLost:
            self.close()
        return self._pictures.get(key)

    def close(self) -> None:
        """End the process; closing twice is safe."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def _collect(self) -> None:
        arrived = self._process.collect() if self._process else None
        if arrived is not None and self._asked is not None:
            self._pictures[self._asked] = arrived
            for old in list(self._pictures)[:-KEPT]:
                del self._pictures[old]

    def _ask(self, key: Key, item: RecordedPlan) -> None:
        if self._process is None or not self._process.free or key in self._pictures:
            return
        if item.seed >= 0:  # a scene from elsewhere cannot be built again
            self._asked = key
            self._process.ask(key[2], item.seed, item.state, SIDE_PX, SIDE_PX)
