"""`sidestick pad` shows gamepads and bindings, checks the bindings file, and maps new pads."""

from dataclasses import dataclass
from typing import Any, ClassVar

from ..devices.bindings import FILE_NAME, Bindings, defaults, load
from ..devices.controls import DRIVING, KEYBOARD, MEANINGS, PAD, Control, ControlTable
from ..devices.gamepad_setup import learn_plugged_in, plugged_in
from ..devices.settings import has_setting, shown_path, write_setting
from ..review import click_actions, episode_actions, prediction_actions
from .console import print_json, say
from .subcommand import DONE, NOTHING_LOST, REFUSED
from .unused_options import refuse_unused

REVIEW_TABLES: tuple[ControlTable[Any], ...] = (
    episode_actions.KEYS.controls,
    prediction_actions.KEYS.controls,
    click_actions.KEYS.controls,
)
EXPLANATION = """\
# What every button does. Chords are held left to right: "RB + A".
# Leave out what shall stay as it is; a list gives several ways; [] gives none.
# success, failure, undo, help and quit of [pad], where changed, hold in `sidestick review` too.
"""


@dataclass(frozen=True)
class Pad:
    """Show the pads that are plugged in and what every button does; check the bindings file."""

    if_interrupted: ClassVar[str] = NOTHING_LOST

    map: bool = False
    """Map a pad that SDL does not know, by pressing the buttons that it asks for."""
    write: bool = False
    """Write a bindings file with the defaults, for editing; an existing one is kept."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Show, check, write or map."""
        if self.write:
            refuse_unused(self, "with --write", ("map", "json"))
            return _write()
        if self.map:
            refuse_unused(self, "with --map", ("json",))
        bindings = load(DRIVING)  # BadBinding names the line
        for table in REVIEW_TABLES:
            load(table)
        if self.map:
            return DONE if learn_plugged_in(say) else REFUSED
        return self._show(bindings, shown_path(FILE_NAME), has_setting(FILE_NAME))

    def _show(self, bindings: Bindings[Control], path: str, own: bool) -> int:
        rows = {
            control.value: {
                PAD: bindings.label(PAD, control),
                KEYBOARD: bindings.label(KEYBOARD, control),
                "does": MEANINGS[control].label,
            }
            for control in Control
        }
        pads = plugged_in()
        if self.json:
            print_json({"pads": pads, "bindings_file": path, "bindings": rows})
            return DONE
        for pad in pads:
            known = "mapped" if pad["mapped"] else "not mapped: run `sidestick pad --map`"
            say(f"{pad['name']}  {pad['guid']}  {known}")
        if not pads:
            say("no pad is plugged in; the keyboard drives")
        state = "checked" if own else "not there, defaults are used"
        say(f"bindings: {path} ({state})")
        for name, row in rows.items():
            say(f"  {name:<13} {row[PAD]:<20} {row[KEYBOARD]:<14} {row['does']}")
        return DONE


def _write() -> int:
    if has_setting(FILE_NAME):
        say(f"{shown_path(FILE_NAME)} exists already; edit it, or move it away first")
        return REFUSED
    path = write_setting(FILE_NAME, _all_defaults())
    say(f"{path} written; edit it and check it with `sidestick pad`")
    return DONE


def _all_defaults() -> str:
    """The text of a bindings file with all defaults."""
    review = [defaults(table).to_toml() for table in REVIEW_TABLES]
    return "\n".join([EXPLANATION, defaults(DRIVING).to_toml(), *review])
