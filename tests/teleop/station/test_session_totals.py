"""What the window says of a sitting, in words that mean the same in the ledger."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from sidestick.datasets.step import Driver
from sidestick.sim_envs.spaces import CONTROL_HZ
from sidestick.teleop.station.session_totals import SessionTotals

ROOT = Path(__file__).parents[3]


def test_it_says_how_much_of_the_recorded_time_was_driven() -> None:
    """Nothing before the first second; then minutes driven of minutes recorded."""
    totals = SessionTotals()
    assert totals.words() == ""
    for driver in (Driver.HUMAN, Driver.POLICY):
        for _ in range(CONTROL_HZ * 30):
            totals.add(SimpleNamespace(step=SimpleNamespace(driver=driver)))  # type: ignore[arg-type]
    assert totals.words() == "drove 0.5 of 1.0 min"
    totals.end(True)
    assert totals.words().endswith("1.0 solved/min")


@pytest.mark.parametrize("room", ["sim_envs", "datasets", "policies", "teleop"])
def test_attended_is_the_ledger_s_word_for_modelled_attention(room: str) -> None:
    """A file that counts something else by that word has nothing of the model in it."""
    for path in (ROOT / room).rglob("*.py"):
        text = path.read_text()
        if re.search(r"(?<![a-z])attended", text):
            assert re.search(r"attention|modelled", text, re.I), path
