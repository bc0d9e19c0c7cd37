"""These tests read bindings files: defaults, overrides, and mistakes with their line."""

import pytest

from sidestick.teleop.devices.bindings import defaults, load, parse
from sidestick.teleop.devices.bindings_file import BadBinding
from sidestick.teleop.devices.controls import DRIVING, KEYBOARD, MEANINGS, PAD, Control, RawInput
from sidestick.teleop.devices.keyboard_layout import present_layout
from sidestick.teleop.review import click_actions, episode_actions, prediction_actions


def raw(*names: str, pressed: tuple[str, ...] = ()) -> RawInput:
    return RawInput(dict.fromkeys(names, 1.0), frozenset(pressed))


@pytest.mark.parametrize("device", [PAD, KEYBOARD])
def test_every_control_is_bound_and_explained(device: str) -> None:
    """Each control has a button and a key by default."""
    assert set(defaults(DRIVING).chords[device]) == set(Control) == set(MEANINGS)


def test_the_written_file_reads_back() -> None:
    """The file of `sidestick pad --write` gives the bindings that it was written from."""
    assert parse(defaults(DRIVING).to_toml(), DRIVING) == defaults(DRIVING)


@pytest.mark.parametrize(
    "keys", [episode_actions.KEYS, prediction_actions.KEYS, click_actions.KEYS]
)
def test_a_whole_file_of_the_operators_window_alone_changes_nothing_in_review(keys) -> None:
    """Files from before the review had tables of its own have all of [pad]."""
    assert parse(defaults(DRIVING).to_toml(), keys.controls) == defaults(keys.controls)
    assert parse(defaults(keys.controls).to_toml(), keys.controls) == defaults(keys.controls)


def test_a_shared_control_is_rebound_in_every_window() -> None:
    """Unless the review's own table says otherwise."""
    keys = episode_actions.KEYS.controls
    text = '[pad]\nsuccess = "Y"\nleft = "L3"\n'
    bindings = parse(text, keys)
    assert bindings.label(PAD, episode_actions.EpisodeAction.SUCCESS) == "Y"
    assert bindings.label(PAD, episode_actions.EpisodeAction.REASON) == "-"
    assert bindings.label(PAD, episode_actions.EpisodeAction.TRIM_START) == "L3"
    own = text + '[review.episodes.pad]\nreason = "Y"\nsuccess = "A"\n'
    assert parse(own, keys) == defaults(keys)
    assert parse(own, DRIVING).label(PAD, Control.SUCCESS) == "Y"


def test_without_a_file_the_defaults_hold() -> None:
    """A missing file is no error."""
    assert load(DRIVING) == defaults(DRIVING)


def test_own_bindings_take_the_input_from_the_default() -> None:
    """START given to the camera no longer starts; the rest stays as it was."""
    bindings = parse('[pad]\ncamera = "START"\n', DRIVING)
    assert bindings.read(PAD, raw("START", pressed=("START",))).pressed == {Control.CAMERA}
    assert bindings.label(PAD, Control.START) == "-"
    assert bindings.label(PAD, Control.CLUTCH) == "LB"


def test_a_chord_silences_the_plain_binding_of_its_last_input_only() -> None:
    """RB + A changes the camera and saves nothing; LB stays the clutch while RB is held."""
    reading = defaults(DRIVING).read(PAD, raw("LB", "RB", "A", pressed=("A",)))
    assert reading.pressed == {Control.CAMERA}
    assert reading.held(Control.CLUTCH)


FRENCH = {"q": "a", "a": "q", "w": "z", "z": "w", "m": "semicolon"}


def test_default_keys_lie_at_the_same_places_on_any_keyboard() -> None:
    """What drives forwards on a French keyboard is its Z, and the window calls it so."""
    bindings = defaults(DRIVING).on_layout(FRENCH)
    assert bindings.label(KEYBOARD, Control.AWAY) == "z"
    assert bindings.label(KEYBOARD, Control.LEFT) == "q"
    assert bindings.label(KEYBOARD, Control.REWIND) == "w"
    pressed = RawInput({"z": 1.0}, frozenset({"z"}))
    assert bindings.read(KEYBOARD, pressed).pressed == {Control.AWAY}
    assert bindings.chords[PAD] == defaults(DRIVING).chords[PAD]


def test_what_the_user_has_bound_stays_on_any_layout() -> None:
    """A file names what is printed on the keys; a default that would lie there gives way."""
    own = parse('[keyboard]\nhelp = "z"\n', DRIVING).on_layout(FRENCH)
    assert own.label(KEYBOARD, Control.HELP) == "z"
    assert own.label(KEYBOARD, Control.AWAY) == "-"


def test_sdl_knows_the_present_layout(quiet_sdl: None) -> None:
    """Without a screen it is the American one; no letter has two places."""
    layout = present_layout()
    assert layout["w"] == "w"
    assert len(set(layout.values())) == len(layout) == 26


def test_several_ways_are_a_list() -> None:
    """A list binds one control to more than one input."""
    bindings = parse('[keyboard]\nclutch = ["space", "right ctrl"]\n', DRIVING)
    assert bindings.read(KEYBOARD, raw("right ctrl")).held(Control.CLUTCH)
    assert bindings.label(KEYBOARD, Control.CLUTCH) == "space or right ctrl"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[pad]\n\ncluch = "LB"\n', 3, ["cluch", "clutch", "precision"]),
        ('[pad]\nclutch = "LB"\nhome = "R9"\n', 3, ["R9", "R3", "left stick up"]),
        ('[pad]\nhome = "Y"\n# twice\nfreeze = "y"\n', 4, ["Y", "home"]),
        ("[keyboard]\nclutch = []\n", 2, ["clutch must be bound"]),
        ('# mine\n[mouse]\nclutch = "left"\n', 2, ["mouse", "pad, keyboard"]),
        ("[pad]\nclutch = 3\n", 2, ["RB + A", "3"]),
        ("pad = 3\n", 1, ["'pad'", "keyboard"]),
        ('[pad]\nspeed = [\n  "L3",\n]\nhome = "R9"\n', 5, ["R9"]),
        ("[review.episodes.pad]\n\n[review.films.pad]\n", 3, ["films", "episodes", "clicks"]),
        ('[review.clicks.pad]\nhere = "A"\n[review.clicks.mouse]\n', 3, ["mouse", "keyboard"]),
    ],
)
def test_a_mistake_names_its_line_and_what_exists(text: str, line: int, words: list[str]) -> None:
    """The error has file and line number, what the line says, and what would be right."""
    with pytest.raises(BadBinding) as raised:
        parse(text, DRIVING, "bindings.toml")
    assert f"bindings.toml:{line}:" in str(raised.value)
    assert all(word in str(raised.value) for word in words)


def test_broken_toml_names_its_line() -> None:
    """A syntax error is reported with its line."""
    with pytest.raises(BadBinding, match="line 2"):
        parse('[pad]\nclutch "LB"\n', DRIVING)
