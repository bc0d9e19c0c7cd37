"""`VERBS` are the verbs of the command line by name; a verb's file is loaded when it is asked for.

Many load PyTorch, which takes seconds that `sidestick export --help` need not wait for.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import make_dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...sim_envs.lazy_classes import LazyClasses
from .subcommand import Subcommand

PLACES: Mapping[str, tuple[str, str]] = {
    "quickstart": ("quickstart", "QuickstartVerb"),
    "tasks": ("tasks", "Tasks"),
    "doctor": ("doctor", "Doctor"),
    "engine": ("engine", "EngineVerb"),
    "pad": ("pad", "Pad"),
    "drive": ("drive", "Drive"),
    "fleet": ("fleet", "FleetVerb"),
    "generate": ("generate", "Generate"),
    "pretrain": ("pretrain", "Pretrain"),
    "train": ("train", "Train"),
    "sweep": ("sweep", "Sweep"),
    "policies": ("policies", "Policies"),
    "serve-policy": ("serve_policy", "ServePolicy"),
    "practice": ("practice", "Practice"),
    "learn": ("learn", "Learn"),
    "evaluate": ("evaluate", "Evaluate"),
    "replay": ("replay", "Replay"),
    "compare": ("compare", "Compare"),
    "report": ("report", "Report"),
    "review": ("review", "Review"),
    "ladder": ("ladder", "LadderVerb"),
    "ledger": ("ledger", "LedgerVerb"),
    "check": ("check", "Check"),
    "inspect": ("inspect", "Inspect"),
    "episodes": ("episodes", "Episodes"),
    "view": ("view", "ViewEpisode"),
    "serve": ("serve", "Serve"),
    "export": ("export", "Export"),
    "import": ("import_", "Import"),
    "merge": ("merge", "Merge"),
    "completion": ("completion", "Completion"),
}
"""File in this folder and class of each verb, in the order of the help."""


VERBS: LazyClasses[Subcommand] = LazyClasses(__package__, PLACES)
"""The classes of the verbs; each is imported at its first use."""


def name_of(verb: Subcommand) -> str:
    """The name of the verb that this is; empty where it is none of these."""
    kind = type(verb).__name__
    return next((name for name, (_, its) in PLACES.items() if its == kind), "")


def outlines() -> dict[str, Callable[..., Any]]:
    """A class for each verb that has its first sentence and no options, for the list of all verbs.

    The sentences are read from the files, none of which is loaded.
    """
    return {verb: _outline(*place) for verb, place in PLACES.items()}


def _outline(file: str, kind: str) -> type:
    spec = find_spec(f".{file}", __package__)
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind)
    made = make_dataclass(kind, ())
    made.__doc__ = (ast.get_docstring(next(classes)) or "").partition("\n\n")[0]
    return made
