"""Ctrl-C within a callback of compiled code, which drops it, ends the command nevertheless."""

import ctypes
import time

import pytest

from sidestick.teleop.cli.interrupts import heard_interrupts


def test_a_dropped_interrupt_is_raised_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is printed of it; any other exception is printed as ever."""

    @ctypes.CFUNCTYPE(None)
    def interrupted() -> None:
        raise KeyboardInterrupt

    with heard_interrupts():
        interrupted()
        with pytest.raises(KeyboardInterrupt):
            time.sleep(20)
    assert "Traceback" not in capsys.readouterr().err
