"""RewindableEnv is an ArmEnv that goes back to a snapshot at once, bit for bit.

Its physics runs in a PhysicsProcess, of which a copy waits at every snapshot; here the world only
shows where everything is, for pictures. Where the process is lost, the physics goes on here.
"""

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..environment import ArmEnv
from ..errors import BadValue
from ..snapshot import Snapshot
from ..spaces import IMAGE_SIZE, Action, Image, Observation, checked_action
from ..tasks import task_class
from .physics_process import PhysicsLost, PhysicsProcess

DENSE_TICKS, SPARSE_TICKS = 600, 20
"""Copies of the last DENSE_TICKS are all kept; of the time before, one in every SPARSE_TICKS."""


class RewindableEnv(ArmEnv):
    """The same environment, in which restore() costs at most a second's ticks at any time."""

    _physics: PhysicsProcess | None = None
    """None: the physics runs here, as in any ArmEnv."""
    _under_way = False
    """Whether a step was begun and is not finished."""
    _lost = False
    """Whether the process was lost in this episode; the next one has another."""

    def start(self) -> None:
        """Start the process, for the episodes from the next build on."""
        self._lost = False
        self._copies: dict[int, PhysicsProcess] = {}  # waiting, by the length of their history
        self._physics = PhysicsProcess.start(self.task_name, self.env_kwargs)

    @property
    def at_once(self) -> bool:
        """Whether restore() goes back by a copy that waits."""
        return self._physics is not None

    def build_from(self, beginning: Mapping[str, Any]) -> None:
        """Rebuild the world, here and there at the same time."""
        self._finish_step()
        if self._physics is None and self._lost:
            self.start()
        if self._physics is not None:
            self._drop_copies(after=-1)
            with contextlib.suppress(PhysicsLost):  # then it has no answer either
                self._physics.build(beginning)
        super().build_from(beginning)
        if self._physics is not None:
            self._follow(self._physics)
            self.snapshot()

    def begin_step(self, action: Action) -> None:
        """Let the process step and draw what is recorded; step() with the action finishes it."""
        self._begin_step(action, self.images_due and self.renderer.forks)

    @property
    def stepping(self) -> bool:
        """Whether the process has not answered yet, and may still do so."""
        return self._under_way and self._physics is not None and not self._physics.answered

    def _begin_step(self, action: Action, draw: bool) -> None:
        if not self.at_once:
            return
        checked = checked_action(action)
        if self.elapsed in self._reseats:
            self.reseat()
        if self._physics is None:  # lost while it re-seated
            return
        self._history.append(checked)
        self.elapsed += 1
        self._under_way = True
        try:
            self._physics.advance(checked, draw)
        except PhysicsLost:
            self._resimulate()

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Run one control tick, or finish the one that was begun."""
        if not self._under_way:
            self.begin_step(action)
        return super().step(action)

    def advance(self, action: Action) -> None:
        """Step by an action [7] without observing."""
        if not self._under_way:
            self._begin_step(action, draw=False)
        if self._under_way:
            self._finish_step()
        else:
            super().advance(action)

    def _finish_step(self) -> None:
        """Wait for the step that the process was told to make, if any."""
        under_way, self._under_way = self._under_way, False
        if under_way and self._physics is not None:
            self._follow(self._physics)

    def reseat(self) -> None:
        """Move the target to the measured pose."""
        super().reseat()
        if self._physics is None:
            return
        try:
            self._physics.reseat()
        except PhysicsLost:
            self._resimulate()
        else:
            self._follow(self._physics)

    def state(self) -> NDArray[np.float64]:
        """Everything that a replay compares, as the physics has it; flat float64 [S]."""
        return super().state() if self._physics is None else self._moment.state.copy()

    def proprioception(self) -> dict[str, NDArray[np.float32]]:
        """What an observation holds beside the images, as the physics has it."""
        if self._physics is None:
            return super().proprioception()
        return {name: values.copy() for name, values in self._moment.sensed.items()}

    def recorded_pictures(self) -> dict[str, Image]:
        """What the recorded cameras see, as the process drew it where it did."""
        if self._physics is None or not self._moment.pictures:
            return super().recorded_pictures()
        return self._moment.pictures

    def snapshot(self) -> Snapshot:
        """The current moment, at which a copy of the physics waits."""
        snapshot = super().snapshot()
        if self._physics is not None and len(self._history) not in self._copies:
            try:
                self._copies[len(self._history)] = self._physics.mark()
            except PhysicsLost:
                self._resimulate()
            else:
                self._thin_out()
        return snapshot

    def restore(self, snapshot: Snapshot) -> Observation:
        """Go back to a snapshot of this episode; raises BadValue for one of another episode."""
        if snapshot.episode != self._episode:
            raise BadValue("snapshot", "one taken since the last reset", "one of an older episode")
        self._finish_step()
        if self._physics is None:
            return super().restore(snapshot)
        pairs = zip(self._history, snapshot.history, strict=False)
        common = next(
            (i for i, (ours, theirs) in enumerate(pairs) if ours is not theirs),
            min(len(self._history), len(snapshot.history)),
        )
        nearest = max(at for at in self._copies if at <= common)
        self._wake(nearest)
        for action in snapshot.history[nearest:]:
            self.reseat() if action is None else self.advance(action)
        self.images_due = True
        return self._observe()

    def close(self) -> None:
        """Free the engine, the renderer and the processes; closing twice is safe."""
        self._give_up()
        super().close()

    def _wake(self, at: int) -> None:
        """Go on with the copy that waits at a length of the history."""
        woken = self._copies[at]
        self._drop_copies(after=at)
        if self._physics is not None:
            self._physics.close()
        self._physics = woken
        self._history = self._history[:at]
        self.elapsed = sum(action is not None for action in self._history)
        try:
            self._copies[at] = woken.wake()
        except PhysicsLost:
            self._resimulate()
        else:
            self._follow(woken)

    def _follow(self, physics: PhysicsProcess) -> None:
        """Show the moment at which the physics has arrived."""
        try:
            self._moment = physics.moment()
        except PhysicsLost:
            self._resimulate()
            return
        self.show(self._moment.state)
        self.world.find_contacts()
        self._status = self._moment.status

    def _resimulate(self) -> None:
        """Simulate the episode here, up to now, and go on here."""
        self._give_up()
        self._lost = True
        images_due, images = self.images_due, self._images
        super().restore(Snapshot(tuple(self._history), self._episode))
        self.images_due, self._images = images_due, images

    def _drop_copies(self, after: int) -> None:
        """Let those copies end that wait after this length of the history."""
        for at in [at for at in self._copies if at > after]:
            self._copies.pop(at).close()

    def _thin_out(self) -> None:
        """Let copies of long ago end that have another one shortly before them."""
        kept = 0
        for at in sorted(self._copies):
            if 0 < at < len(self._history) - DENSE_TICKS and at - kept < SPARSE_TICKS:
                self._copies.pop(at).close()
            else:
                kept = at

    def _give_up(self) -> None:
        """End the processes; the physics runs here from now on."""
        if self._physics is not None:
            self._drop_copies(after=-1)
            self._physics.close()
            self._physics = None


def make_rewindable_env(
    task: str = "ShelfPick",
    renderer: str = "tiny",
    image_size: int = IMAGE_SIZE,
    **variant: Any,
) -> RewindableEnv:
    """An environment as make_task_env() makes it, with its process; raises what that raises."""
    env = RewindableEnv(task_class(task).with_variant(variant), renderer, image_size)
    env.start()
    return env
