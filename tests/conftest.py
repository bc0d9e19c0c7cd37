"""What all tests share: two cores, no screen."""

import os
import pytest

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Torch takes one core: two test workers run beside each other."""
    from sidestick.policies.threads import limit_threads

    limit_threads()
