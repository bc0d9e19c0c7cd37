"""The verbs that write, each with what must hold once it was killed and then run to its end.

`kills` kills them. In `arguments`, WS is the workspace's folder, TARGET what is made beside it, IDS
the ids of its episodes, and BASES the folder of `kill_bases`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kill_bases import (
    CRASHED,
    LEROBOT,
    MAIN,
    OTHER,
    ROBOMIMIC,
    SIMULATED,
    SMALL_TRAINING,
    alone,
    practising,
)
from benchmarks.kill_outcomes import (
    Scene,
    Wrong,
    effort,
    excluded,
    exported,
    imported,
    judged,
    merged,
    nothing,
    one_more,
    pinned,
    policies,
    removed,
    reported,
    rulings,
)
from sidestick.policies.store import PolicyStore

SUPERVISED = ("--level", "supervised", "--override", *SIMULATED, "--first-seed", "100000")


def _target(scene: Scene) -> bool:
    return scene.target.exists()


def _removed(scene: Scene) -> bool:
    return "0002" in PolicyStore(scene.workspace / "policies").removed()


@dataclass(frozen=True)
class Verb:
    """A command to be killed."""

    arguments: str
    weight: int
    """How often it is killed, against the others."""
    wrong: Wrong = nothing
    base: str = MAIN
    prepare: Callable[[], object] = lambda: None
    """Called in the forked process."""
    codes: tuple[int, ...] = (0,)
    """How a run that nobody killed may end: an import names what is there already with 1."""
    reached: Callable[[Scene], bool] = lambda scene: False
    """Whether a killed run had done all, so that the same command would be refused."""

    def words(self, scene: Scene) -> list[str]:
        """The command line."""
        places = {"WS": scene.workspace, "BASES": scene.bases, "TARGET": scene.target}
        ids = " ".join(path.stem for path in scene.workspace.glob("episodes/*.hdf5"))
        return [_placed(word, places) for word in self.arguments.replace("IDS", ids).split()]

    @property
    def makes_workspace(self) -> bool:
        """Whether what it makes at its target is a workspace."""
        return self.arguments.startswith(("merge", "import"))


def _placed(word: str, places: Mapping[str, Path]) -> str:
    first, _, rest = word.partition("/")
    return str(places[first] / rest) if first in places else word


S, U = " ".join(SIMULATED), " ".join(SUPERVISED)
T = " ".join(SMALL_TRAINING)
VERBS: Mapping[str, Verb] = {
    "drive": Verb(f"drive WS {S} --episodes 3", 10, effort, prepare=alone),
    "drive supervised": Verb(f"drive WS {U} --episodes 3", 10, effort, prepare=alone),
    "drive --learn": Verb(f"drive WS {U} --learn --episodes 10", 2, effort, prepare=alone),
    "check --repair": Verb("check WS --repair", 10, base=CRASHED),
    "train": Verb(f"train WS {T} --seed 2 --no-gate", 5, policies),
    "practice": Verb("practice WS --episodes 3 --workers 1", 3, rulings, prepare=practising),
    "learn": Verb(
        "learn WS --refit 1 --margin 0.5 --gate-pairs 8 --selection-episodes 0",
        5, rulings, prepare=alone,
    ),
    "merge": Verb(f"merge TARGET WS BASES/{OTHER}", 10, merged),
    "import robomimic": Verb(
        f"import TARGET robomimic BASES/{ROBOMIMIC}", 8, imported, codes=(0, 1)
    ),
    "import lerobot": Verb(
        f"import TARGET lerobot BASES/{LEROBOT}", 8, imported, codes=(0, 1)
    ),
    "export robomimic": Verb("export WS robomimic TARGET", 6, exported, reached=_target),
    "export lerobot": Verb("export WS lerobot TARGET", 6, exported, reached=_target),
    "export minari": Verb("export WS minari TARGET", 6, exported, reached=_target),
    "review": Verb(f"review WS {S}", 5, judged),
    "episodes --exclude": Verb("episodes WS --exclude IDS", 4, excluded),
    "episodes --remove": Verb("episodes WS --remove IDS", 4, removed),
    "policies --pin": Verb("policies WS --pin 0002", 5, pinned),
    "policies --set-aside": Verb("policies WS --set-aside 0002", 5),
    "policies --remove": Verb("policies WS --remove 0002", 5, reached=_removed),
    "policies --gate": Verb(
        "policies WS --gate 0002 --gate-pairs 8 --workers 1", 2, prepare=alone
    ),
    "ladder": Verb("ladder WS", 6, base=CRASHED),
    "evaluate": Verb(
        "evaluate WS --episodes 3 --workers 1", 5, one_more("evaluations"), prepare=alone
    ),
    "compare": Verb(
        "compare WS 0001 0002 --episodes 8 --workers 1", 2, one_more("events"), prepare=alone
    ),
    "report": Verb("report WS", 2, reported),
}  # fmt: skip
"""By the name in the table of results."""
