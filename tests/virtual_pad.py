"""A VirtualPad is a gamepad without hardware: SDL's virtual joystick, in pygame's own libSDL2."""

import ctypes
from collections.abc import Callable
from pathlib import Path

import pygame

A, B, X, Y, BACK, GUIDE, START, L3, R3, LB, RB, UP, DOWN, LEFT, RIGHT = range(15)
LEFT_X, LEFT_Y, RIGHT_X, RIGHT_Y, LT, RT = range(6)
GAMECONTROLLER = 1
XBOX_360 = (0x045E, 0x028E)
Rumble = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint16, ctypes.c_uint16)


class _Description(ctypes.Structure):
    """SDL_VirtualJoystickDesc."""

    _fields_ = (
        ("version", ctypes.c_uint16),
        ("type", ctypes.c_uint16),
        ("naxes", ctypes.c_uint16),
        ("nbuttons", ctypes.c_uint16),
        ("nhats", ctypes.c_uint16),
        ("vendor_id", ctypes.c_uint16),
        ("product_id", ctypes.c_uint16),
        ("padding", ctypes.c_uint16),
        ("button_mask", ctypes.c_uint32),
        ("axis_mask", ctypes.c_uint32),
        ("name", ctypes.c_char_p),
        ("userdata", ctypes.c_void_p),
        ("Update", ctypes.c_void_p),
        ("SetPlayerIndex", ctypes.c_void_p),
        ("Rumble", Rumble),
        ("RumbleTriggers", ctypes.c_void_p),
        ("SetLED", ctypes.c_void_p),
        ("SendEffect", ctypes.c_void_p),
    )


def _sdl() -> ctypes.CDLL:
    """The libSDL2 that pygame has loaded."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    paths = {line.split()[-1] for line in lines if "libSDL2-2" in line}
    sdl = ctypes.CDLL(paths.pop())
    sdl.SDL_JoystickFromInstanceID.restype = ctypes.c_void_p
    return sdl


class VirtualPad:
    """A pad, plugged in when made; `mapped=False` makes one without a mapping in SDL."""

    def __init__(self, name: str = "Test Pad", mapped: bool = True, axes: int = 6) -> None:
        pygame.joystick.init()
        self._sdl = _sdl()
        self.rumbles: list[tuple[int, int]] = []
        self._callback = Rumble(self._rumble)
        vendor, product = XBOX_360 if mapped else (0x1234, 0x5678)
        self._description = _Description(
            version=1, type=GAMECONTROLLER if mapped else 0, naxes=axes, nbuttons=15,
            vendor_id=vendor, product_id=product, name=name.encode(),
            button_mask=0x7FFF if mapped else 0, axis_mask=0x3F if mapped else 0,
            Rumble=self._callback,
        )  # fmt: skip
        index = self._sdl.SDL_JoystickAttachVirtualEx(ctypes.byref(self._description))
        assert index >= 0, "SDL did not take the virtual joystick"
        self.instance_id: int = self._sdl.SDL_JoystickGetDeviceInstanceID(index)

    def _rumble(self, _data: object, low: int, high: int) -> int:
        self.rumbles.append((low, high))
        return 0

    def _handle(self) -> ctypes.c_void_p:
        handle = self._sdl.SDL_JoystickFromInstanceID(self.instance_id)
        assert handle, "nobody has opened the pad yet"
        return ctypes.c_void_p(handle)

    def axis(self, axis: int, value: float) -> None:
        """Push a stick to [-1, 1], or a trigger to [0, 1]."""
        raw = value * 2 - 1 if axis in (LT, RT) else value
        full = ctypes.c_int16(max(-32768, min(32767, round(raw * 32767))))
        assert self._sdl.SDL_JoystickSetVirtualAxis(self._handle(), axis, full) == 0

    def press(self, button: int, down: bool = True) -> None:
        """Press a button, or release it."""
        value = ctypes.c_uint8(down)
        assert self._sdl.SDL_JoystickSetVirtualButton(self._handle(), button, value) == 0

    def release(self, button: int) -> None:
        """Release a button."""
        self.press(button, False)

    def unplug(self) -> None:
        """Detach the pad."""
        count: Callable[[], int] = self._sdl.SDL_NumJoysticks
        for index in range(count()):
            if self._sdl.SDL_JoystickGetDeviceInstanceID(index) == self.instance_id:
                self._sdl.SDL_JoystickDetachVirtual(index)
                return
