"""The page of evidence shows the results of help requests, and nothing else."""

import json

import pytest

from benchmarks.help_tables import PAGE, RESULTS, generated, tables
from sidestick.sim_envs.errors import UnknownName


def test_the_page_shows_the_results_of_help_requests() -> None:
    """A figure that was changed by hand, or only in the results, is found."""
    found, text = json.loads(RESULTS.read_text()), PAGE.read_text()
    assert generated(text, found) == text, "run python -m benchmarks.help_requests --write"
    assert all(f"<!-- help: {table.id} -->" in text for table in tables(found))
    with pytest.raises(UnknownName, match="nowhere"):
        generated("<!-- help: nowhere -->\n<!-- end of help -->", found)


def test_the_results_say_how_they_were_measured() -> None:
    """Command, date, CPU and both ranges of seeds; no seed was used for both."""
    found = json.loads(RESULTS.read_text())
    assert found["command"].startswith("python -m benchmarks.help_requests")
    assert found["date"]
    assert found["cpu"]
    assert found["seeds"].split()[0] > found["calibration"]["seeds"].split()[-1]
