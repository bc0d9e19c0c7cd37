"""These helpers give tests an X server, press keys in a window by xdotool, and take screenshots."""

import contextlib
import io
import os
import shutil
import subprocess
import time
from collections.abc import Iterator

import numpy as np
import pygame
import pytest

WINDOW_CLASS = "sidestick"


@contextlib.contextmanager
def screen() -> Iterator[str]:
    """An X server's display, such as `:1`; skips the test where there is none to be had."""
    if not (shutil.which("Xvfb") and shutil.which("xdotool")):
        pytest.skip("Xvfb and xdotool are not installed (`make system-deps`)")
    read, write = os.pipe()
    server = subprocess.Popen(
        # without -noreset the server starts over, clients and all, when xdotool leaves it
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-noreset"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with open(read) as numbers:  # a whole line: the server dies if its newline is not read
            number = numbers.readline().strip()
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


class XdotoolKeys:
    """Presses keys in the window."""

    def __init__(self, display: str, process: "subprocess.Popen[str]") -> None:
        self._environment = {**os.environ, "DISPLAY": display}
        for _ in range(600):
            found = self("search", "--class", WINDOW_CLASS)  # xdotool misreads SDL's titles
            if found:
                self._window = found.split()[0]
                self("windowfocus", self._window)
                return
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        process.kill()
        raise AssertionError(f"the window did not open: {process.communicate()}")

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    def geometry(self) -> pygame.Rect:
        """The window's place on the screen, pixels."""
        lines = self("getwindowgeometry", "--shell", self._window).splitlines()
        known = dict(line.split("=") for line in lines)
        return pygame.Rect(*(int(known[key]) for key in ("X", "Y", "WIDTH", "HEIGHT")))


def photograph(display: str) -> np.ndarray:
    """What the whole screen shows, uint8 [height, width, 3]; skips without ImageMagick."""
    if not shutil.which("import"):
        pytest.skip("ImageMagick's `import` is not installed (`make system-deps`)")
    command = ["import", "-display", display, "-window", "root", "-depth", "8", "png:-"]
    taken = subprocess.run(command, capture_output=True, check=True, timeout=120).stdout
    return pygame.surfarray.array3d(pygame.image.load(io.BytesIO(taken), "a.png")).swapaxes(0, 1)
