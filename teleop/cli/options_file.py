"""A run's options as a file: `with_file` puts those of --config before what the line gives.

`options_toml` writes what `with_file` reads. Keys are the options without dashes, or the names of
places such as `workspace`; `verb` says for which verb the file is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from ...datasets.files.decoding import parsed_json, parsed_toml
from ...datasets.files.plain_file import read_plain
from ...sim_envs.errors import BadValue, UnknownName
from .command_words import Given, Option, options_of, split
from .everywhere import OPTIONS, with_everywhere
from .subcommand import Subcommand

CONFIG, VERB = "config", "verb"
SECRET = ("token", "server_token")
"""Options that no file and no log keeps."""
HIDDEN = "..."
MOST_BYTES = 2**20
_READERS = {".toml": parsed_toml, ".json": parsed_json}
_Plain = str | int | float | bool | list[str | int | float]


def with_file(verb: str, kind: type[Subcommand], words: Sequence[str]) -> list[str]:
    """The words of a command line after those of the file that its --config names.

    BadValue or UnknownName where the file is not such a file; what is given twice is the line's.
    """
    places, given = split(words, options_of(with_everywhere(kind)))
    files = [one.words[0] for one in given if one.name == CONFIG and one.words]
    if not files:
        return list(words)
    known, values = options_of(kind), _read(Path(files[-1]), verb)
    on_line = {_opposite_of(one.name) for one in given}
    asked: list[Given] = []
    for key, value in values.items():
        option = known.get(key.replace("_", "-")) or known.get(key)
        if option is None:
            raise UnknownName(f"option of sidestick {verb} in {files[-1]}", key, known)
        if not option.place and option.name not in on_line:
            asked.append(_given(option, value, files[-1]))
    of_file = (_texts(values.get(option.name)) for option in known.values() if option.place)
    more = [text for texts in list(of_file)[len(places) :] for text in texts]
    return [*places, *more, *(word for one in (*asked, *given) for word in one.on_the_line)]


def _opposite_of(name: str) -> str:
    """The name of an option, without the no- that turns a flag off."""
    return name.removeprefix("no-").replace("_", "-")


def _texts(value: object) -> list[str]:
    """The words of a place."""
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _read(path: Path, verb: str) -> dict[str, Any]:
    """The options of a file, which is for this verb."""
    if path.suffix not in _READERS:
        raise BadValue("--config", "a file that ends in .toml or .json", path)
    try:
        text = read_plain(path, MOST_BYTES, links=True)
    except OSError as error:
        raise BadValue("--config", "a file that can be read", f"{path}: {error}") from None
    values = _READERS[path.suffix](text, f"--config {path}")
    if not isinstance(values, dict):
        raise BadValue(f"--config {path}", "names and values of options", type(values).__name__)
    meant = values.pop(VERB, verb)
    if meant != verb:
        raise BadValue(f"--config {path}", f"options of sidestick {verb}", f"those of {meant}")
    return values


def _given(option: Option, value: object, file: str) -> Given:
    """An option of a file as on a command line; BadValue for a value of another kind."""
    where = f"{option.name} in {file}"
    if option.flag:
        if not isinstance(value, bool):
            raise BadValue(where, "true or false", repr(value))
        return Given(option.name if value else f"no-{option.name}", ())
    many = isinstance(value, list)
    if many and not option.many:
        raise BadValue(where, "one value", repr(value))
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str | int | float) and not isinstance(one, bool) for one in values):
        raise BadValue(where, "texts or numbers", repr(value))
    if option.many:
        return Given(option.name, tuple(map(str, values)))
    return Given(option.name, (str(value),), joined=True)


def options_toml(verb: str, options: object, about: str) -> str:
    """The options of a verb as the text of a file; `about` stands above them, as a comment.

    What is as it would be unasked is there too: another release may do something else unasked.
    """
    import tomlkit  # which only this needs

    document = tomlkit.document()
    document.add(tomlkit.comment(about))
    document.add(VERB, verb)
    for key, value in plain_options(options).items():
        document.add(key, value)
    return tomlkit.dumps(document)


def plain_options(options: object) -> dict[str, _Plain]:
    """Names and values of the options that are not unset and not secret."""
    assert is_dataclass(options)
    found: dict[str, _Plain] = {}
    kind: Any = type(options)
    names = {option.field: option.name for option in options_of(kind).values()}
    for item in fields(options):
        value = getattr(options, item.name)
        if is_dataclass(value):
            found |= plain_options(value)
        elif value is not None and item.name not in (*SECRET, *OPTIONS):
            found[names[item.name]] = _plain(value)
    return found


def _plain(value: object) -> _Plain:
    if isinstance(value, tuple):
        return [each if isinstance(each, int | float) else str(each) for each in value]
    return value if isinstance(value, bool | int | float) else str(value)


def without_secrets(words: Sequence[str], options: Mapping[str, Option]) -> list[str]:
    """The words of a command line with secrets hidden, as a log may keep them."""
    places, given = split(words, options)
    shown = [
        one._replace(words=(HIDDEN,)) if one.name.replace("-", "_") in SECRET else one
        for one in given
    ]
    return [*places, *(word for one in shown for word in one.on_the_line)]
