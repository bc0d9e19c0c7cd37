"""`Prefetcher` reads the next episodes in a thread, so that the reviewer need not wait.

`ReviewQueue` requests them by name; `EpisodeReview` takes them.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

from ...datasets.episode import Episode
from ...sim_envs.errors import DamagedFile

KEPT = 8
"""Episodes in memory: about 7 MB each."""
IDLE_S = 0.02
"""Longest wait of the thread between two looks for work."""
READ_S = 30.0
"""An episode that takes longer than this to read is given up."""


class Prefetcher:
    """Reads requested episodes in order; when there are none it calls `idle_task`, such as scoring.

    `idle_task` says whether it did something; after a False the thread waits.
    """

    def __init__(
        self, path_of: Callable[[str], Path], idle_task: Callable[[], bool] = lambda: False
    ) -> None:
        self._path_of, self._odd_job = path_of, idle_task
        self._episodes: OrderedDict[str, Episode | DamagedFile] = OrderedDict()
        self._wanted: tuple[str, ...] = ()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="prefetch", daemon=True)
        self._thread.start()

    def request(self, names: Sequence[str]) -> None:
        """Read these next, in this order."""
        with self._changed:
            if tuple(names) != self._wanted:
                self._wanted = tuple(names)
                self._changed.notify_all()

    def take(self, name: str) -> Episode:
        """The episode, without waiting if it was read ahead; DamagedFile if it cannot be read."""
        with self._changed:
            if name not in self._episodes:
                self._wanted = (name, *(other for other in self._wanted if other != name))
                self._changed.notify_all()
                self._changed.wait_for(lambda: name in self._episodes or self._closed, READ_S)
            found = self._episodes.get(name)
            if found is not None:
                self._episodes.move_to_end(name)
        if found is None:
            raise DamagedFile(f"{name}: not read within {READ_S:.0f} s")
        if isinstance(found, DamagedFile):
            raise found
        return found

    def has(self, name: str) -> bool:
        """Whether `take` would not wait."""
        with self._changed:
            return name in self._episodes

    def close(self) -> None:
        """Stop reading; closing twice is safe."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            name = self._next()
            if self._closed:
                return
            if name is not None:
                self._read(name)
            elif not self._odd_job():
                with self._changed:
                    if not self._closed:
                        self._changed.wait(IDLE_S if self._next_locked() is None else 0)

    def _next(self) -> str | None:
        with self._changed:
            return self._next_locked()

    def _next_locked(self) -> str | None:
        return next((name for name in self._wanted if name not in self._episodes), None)

    def _read(self, name: str) -> None:
        found: Episode | DamagedFile
        try:
            found = Episode.read(self._path_of(name))
        except (DamagedFile, OSError) as error:
            found = error if isinstance(error, DamagedFile) else DamagedFile(f"{name}: {error}")
        with self._changed:
            self._episodes[name] = found
            spare = [known for known in self._episodes if known not in self._wanted]
            for known in spare[: max(0, len(self._episodes) - KEPT)]:
                del self._episodes[known]
            self._changed.notify_all()
