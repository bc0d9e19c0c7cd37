"""Prompter words the window's cards, hints and help, with the buttons that are bound.

DashboardBuilder calls it for each frame with the state and the device in use.
"""

import re
from collections.abc import Mapping, Sequence

from ....datasets.step import Level
from ...devices.bindings import Bindings
from ...devices.controls import KEYBOARD, MEANINGS, PAD, Control
from ...ui.widgets import HelpPage
from ..states import WindowState
from ..tutorial import Tutorial
from .dashboard import Card

Wanted = tuple[tuple[Control, str], ...]

READY: Wanted = (
    (Control.START, "record"),
    (Control.FREE, "drive freely"),
    (Control.TUTORIAL, "tutorial"),
    (Control.HELP, "help"),
)
CALLED: Wanted = ((Control.CLUTCH, "hold to drive"),)
DRIVING: Wanted = (
    (Control.CLUTCH, "hold: drive"),
    (Control.GRIPPER, "grip"),
    (Control.SUCCESS, "success"),
    (Control.FAILURE, "failure"),
    (Control.DISCARD, "hold: discard"),
    (Control.REWIND, "back 2 s"),
    (Control.FREEZE, "pause"),
    (Control.HELP, "help"),
)
PAUSED: Wanted = (
    (Control.START, "go on"),
    (Control.SUCCESS, "success"),
    (Control.FAILURE, "failure"),
    (Control.REWIND, "back 2 s"),
    (Control.DISCARD, "hold: discard"),
)
REWOUND: Wanted = (
    (Control.CLUTCH, "drive on from here"),
    (Control.START, "go on without driving"),
    (Control.REWIND, "further back"),
    (Control.DISCARD, "hold: discard"),
)
STALLED: Wanted = (
    (Control.CLUTCH, "drive on"),
    (Control.START, "go on without driving"),
    (Control.REWIND, "back 2 s"),
    (Control.FREEZE, "pause"),
)
VERDICT: Wanted = (
    (Control.SUCCESS, "success"),
    (Control.FAILURE, "failure"),
    (Control.REWIND, "back 2 s"),
    (Control.DISCARD, "hold: discard"),
)
DOUBTED: Wanted = (
    (Control.SUCCESS, "a success"),
    (Control.FAILURE, "a failure"),
    (Control.START, "go on"),
    (Control.REWIND, "back 2 s"),
)
DISCARDED: Wanted = ((Control.UNDO, "undo"), (Control.START, "the same scene again"))
FREE: Wanted = (
    (Control.CLUTCH, "hold to drive"),
    (Control.GRIPPER, "gripper"),
    (Control.CAMERA, "camera"),
    (Control.START, "back to the scene"),
    (Control.HELP, "help"),
)
TUTORIAL: Wanted = ((Control.FREEZE, "leave the tutorial"), (Control.HELP, "help"))

HINTS: Mapping[WindowState, Wanted] = {
    WindowState.READY: READY,
    WindowState.RECORDING: DRIVING,
    WindowState.PAUSED: PAUSED,
    WindowState.STALLED: STALLED,
    WindowState.REWINDING: REWOUND,
    WindowState.VERDICT: VERDICT,
    WindowState.DOUBTED: DOUBTED,
    WindowState.DISCARDED: DISCARDED,
    WindowState.FREE: FREE,
    WindowState.TUTORIAL: TUTORIAL,
    WindowState.CLOSED: (),
}


READY_WORDS: Mapping[Level, str] = {
    Level.DEMONSTRATE: "Hold {clutch} and drive; let go, and the arm holds still.",
    Level.SHADOW: "Hold {clutch} and drive; what the policy would do is drawn and scored.",
    Level.ASSIST: "Hold {clutch} and drive; the policy helps where you want the same.",
    Level.SUPERVISED: "The policy drives while you watch; hold {clutch} to take over.",
    Level.ON_CALL: "The policy drives, and asks you when it needs help.",
    Level.AUTONOMOUS: "The policy drives. This episode is audited: watch it, please.",
}
UNWATCHED = "The policy drives. Nobody needs to watch this one; {clutch} takes over."


HELD_WORDS: Mapping[tuple[WindowState, bool], str] = {
    (WindowState.STALLED, True): "let go, then press again",
    (WindowState.STALLED, False): "press again to drive on",
    (WindowState.PAUSED, True): "let go of everything, then press the button",
    (WindowState.PAUSED, False): "you may go on",
}
"""What to do after a loss, by the state and by whether the devices are locked still."""
REWOUND_WORDS = "What was driven after this stays in the file; nothing is trained on it."


