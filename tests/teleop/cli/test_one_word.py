"""One word for one thing on the command line: the rule of docs/verbs.md, held over all verbs."""

import shlex
from collections import defaultdict
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import pytest

from sidestick.teleop.cli.command_words import options_of
from sidestick.teleop.cli.earlier_names import RENAMED, present_words
from sidestick.teleop.cli.everywhere import with_everywhere
from sidestick.teleop.cli.main import main
from sidestick.teleop.cli.subcommand import EpisodeName, Person
from sidestick.teleop.cli.verbs import VERBS

ROOT = Path(__file__).parents[3]
WITHOUT_WORKSPACE = {"tasks", "doctor", "engine", "pad", "completion"}
TWO_KINDS = {"gate": "train has the gate decide, policies says on which policy"}
GONE = {
    "name", "grader", "videos", "video", "plot", "save", "pictures", "into", "count", "pairs",
    "workspace",
}  # fmt: skip
"""Words that were second names for what has one now; `serve --name` is a host's."""


def kinds_of(hint: Any) -> frozenset[str]:
    """The kinds of value that an option takes, each of a list's or a choice's counted alone."""
    origin = get_origin(hint)
    if origin is Annotated or origin in (Union, UnionType) or origin is tuple:
        return frozenset().union(*(kinds_of(part) for part in get_args(hint) if part is not ...))
    if origin is not None:  # a choice of words
        return frozenset({"str"})
    return (
        frozenset()
        if hint in (type(None),) or not isinstance(hint, type)
        else frozenset({hint.__name__})
    )


def test_an_option_takes_the_same_kind_of_value_everywhere() -> None:
    """Two verbs may differ in the choices, not in what the option is."""
    found: dict[str, dict[frozenset[str], list[str]]] = defaultdict(lambda: defaultdict(list))
    for verb, kind in VERBS.items():
        hints = get_type_hints(kind, include_extras=True)
        for option in options_of(kind).values():
            if option.field in hints:
                found[option.name][kinds_of(hints[option.field])].append(verb)
    differ = {name: dict(kinds) for name, kinds in found.items() if len(kinds) > 1}
    assert set(differ) == set(TWO_KINDS), differ


def test_the_workspace_stands_first() -> None:
    """In every verb that has one, whatever else it takes by its place."""
    for verb, kind in VERBS.items():
        places = [option.field for option in options_of(kind).values() if option.place]
        assert (places[:1] == ["workspace"]) is (verb not in WITHOUT_WORKSPACE), verb


def test_an_episode_and_a_person_are_named_in_one_way() -> None:
    """Each such option is of the same type, with the same words in the help."""
    for verb, kind in VERBS.items():
        hints = get_type_hints(kind, include_extras=True)
        if "episode" in hints:
            assert get_args(EpisodeName)[1] in _notes(hints["episode"]), verb
        if "operator" in hints:
            assert hints["operator"] == Person, verb
        if "policy" in hints:
            assert kinds_of(hints["policy"]) == {"str"}, verb


def _notes(hint: Any) -> list[Any]:
    """All that annotates a type and its parts."""
    own = list(get_args(hint)[1:]) if get_origin(hint) is Annotated else []
    return own + [note for part in get_args(hint) for note in _notes(part)]


def test_no_verb_has_a_second_word_for_what_has_one() -> None:
    """Earlier names are taken, but are no options; what is written goes to --out."""
    for verb, kind in VERBS.items():
        options = {name for name, option in options_of(kind).items() if not option.place}
        assert not options & (GONE - ({"name"} if verb == "serve" else set())), verb
        assert not options & set(RENAMED.get(verb, {})), verb
        assert set(RENAMED.get(verb, {}).values()) <= options, verb


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ("drive w --headless --operator simulated", "drive w --headless --driver simulated"),
        ("drive w --operator=simulated", "drive w --driver=simulated"),
        ("drive w --operator ada", "drive w --operator ada"),
        ("drive w --seeds fresh --size 640 480 -q", "drive w --fresh --size 640x480 -q"),
        ("train w --policy act --no-gate", "train w --head act --no-gate"),
        ("evaluate w --policy 0003 --videos f", "evaluate w --policy 0003 --out f"),
        ("evaluate w --policy 0003", "evaluate w --policy 0003"),
        ("review w --grader simulated --name ada", "review w --driver simulated --operator ada"),
        ("episodes w --exclude -1 3-7 --name ada", "episodes w --exclude -1 3-7 --operator ada"),
        ("export lerobot w out --json", "export w lerobot out --json"),
        ("export lerobot robomimic out", "export lerobot robomimic out"),
        ("import robomimic a.hdf5 w --successful", "import w robomimic a.hdf5 --judge-successful"),
        ("merge a b --into c --json", "merge c a b --json"),
        ("pretrain --workspace w --epochs 3", "pretrain w --epochs 3"),
        ("generate w --count 3 --from -1 0", "generate w --episodes 3 --from -1 0"),
    ],
)
def test_earlier_names_are_taken_for_the_present_ones(
    earlier: str, now: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With a warning that says the present one; what is right is not touched."""
    verb, *words = shlex.split(earlier)
    options = options_of(with_everywhere(VERBS[verb]))
    assert [verb, *present_words(verb, options, words)] == shlex.split(now)
    assert bool(caplog.messages) is (earlier != now)


def test_documents_say_every_earlier_name() -> None:
    """In the sentence about them, so that who searches for one finds it."""
    page = (ROOT / "docs" / "verbs.md").read_text()
    assert not [old for renamed in RENAMED.values() for old in renamed if f"--{old}" not in page]


def test_an_earlier_command_runs_and_says_what_it_is_now(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Up to what the present one would say."""
    with pytest.raises(SystemExit):
        main(("merge", str(tmp_path / "none"), "--into", str(tmp_path / "all")))
    assert "in the first place now" in caplog.text
    assert "none is no workspace" in " ".join(capsys.readouterr().err.split())
