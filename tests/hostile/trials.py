"""`Trials` runs verbs on hostile inputs, beside the same verbs on sound ones, and lists faults."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.hostile.place import Maker, Place, copy_of, make_base
from tests.hostile.rig import Ran, Worker
from tests.hostile.verbs import VERBS


class Trials:
    """A sound place, a worker, and how each verb ends on the sound place."""

    def __init__(self, scratch: Path) -> None:
        self.base, self._scratch = make_base(scratch / "base"), scratch
        self._worker = Worker(scratch)
        self._sound: dict[tuple[str, ...], Ran] = {}

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    def faults(self, make: Maker, verbs: Iterable[str]) -> list[str]:
        """What is wrong with these verbs on one input."""
        found = []
        for verb in verbs:
            sound = self._sound_run(VERBS[verb])
            found += [f"{verb}: {fault}" for fault in self._tried(make, VERBS[verb], sound)]
        return found

    def faults_of(self, words: Sequence[str]) -> list[str]:
        """What is wrong with one command line in a sound place."""
        sound = self._sound_run(VERBS["check"])
        return self._tried(lambda _: None, words, sound, near=True)

    def _sound_run(self, words: tuple[str, ...]) -> Ran:
        if words not in self._sound:
            with copy_of(self.base, self._scratch / "sound") as place:
                self._sound[words] = self._run(words, place)
            assert self._sound[words].code in (0, 1, 2), self._sound[words]
        return self._sound[words]

    def _tried(
        self, make: Maker, words: Sequence[str], sound: Ran, near: bool = False
    ) -> list[str]:
        """The faults of one run; with `near` it may write anything beside the workspace."""
        with copy_of(self.base, self._scratch / "place") as place:
            make(place)
            before = place.outsiders(near)
            found = self._run(words, place).faults(sound)
            after = place.outsiders(near)
        if near:  # a parser of command lines shows the operator's own words as they are
            found = [fault for fault in found if not fault.startswith("terminal")]
        changed = [name for name in {*before, *after} if before.get(name) != after.get(name)]
        return found + [f"outside: {name} was changed" for name in sorted(changed)]

    def _run(self, words: Sequence[str], place: Place) -> Ran:
        settings = {"SIDESTICK_CONFIG_DIR": str(place.folder / "config")}
        return self._worker.run(words, place.folder, **settings)
