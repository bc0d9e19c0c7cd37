"""These tests run the verbs on hostile inputs: no traceback, no hang, no gigabyte, nothing outside.

A few of each family by default, the whole table by `make test-slow`.
"""

from collections.abc import Iterator

import pytest

from tests.hostile.families import FAMILIES
from tests.hostile.settings import COMMANDS, WORDS
from tests.hostile.trials import Trials

TYPICAL = {
    "workspace.toml": ("deep keys", "check"),
    "entries": ("policies/0001/config.json: pipe", "policies"),
    "staging": ("policies/staging/rubbish/: link to a folder out", "learn"),
    "names": ("episodes: ESC and markup", "inspect"),
    "episodes": ("chunk bomb", "check"),
    "documents": ("gate.json: deep objects", "ladder"),
    "weights": ("model: a tensor of 2^60", "review predictions"),
    "cache": ("cache: terabytes", "train"),
    "database": ("events are an endless view", "ledger"),
    "robomimic, ours": ("id that climbs", "import ours"),
    "robomimic, note": ("sidestick_workspace: cameras = null", "import ours"),
    "LeRobot, pictures": ("data_path = '{chunk_index:01000000000d}'", "import png"),
    "Minari": ("instruction of 2 GB", "import minari"),
    "journals": ("END: deep objects", "repair"),
    "bindings": ("bindings.toml: deep keys", "pad"),
}
"""One input of each family, and a verb that reads it."""


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trials]:
    made = Trials(tmp_path_factory.mktemp("hostile"))
    yield made
    made.close()


@pytest.mark.parametrize("family", TYPICAL)
def test_a_hostile_input_of_each_family_costs_itself_alone(trials: Trials, family: str) -> None:
    """One of each, on a verb that reads it."""
    name, verb = TYPICAL[family]
    makers = dict(FAMILIES[family].makers(trials.base))
    assert trials.faults(makers[name], [verb]) == []


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_hostile_input_costs_itself_alone(trials: Trials, family: str) -> None:
    """The whole table; each input on the next of the verbs that read it."""
    found = {
        name: faults
        for name, make, verbs in FAMILIES[family].chosen(trials.base)
        if (faults := trials.faults(make, verbs))
    }
    assert found == {}


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_word_of_a_command_line_ends_in_a_traceback(
    trials: Trials, command: tuple[str, ...]
) -> None:
    """Every strange name, number and path in each place."""
    begin = COMMANDS.index(command)
    found = {
        word: faults
        for word in WORDS[begin % 3 :: 3]
        if (faults := trials.faults_of([part.replace("{}", word) for part in command]))
    }
    assert found == {}
