"""These tests count effort along with random episodes at every level, and from their files."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.effort_counts import EffortCounts, EpisodeEffort, effort_of_episode
from sidestick.datasets.episode import Episode, in_driving_order
from sidestick.datasets.journal_recovery import convert
from sidestick.datasets.journal_writer import JournalWriter
from sidestick.datasets.step import Driver, Level, Step
from sidestick.teleop.session.authority import Authority
from sidestick.teleop.session.command import Command
from sidestick.teleop.session.levels import ControlState, Switch
from tests.synthetic import made_up_header, made_up_step

ACTION = np.full(7, 0.5, np.float32)
Event = tuple[bool, bool, bool, int]
"""Clutch, whether the policy has an action, whether it asks, steps that are rewound before."""
events = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.booleans(), st.sampled_from([0, 0, 0, 0, 0, 3])),
    min_size=1,
    max_size=40,
)


def driven(level: Level, episode: Sequence[Event]) -> list[tuple[int, Step, ControlState, bool]]:
    """Steps as a session makes them, each with the steps rewound before, its state, and whether
    the policy asked; a policy that asks as it loses its answer only seems to rest."""
    authority, left = Authority(level), 0
    made: list[tuple[int, Step, ControlState, bool]] = []
    rng = np.random.default_rng(0)
    for clutch, answers, asks, back in episode:
        undone = min(back, left)
        if undone:
            authority.rest()
        action = ACTION if answers else None
        decision = authority.decide(Command(ACTION, clutch=clutch), action, 0.3, asks)
        step = replace(
            made_up_step(rng, image_size=8),
            action=decision.action,
            policy_action=action,
            driver=decision.driver,
            level=level,
            reseat=decision.reseat,
            takeover_id=decision.takeover_id,
        )
        seen = answers or not made or made[-1][1].driver is Driver.NOBODY
        made.append((undone, step, decision.state, decision.switch is Switch.ASKED and seen))
        left += 1 - undone
    return made


def recorded(folder: Path, level: Level, steps: Sequence[tuple[int, Step]]) -> Episode:
    """What the journal of these steps and rewinds becomes."""
    config = WorkspaceConfig("ShelfPick", image_size=8)
    header = replace(made_up_header(level=level), env_args=config.env_args(), started=1.0)
    writer = JournalWriter(folder, header, config, "made-up")
    for undone, step in steps:
        if undone:
            writer.cut(undone)
        writer.append(step)
    writer.end(None, True, True, False)
    writer.journal.close()
    path = convert(writer.journal.path, folder, folder / "trash")
    assert path is not None
    episode = Episode.read(path, images=False)
    path.unlink()
    return episode


@given(level=st.sampled_from(Level), episode=events, audited=st.booleans())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_file_gives_the_count_of_the_session(
    level: Level, episode: Sequence[Event], audited: bool, tmp_path: Path
) -> None:
    """Every field, at every level, with rewinds; and each step is counted where it belongs."""
    made = driven(level, episode)
    live = EpisodeEffort(level, audited)
    for _, step, _, _ in made:
        live.count_step(step)
    counts = live.end(True, True, False)
    file = recorded(tmp_path, level, [(undone, step) for undone, step, _, _ in made])
    assert effort_of_episode(file, audited=audited) == counts
    states = [state for _, _, state, _ in made]
    assert counts.policy == states.count(ControlState.POLICY)
    assert counts.requests == sum(asked for *_, asked in made)
    assert sum(counts.takeovers) == (
        states.count(ControlState.HUMAN) if level >= Level.SUPERVISED else 0
    )
    assert (counts.driven, counts.watched) == expected(level, audited, states)


def expected(level: Level, audited: bool, states: Sequence[ControlState]) -> tuple[int, int]:
    """Steps driven and watched, by the states of a session."""
    hands = states.count(ControlState.HUMAN) + states.count(ControlState.BLEND)
    still = states.count(ControlState.RESTING) + states.count(ControlState.CALLING)
    alone = states.count(ControlState.POLICY)
    if level <= Level.ASSIST:
        return hands + still, 0
    if level is Level.ON_CALL:
        return hands, still
    watches = level is Level.SUPERVISED or audited
    return hands, (still + alone) * watches


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 8)), min_size=1, max_size=8))
def test_the_order_of_driving_needs_no_clock(spells: list[tuple[int, int]]) -> None:
    """Rewinds are undone from the last to the first, into earlier branches or not."""
    line, branches, number = list[int](), [], 0
    for steps, back in spells:
        line += range(number, number + steps)
        number += steps
        keep = max(0, len(line) - back)
        if line[keep:]:
            branches.append(SimpleNamespace(start=keep, columns=columns(line[keep:])))
            del line[keep:]
    episode = SimpleNamespace(columns=columns(line), abandoned=tuple(branches))
    rows = in_driving_order(episode, ["driver", "reseat"])  # type: ignore[arg-type]
    assert rows["driver"].tolist() == list(range(number))


def columns(numbers: Sequence[int]) -> dict[str, np.ndarray]:
    names = ("driver", "reseat", "takeover_id", "policy_actions")
    return {name: np.array(numbers, np.int64) for name in names}


@pytest.mark.parametrize(
    ("level", "audited", "ended", "wanted"),
    [
        (Level.DEMONSTRATE, False, (True, True, False), (1, 1, 1, 1)),
        (Level.SUPERVISED, False, (False, False, False), (1, 0, 1, 0)),
        (Level.SUPERVISED, False, (True, False, True), (1, 1, 0, 0)),
        (Level.ON_CALL, False, (True, True, False), (0, 0, 1, 1)),
        (Level.AUTONOMOUS, False, (True, True, False), (0, 0, 1, 1)),
        (Level.AUTONOMOUS, True, (True, True, False), (1, 1, 1, 1)),
    ],
)
def test_what_an_episode_asks_of_the_operator_beside_driving(
    level: Level, audited: bool, ended: tuple[bool, bool, bool], wanted: tuple[int, int, int, int]
) -> None:
    """Begun and judged where somebody is there; broken off, no verdict; discarded, no episode."""
    effort = EpisodeEffort(level, audited)
    effort.count(Driver.POLICY, True, -1, True)
    found = effort.end(*ended)
    assert (found.begun, found.verdicts, found.episodes, found.successes) == wanted
    assert EpisodeEffort(level, audited).end(*ended) == EffortCounts()


def test_counts_make_an_entry_in_seconds() -> None:
    """By the rate of control; sums are added field by field."""
    counts = EffortCounts(driven=30, watched=40, takeovers=[10], episodes=1)
    counts.add(EffortCounts(driven=10, watched=20, takeovers=[20], episodes=1, successes=1))
    entry = counts.entry("supervised", 2, "0001", hz=10, purpose="a test")
    assert (entry.driven_s, entry.watched_s, entry.takeovers, entry.episodes) == (4.0, 6.0, 2, 2)
    assert (entry.payload["takeover_s"], entry.payload["purpose"]) == ([1.0, 2.0], "a test")
