"""The names of keys, as bindings have them; `key_name` says what a key is called on any layout."""

from collections.abc import Container, Mapping

from .sdl import pygame

SPECIAL_KEYS: Mapping[str, int] = {
    "left shift": pygame.K_LSHIFT,
    "right shift": pygame.K_RSHIFT,
    "left ctrl": pygame.K_LCTRL,
    "right ctrl": pygame.K_RCTRL,
    "left alt": pygame.K_LALT,
    "right alt": pygame.K_RALT,
    "page up": pygame.K_PAGEUP,
    "page down": pygame.K_PAGEDOWN,
    "enter": pygame.K_RETURN,
}
RENAMED = {"return", "lshift", "rshift", "lctrl", "rctrl", "lalt", "ralt", "pageup", "pagedown"}
KEYS: Mapping[str, int] = {
    **{
        name[2:].lower(): code
        for name, code in sorted(vars(pygame).items())
        if name.startswith("K_") and name[2:].lower() not in RENAMED
    },
    **SPECIAL_KEYS,
}
KEY_NAMES: Mapping[int, str] = {code: name for name, code in KEYS.items()}
"""The name of each symbol, by SDL's key code."""
PLACE_NAMES: Mapping[int, str] = {
    code: name[6:].lower()
    for name, code in sorted(vars(pygame).items())
    if name.startswith("KSCAN_") and name[6:].lower() in KEYS
}
"""The name of the symbol that a keyboard of the USA has at each place, by SDL's scan code."""


def key_name(symbol: int, place: int, bound: Container[str]) -> str:
    """What a key is called: its symbol, or that of its place on a keyboard of the USA.

    The place counts where the symbol is not `bound`: Cyrillic and Greek keyboards have no Latin
    letters, French and Czech ones no digits. Empty for a key without either name.
    """
    own, there = KEY_NAMES.get(symbol, ""), PLACE_NAMES.get(place, "")
    return there if there in bound and own not in bound else own or there