class Prompter:
    """Texts of the window for one set of bindings."""

    def __init__(self, bindings: Bindings[Control]) -> None:
        self._bindings = bindings

    def keys(self, device: str, wanted: Wanted) -> tuple[tuple[str, str], ...]:
        """Button and meaning, for the device that is in use."""
        bound = self._bindings.chords[device]
        return tuple(
            (self._bindings.label(device, control), words)
            for control, words in wanted
            if bound.get(control)
        )

    def hints(self, state: WindowState, device: str) -> tuple[tuple[str, str], ...]:
        """The foot line; a state whose card names its buttons needs few."""
        if state in (
            WindowState.RECORDING,
            WindowState.FREE,
            WindowState.TUTORIAL,
            WindowState.READY,
        ):
            return self.keys(device, HINTS[state])
        return self.keys(device, ((Control.CAMERA, "camera"), (Control.HELP, "help")))

    def ready_card(
        self, level: Level, device: str, watched: bool, notes: Sequence[str] = ()
    ) -> Card:
        """What will happen after the start; `watched` is whether the operator has to watch.

        The `notes` that are not empty say what is special about the scene, and how far things are.
        """
        line = READY_WORDS[level] if watched else UNWATCHED
        words = self._bindings.label(device, Control.CLUTCH)
        lines = [
            line.format(clutch=f"[{words}]"),
            *(f"{_capital(note)}." for note in notes if note),
        ]
        return Card("Ready", tuple(lines), self.keys(device, READY[:1]))

    def card(
        self,
        state: WindowState,
        device: str,
        *,
        lost: str,
        locked: bool,
        offered: bool,
        doubted: bool,
        left: float,
    ) -> Card | None:
        """The card of a state; `left` is the share of time until the offer is taken.

        `doubted` is the verdict that contradicts the environment.
        """
        keys = self.keys(device, HINTS[state])
        if lost and (state, locked) in HELD_WORDS:
            words = f"The arm holds still; nothing is lost: {HELD_WORDS[state, locked]}."
            return Card(_capital(lost), (words,), keys, "warn")
        if state is WindowState.PAUSED:
            return Card("Paused", (), keys)
        if state is WindowState.REWINDING:
            return Card("Rewound", (REWOUND_WORDS,), keys)
        if state is WindowState.DOUBTED:
            title = f"The task looks {'un' if doubted else ''}solved: what was it?"
            return Card(title, (), keys, "warn")
        if state is WindowState.VERDICT and offered:
            return Card("It worked: save as a success?", (), keys, "good", left)
        if state is WindowState.VERDICT:
            return Card("Time is up: what was it?", (), keys, "bad")
        if state is WindowState.DISCARDED:
            return Card("Discarded", ("Nothing is gone until you start again.",), keys, "bad")
        return None

    def help_request_card(self, reason: str, device: str, waited_s: float = 0.0) -> Card:
        """The policy asks for help, and the arm waits for the clutch."""
        waits = f"The arm waits, {waited_s:.0f} s so far; letting go hands it back."
        lines = (f"{_capital(reason)}.", waits)
        return Card("The policy asks for help", lines, self.keys(device, CALLED), "warn")

    def tutorial_card(self, tutorial: Tutorial, count: int, device: str) -> Card:
        """The present exercise, with the buttons that the operator has bound."""
        words = re.sub(
            r"\{([a-z-]+)\}",
            lambda match: f"[{self._bindings.label(device, Control(match[1]))}]",
            tutorial.exercise.label,
        )
        title = f"Exercise {min(tutorial.number + 1, count)} of {count}"
        keys = self.keys(device, TUTORIAL[:1])
        return Card(title, (words,), keys, "plain", max(tutorial.done, 0.001))

    def help_page(self) -> HelpPage:
        """What every control is bound to, on the pad and on the keyboard."""
        words = self._bindings.label
        keys = f"{words(PAD, Control.HELP)} or {words(KEYBOARD, Control.HELP)}"
        rows = tuple(
            (words(PAD, control), words(KEYBOARD, control), MEANINGS[control].label)
            for control in Control
        )
        closing = f"close: {keys}   ·   change: `sidestick pad --write`"
        return HelpPage("Controls", closing, {PAD: 0.0, KEYBOARD: 0.29, "does": 0.46}, rows)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
