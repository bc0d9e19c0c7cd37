"""What must hold of a workspace in which a verb was killed and then ran to its end.

`kill_verbs` names one of these functions for each verb; `kill_facts` finds what holds of all.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kill_bases import MAIN, OTHER, ROBOMIMIC
from benchmarks.kill_facts import Facts
from sidestick.datasets.formats.registry import open_source
from sidestick.datasets.tables.episode_uses import episode_uses
from sidestick.datasets.workspace import Workspace
from sidestick.policies.store import PolicyStore
from sidestick.teleop.report.ledger import read_ledger
from tests.effort_rig import TICK_S, seconds_on_disk

WRONG_S = TICK_S + 1e-6
"""A kill may cost the tick that was being recorded."""


@dataclass(frozen=True)
class Scene:
    """Where a verb works."""

    workspace: Path
    bases: Path

    @property
    def target(self) -> Path:
        """What an export, an import or a merge makes."""
        return self.workspace.with_name("target")


Wrong = Callable[[Scene, Facts, Facts], list[str]]
"""Of the facts before the first kill and after the last run, what is not as it must be."""


def nothing(scene: Scene, before: Facts, after: Facts) -> list[str]:
    """Nothing more than what holds of every verb."""
    return []


def effort(scene: Scene, before: Facts, after: Facts) -> list[str]:
    """The ledger says what is on the disk; all that the last run drove is there."""
    workspace = Workspace.open(scene.workspace)
    total, (driven, watched) = read_ledger(workspace).total, seconds_on_disk(workspace)
    wrong = abs(total.driven_s - driven) > WRONG_S or abs(total.watched_s - watched) > WRONG_S
    few = len(after.episodes) <= len(before.episodes)
    said = f"ledger {total.driven_s:.2f}, {total.watched_s:.2f} s; files {driven}, {watched}"
    return [said] * wrong + ["nothing was recorded"] * few


def policies(scene: Scene, before: Facts, after: Facts) -> list[str]:
    """All policies are whole, one of them drives, and there is one more."""
    store = PolicyStore(scene.workspace / "policies")
    damage = [found for name in store.ids() if (found := store.state(name).damage)]
    more = [] if len(after.policies) > len(before.policies) else ["no new policy"]
    return [*damage, *more, *([] if store.choice() else ["none drives"])]


def rulings(scene: Scene, before: Facts, after: Facts) -> list[str]:
    """And each policy that was learnt has one ruling of the gate."""
    gate = [json.loads(r["payload"]) for r in after.rows["events"] if r["kind"] == "gate"]
    passed = sorted(
        str(payload["policy"])
        for payload in gate
        if payload.get("passed") and payload["policy"] not in before.policies
    )
    learnt = sorted(set(after.policies) - set(before.policies))
    odd = [] if passed == learnt else [f"rulings {passed} of policies {learnt}"]
    return [*policies(scene, before, after), *odd]


def merged(scene: Scene, before: Facts, after: Facts) -> list[str]:
    """Every episode and judgement of both workspaces is there."""
    sources = [Workspace.open(scene.bases / name) for name in (MAIN, OTHER)]
    wanted = {s.id for source in sources for s in source.summaries()}
    judged = len({row["episode"] for row in after.rows.get("judgements", ())})
    return [
        *(["other episodes"] if set(after.episodes) != wanted else []),
        *([] if judged == len(sources[1].summaries()) else [f"{judged} episodes judged"]),
    ]


def imported(scene: Scene, before: Facts, after: Facts) -> list[str]:
    """All episodes of the file or folder are there, and are entered as imported."""
    wanted = len(open_source("robomimic", scene.bases / ROBOMIMIC, None))
    events = [json.loads(r["payload"]) for r in after.rows["events"] if r["kind"] == "import"]
    entered = {name for payload in events for name in payload["episodes"]}
    fits = len(after.episodes) == wanted and entered == set(after.episodes)
    return [] if fits else [f"{len(after.episodes)} episodes, {len(entered)} entered"]


def exported(scene: Scene, before: Facts, after: Facts) -> list[str]:
    """The target is whole, and nothing else is left beside it."""
    count = len(Workspace.open(scene.workspace).summaries())
    left = sorted(path.name for path in scene.workspace.parent.iterdir())
    odd = [name for name in left if name not in (scene.workspace.name, "target", "log")]
    return [*_unlike(scene.target, count), *(f"left behind: {name}" for name in odd)]


def _unlike(target: Path, count: int) -> list[str]:
    if not target.exists():
        return ["no target"]
    if (target / "sidestick").is_dir():  # Minari
        found = json.loads(next(target.rglob("metadata.json")).read_text())["total_episodes"]
    else:
        found = len(open_source("lerobot" if target.is_dir() else "robomimic", target, None))
    return [] if found == count else [f"{found} of {count} episodes exported"]


def judged(scene: Scene, before: Facts, after: Facts) -> list[str]:
    """Every episode has been judged."""
    known = {row["episode"] for row in after.rows.get("judgements", ())}
    return [f"{name} is not judged" for name in after.episodes if name not in known]


def reported(scene: Scene, before: Facts, after: Facts) -> list[str]:
    """The page is whole, and alone."""
    page = scene.workspace / "report.html"
    whole = page.exists() and page.read_text().rstrip().endswith("</html>")
    left = [path.name for path in scene.workspace.glob(".report*")]
    return [*([] if whole else ["no whole page"]), *(f"left behind: {name}" for name in left)]


def pinned(scene: Scene, before: Facts, after: Facts) -> list[str]:
    """The pin holds."""
    return [] if PolicyStore(scene.workspace / "policies").driving() == "0002" else ["no pin"]


def removed(scene: Scene, before: Facts, after: Facts) -> list[str]:
    """All are in the trash, and none is used."""
    left = [path.name for path in scene.workspace.glob("episodes/*.hdf5")]
    gone = len(list(scene.workspace.glob("trash/*.hdf5"))) < len(before.episodes)
    return [*(f"{name} is still used" for name in left), *(["too few in the trash"] * gone)]


def excluded(scene: Scene, before: Facts, after: Facts) -> list[str]:
    """None is used any more, and all are there."""
    uses = episode_uses(Workspace.open(scene.workspace))
    used = [use.id for use in uses.episodes if not use.excluded]
    return [f"{name} is still used" for name in used]


def one_more(table: str) -> Wrong:
    """The table has at least one more row."""

    def wrong(scene: Scene, before: Facts, after: Facts) -> list[str]:
        counts = [len(facts.rows.get(table, ())) for facts in (before, after)]
        return [] if counts[1] > counts[0] else [f"no new row in {table}"]

    return wrong
