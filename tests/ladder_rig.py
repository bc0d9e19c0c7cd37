"""This module makes ladders with made-up evidence, for tests."""

import json
from dataclasses import asdict, replace

from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.gate_record import GateRecord, GateVerdict
from sidestick.policies.policy_config import CONFIG, MODEL, PolicyConfig
from sidestick.teleop.autonomy.episode_evidence import EpisodeEvidence
from sidestick.teleop.autonomy.ladder import ChangeReason, Entry, Ladder, LevelChange

EVIDENCE = EpisodeEvidence("ShelfPick", "0001", "aa", Level.ASSIST, 0, success=True, clean=True)
AT_ASSIST = LevelChange(
    "ShelfPick", "0001", "aa", ChangeReason.PROMOTED, Level.SHADOW, Level.ASSIST, "for the test"
)


def episodes(clean: int, unclean: int = 0, level: Level = Level.ASSIST) -> list[Entry]:
    """The evidence of so many clean episodes, then of so many others."""
    one = replace(EVIDENCE, level=level)
    return [*[one] * clean, *[replace(one, clean=False)] * unclean]


def at(level: Level, *entries: Entry, policy: str = "0001") -> Ladder:
    """The ladder of a policy that has reached a level, and has these entries since."""
    start = replace(AT_ASSIST, after=level, before=Level(max(0, level - 1)))
    return Ladder("ShelfPick", policy, "aa", 9, [start, *entries])


def settled(ladder: Ladder) -> Ladder:
    """The ladder with every change that follows from its evidence."""
    while change := ladder.judge():
        ladder = replace(ladder, entries=[*ladder.entries, change])
    return ladder


def judged(verdict: GateVerdict, before: str = "0001") -> GateRecord:
    """A gate's record of a policy that was compared with `before`."""
    return GateRecord(verdict, ("for the test",), before, "0001")


def supervised(passes: str, stages: tuple[str, ...]) -> list[Entry]:
    """The evidence of episodes at supervised; those that fail (`x`) do so in `stages` by turns."""
    order = ("reach", "grasp", "carry", "place")
    entries: list[Entry] = []
    for mark in passes:
        if mark == ".":
            ends, success = "place", True
        else:
            ends, success = stages[len(entries) % len(stages)], False
        reached = order[: order.index(ends) + 1]
        entries.append(
            replace(
                EVIDENCE,
                level=Level.SUPERVISED,
                success=success,
                clean=success,
                stages={stage: success or stage != ends for stage in reached},
                last_stage=ends,
            )
        )
    return entries


def add_policy(workspace: Workspace, number: str, weights: bytes) -> None:
    """Make a folder that the ladder takes for a policy."""
    folder = workspace.policies_dir / number
    folder.mkdir()
    settings = asdict(PolicyConfig("ShelfPick", "tiny", ("can",)))
    (folder / CONFIG).write_text(json.dumps({"format": 1, "policy": settings}))
    (folder / MODEL).write_bytes(weights)
