"""Every number that an option takes has a range, and what is out of it is refused by its name."""

import math
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any, get_type_hints

import pytest

from sidestick.policies.perception.pretrain_config import PretrainConfig
from sidestick.policies.training.config import TrainConfig
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.cli.main import VERBS, main
from sidestick.teleop.cli.numbers import check_numbers, numbers, range_of

OPTIONS = [(verb, name, kind) for verb in sorted(VERBS) for name, kind in numbers(VERBS[verb])]
NESTED = {PretrainConfig}
"""Options that are classes of their own, with a check of their own."""


def with_option(verb: str, name: str, value: object) -> Any:
    """The options of a verb with one of them set; what must be given is some text."""
    kind = VERBS[verb]
    assert is_dataclass(kind)
    needed = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
    return kind(**{**dict.fromkeys(needed, "x"), name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(("verb", "name", "kind"), OPTIONS)
def test_every_number_has_a_range(verb: str, name: str, kind: object) -> None:
    """An option that is added without one fails here; the ends are taken, what is beyond is not."""
    limits = range_of(kind)
    assert limits is not None, f"--{name} of {verb} has no range: use a type of cli/numbers"
    beyond = [limits.low - 1, -1e30, math.nan, math.inf]
    if math.isfinite(limits.high):
        beyond += [10 * limits.high]
    if limits.open_ends:
        beyond += [limits.low, limits.high]
    for value in beyond:
        with pytest.raises(BadValue, match=f"--{name.replace('_', '-')}: expected"):
            check_numbers(with_option(verb, name, value))
    inside = (limits.low + 1 if limits.high > 1 else 0.5,) if limits.open_ends else (limits.low,)
    for value in inside:
        check_numbers(with_option(verb, name, value))


def test_several_numbers_of_one_option_are_each_checked() -> None:
    """Seeds that are possible are taken, whichever of them is not is found."""
    check_numbers(with_option("sweep", "seed", (0, 3)))
    for seeds in ((-1, 0), (0, -1)):
        with pytest.raises(BadValue, match="--seed: expected"):
            check_numbers(with_option("sweep", "seed", seeds))


def test_there_are_numbers_to_check() -> None:
    """The list is not empty by mistake, and holds what is optional too."""
    found = {f"{verb} {name}" for verb, name, _ in OPTIONS}
    assert {"drive episodes", "train workers", "compare alpha", "learn gate_pairs"} <= found
    assert len(found) > 30


def test_nested_options_check_themselves() -> None:
    """A class of options that is not listed fails here."""
    for kind in VERBS.values():
        for name, hint in get_type_hints(kind).items():
            assert not is_dataclass(hint) or hint in NESTED, name


@pytest.mark.parametrize("name", [name for name, _ in numbers(PretrainConfig)])
def test_pretraining_checks_its_numbers(name: str) -> None:
    """Before any scene is made."""
    PretrainConfig().check()
    for value in (-1, -math.inf):
        with pytest.raises(BadValue, match=name):
            replace(PretrainConfig(), **{name: value}).check()


@pytest.mark.parametrize("name", [name for name, _ in numbers(TrainConfig)])
def test_training_checks_its_numbers(name: str) -> None:
    """As a program gives them, without the command line."""
    for value in (-1, -math.inf):
        with pytest.raises(BadValue, match=name):
            TrainConfig(**{name: (value,) if name == "candidates" else value})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("evaluate", "x", "--workers", "0"), "--workers: expected at least 1"),
        (("train", "x", "--seed", "-1"), "--seed: expected at least 0"),
        (("pretrain", "--epochs", "-1"), "epochs: expected at least 0"),
        (("practice", "x", "--episodes", "2.5"), "2.5"),
        (("drive", "x", "--size", "1280x0"), "--size: expected WIDTHxHEIGHT"),
    ],
)
def test_the_command_line_refuses_them(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and a sentence, before the workspace is looked for."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert words in " ".join(capsys.readouterr().err.split())
