"""`SeatCues` are one arm's share of the window's sounds."""

from ...station.cues import LOUDNESS, Cue, CuePlayer
from ..focused_device import FocusedDevice


class SeatCues(CuePlayer):
    """One arm's share of the window's sounds: only what it calls, unless it has the attention."""

    def __init__(self, all_cues: CuePlayer, device: FocusedDevice) -> None:
        self._all, self._device = all_cues, device
        super().__init__(all_cues.pads, on=False)

    @property
    def on(self) -> bool:
        """Whether cues are on at all."""
        return self._all.on

    @on.setter
    def on(self, on: bool) -> None:
        """Only all of them together are switched, by toggle()."""

    def toggle(self) -> None:
        """Switch all of them."""
        self._all.toggle()

    def play(self, cue: Cue, loudness: float = LOUDNESS) -> None:
        """Begin a cue, if it is for the operator now."""
        if self._device.in_focus or cue is Cue.HELP_WANTED:
            self._all.play(cue, loudness)

    def update(self, source: object) -> None:
        """Rumble where that is due."""
        self._all.update(source)
