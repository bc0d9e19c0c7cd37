"""`Voice` speaks short sentences through espeak-ng, where that is installed."""

import shutil
import subprocess

from ...sim_envs.errors import BadValue

PROGRAM = "espeak-ng"


class Voice:
    """Speaks one sentence at a time; a new one cuts the one before short."""

    def __init__(self) -> None:
        program = shutil.which(PROGRAM)
        if program is None:
            raise BadValue(
                "--voice", f"{PROGRAM} installed, such as by your system's packages", None
            )
        self._program = program
        self._speaking: subprocess.Popen[bytes] | None = None

    def say(self, words: str) -> None:
        """Begin to speak; never waits."""
        self.close()
        quiet = subprocess.DEVNULL
        self._speaking = subprocess.Popen(
            [self._program, "--", words], stdin=quiet, stdout=quiet, stderr=quiet
        )

    def close(self) -> None:
        """Fall silent."""
        if self._speaking is not None:
            self._speaking.kill()
            self._speaking.wait()
            self._speaking = None
