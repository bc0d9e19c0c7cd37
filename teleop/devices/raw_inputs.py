"""What a hand can touch, by the names that people use: of a pad, and of a keyboard."""

from collections.abc import Mapping
from dataclasses import dataclass

from .sdl import pygame

PAD_BUTTONS: Mapping[str, int] = {
    "A": pygame.CONTROLLER_BUTTON_A,
    "B": pygame.CONTROLLER_BUTTON_B,
    "X": pygame.CONTROLLER_BUTTON_X,
    "Y": pygame.CONTROLLER_BUTTON_Y,
    "LB": pygame.CONTROLLER_BUTTON_LEFTSHOULDER,
    "RB": pygame.CONTROLLER_BUTTON_RIGHTSHOULDER,
    "L3": pygame.CONTROLLER_BUTTON_LEFTSTICK,
    "R3": pygame.CONTROLLER_BUTTON_RIGHTSTICK,
    "BACK": pygame.CONTROLLER_BUTTON_BACK,
    "START": pygame.CONTROLLER_BUTTON_START,
    "GUIDE": pygame.CONTROLLER_BUTTON_GUIDE,
    "D-pad up": pygame.CONTROLLER_BUTTON_DPAD_UP,
    "D-pad down": pygame.CONTROLLER_BUTTON_DPAD_DOWN,
    "D-pad left": pygame.CONTROLLER_BUTTON_DPAD_LEFT,
    "D-pad right": pygame.CONTROLLER_BUTTON_DPAD_RIGHT,
}
PAD_STICKS: Mapping[str, tuple[int, int]] = {
    "left stick": (pygame.CONTROLLER_AXIS_LEFTX, pygame.CONTROLLER_AXIS_LEFTY),
    "right stick": (pygame.CONTROLLER_AXIS_RIGHTX, pygame.CONTROLLER_AXIS_RIGHTY),
}
PAD_TRIGGERS: Mapping[str, int] = {
    "LT": pygame.CONTROLLER_AXIS_TRIGGERLEFT,
    "RT": pygame.CONTROLLER_AXIS_TRIGGERRIGHT,
}
DIRECTIONS = ("right", "left", "down", "up")
PAD_INPUTS = (
    *PAD_BUTTONS,
    *PAD_TRIGGERS,
    *(f"{name} {direction}" for name in PAD_STICKS for direction in DIRECTIONS),
)

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


@dataclass(frozen=True)
class RawInput:
    """What is touched on one device, by input name."""

    values: Mapping[str, float]
    """In [0, 1], of what is not at rest."""
    pressed: frozenset[str] = frozenset()
    """What went down since the last look."""
