"""Cues tell the operator what has just happened: a tone, a rumble, or a short notice.

The event loop plays one for each start, save, takeover, handover, request for help and loss.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from ..devices.gamepads import Gamepads
from ..devices.sdl import pygame
from ..session.levels import Switch
from .hand_watch import HandEvent
from .voice import Voice

RATE_HZ = 44100
AMPLITUDE = 0.85
LOUDNESS = 0.3
"""Of a cue, in [0, 1], unless it is urgent."""
FADE_S = 0.008


@dataclass(frozen=True)
class CueSignal:
    """A short melody, and how the pad shakes with it."""

    notes: tuple[tuple[float, float], ...]
    """Pitch [Hz] and length [s] of each tone; a pitch of 0 is silence."""
    rumbles: tuple[tuple[float, float], ...] = ()
    """Start [s] and length [s] of each rumble."""
    words: str = ""
    """What a voice says; empty where the sound is enough."""


class Cue(Enum):
    """An occasion for a signal."""

    YOU_DRIVE = CueSignal(((660, 0.07),), ((0.0, 0.12),))
    POLICY_DRIVES = CueSignal(((520, 0.06), (0, 0.04), (392, 0.07)), ((0.0, 0.1), (0.2, 0.1)))
    STARTED = CueSignal(((523, 0.07), (784, 0.09)))
    SAVED = CueSignal(((784, 0.07), (1047, 0.12)), ((0.0, 0.08),))
    DISCARDED = CueSignal(((330, 0.10), (247, 0.14)))
    REWOUND = CueSignal(((880, 0.04), (660, 0.04), (440, 0.06)))
    LEARNT = CueSignal(((659, 0.06), (784, 0.06), (988, 0.10)))
    HELP_WANTED = CueSignal(
        ((988, 0.1), (0, 0.05), (988, 0.1)), ((0.0, 0.15), (0.3, 0.15)), "the policy asks for help"
    )
    LOST = CueSignal(((220, 0.35),), ((0.0, 0.6),), "the arm holds still")
    TOUCHED = CueSignal(((1320, 0.015),), ((0.0, 0.04),))
    DROPPED = CueSignal(((523, 0.06), (330, 0.06), (196, 0.12)), ((0.0, 0.3),), "dropped")
    STUCK = CueSignal(((165, 0.12),), ((0.0, 0.2),), "the arm cannot follow")
    TWISTED = CueSignal(((185, 0.08), (0, 0.04), (185, 0.08)), ((0.0, 0.1), (0.2, 0.1)))
    SOLVED = CueSignal(((659, 0.07), (784, 0.07), (1047, 0.14)), ((0.0, 0.12),), "it worked")
    TIME_LOW = CueSignal(((740, 0.05), (0, 0.08), (740, 0.05)), words="time is almost up")
    TIME_UP = CueSignal(((392, 0.1), (294, 0.18)), ((0.0, 0.2),), "time is up")


SWITCH_CUES: Mapping[Switch, Cue] = {
    Switch.TAKEOVER: Cue.YOU_DRIVE,
    Switch.GRASPED: Cue.YOU_DRIVE,
    Switch.HAND_BACK: Cue.POLICY_DRIVES,
    Switch.STARTED: Cue.POLICY_DRIVES,
    Switch.STOPPED: Cue.LOST,
    Switch.ASKED: Cue.HELP_WANTED,
    Switch.ANSWERED: Cue.YOU_DRIVE,
}


FELT: Mapping[HandEvent, Cue] = {
    HandEvent.TOUCHED: Cue.TOUCHED,
    HandEvent.DROPPED: Cue.DROPPED,
    HandEvent.STUCK: Cue.STUCK,
    HandEvent.TWISTED: Cue.TWISTED,
}
"""The cue for what the hand meets."""
NOTICE_S, SWITCH_NOTICE_S, FAILURE_NOTICE_S = 4.0, 10.0, 30.0


class Notice:
    """A short message in the window, until its time is over."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._text, self._until = "", 0.0

    @property
    def text(self) -> str:
        """The message that is shown now; empty for none."""
        return self._text if self._clock() < self._until else ""

    def show(self, text: str, seconds: float = NOTICE_S) -> None:
        """Show a message."""
        self._text, self._until = text, self._clock() + seconds


class CuePlayer:
    """Plays cues without ever waiting for them; a machine without sound still rumbles."""

    def __init__(
        self,
        pads: Gamepads,
        on: bool = True,
        clock: Callable[[], float] = time.perf_counter,
        voice: Voice | None = None,
    ) -> None:
        self.on, self._voice = on, voice
        self.pads, self._clock = pads, clock
        self._due: list[tuple[float, float]] = []
        self._sounds = _sounds() if on else {}

    def toggle(self) -> None:
        """Switch tones and rumble on or off."""
        self.on = not self.on
        if self.on and not self._sounds:
            self._sounds = _sounds()

    def play(self, cue: Cue, loudness: float = LOUDNESS) -> None:
        """Begin a cue, if cues are on; `loudness` in [0, 1]."""
        if not self.on:
            return
        if cue in self._sounds:
            self._sounds[cue].set_volume(loudness)
            self._sounds[cue].play()
        if self._voice is not None and cue.value.words:
            self._voice.say(cue.value.words)
        now = self._clock()
        self._due += [(now + start, length) for start, length in cue.value.rumbles]

    def play_switch(self, switch: Switch | None) -> None:
        """Begin the cue for a change of who drives, where there is one."""
        if switch is not None and switch in SWITCH_CUES:
            self.play(SWITCH_CUES[switch])

    def close(self) -> None:
        """Fall silent."""
        if self._voice is not None:
            self._voice.close()

    def update(self, source: object) -> None:
        """Rumble on the pad `source`, if it is one, where that is due; call it often."""
        now = self._clock()
        due = [length for start, length in self._due if start <= now]
        self._due = [entry for entry in self._due if entry[0] > now]
        pad = self.pads.pads.get(source) if isinstance(source, int) else None
        if pad and due:
            pad.device.rumble(0.4, 0.8, int(max(due) * 1000))


def _sounds() -> dict[Cue, pygame.mixer.Sound]:
    """Every cue as a sound; none on a machine that cannot play."""
    try:
        pygame.mixer.init(RATE_HZ, -16, 1, 512, allowedchanges=0)
        return {cue: pygame.mixer.Sound(buffer=_wave(cue.value)) for cue in Cue}
    except pygame.error:
        return {}


def _wave(signal: CueSignal) -> bytes:
    """16-bit samples [N] of a melody; each note is faded in and out so that nothing clicks."""
    parts = [np.zeros(1)]
    for pitch, seconds in signal.notes:
        time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
        fade = np.minimum(1.0, np.minimum(time_s, time_s[::-1]) / FADE_S)
        parts.append(np.sin(2 * np.pi * pitch * time_s) * fade)
    return bytes((np.concatenate(parts) * AMPLITUDE * 32767).astype("<i2").tobytes())
