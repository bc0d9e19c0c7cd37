"""These tests put any value at any place of a document: it is read, or refused in words."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidestick.datasets.config import WorkspaceConfig, config_of
from sidestick.datasets.database_rows import SCHEMAS, check_payload
from sidestick.datasets.formats.lerobot.info import read_info
from sidestick.datasets.formats.lerobot.side_file import SideFile
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.provenance import Provenance
from sidestick.policies.gate_record import GateRecord
from sidestick.policies.novelty import Novelty
from sidestick.policies.policy_config import PolicyConfig
from sidestick.policies.store import PolicyStore
from sidestick.policies.training.log import read_metrics
from sidestick.sim_envs.errors import SidestickError
from sidestick.teleop.autonomy.episode_evidence import EpisodeEvidence, EpisodeKey
from sidestick.teleop.autonomy.ladder import LevelChange
from sidestick.teleop.devices.bindings import parse
from sidestick.teleop.devices.controls import DRIVING
from sidestick.teleop.learning.acceptance_gate import AcceptanceCriteria
from sidestick.teleop.learning.candidate_store import CandidateStore, describe_update, gate_event
from sidestick.teleop.learning.gate_pairs import GatePairs
from tests.hostile.documents import BROKEN, ODD, places, with_value, without

GATE = {
    "verdict": "not worse", "passed": True, "reasons": ["x"], "compared_with": "0001",
    "reference": "0001", "kind": "nudge", "parent": "0001", "episodes": ["a"], "fresh": ["a"],
    "token": "x", "occasion": {"source": "corrections", "round": None}, "solved": {"5": True},
}  # fmt: skip
PROVENANCE = {
    "episodes": ["a"], "parent": None, "round": 0, "kind": "nudge", "version": "0.1.0",
}  # fmt: skip
POLICY = {
    "task": "x", "renderer": "tiny", "goal_names": ["a"], "cameras": ["front"], "image_size": 96,
    "execute": 8, "history": 1, "ensembling": 0.5, "provenance": PROVENANCE, "training": {},
}  # fmt: skip
KEY = {"task": "x", "policy": "0001", "fingerprint": "f", "level": 1, "seed": 5, "episode": "a"}
EVIDENCE = {**KEY, "success": True, "clean": True, "stages": {"a": True}, "last_stage": "a"}
CHANGE = {
    "task": "x", "policy": "0001", "fingerprint": "f", "why": "promoted", "before": 0, "after": 1,
    "evidence": "x",
}  # fmt: skip
PLAN = {
    "kind": "nudge", "episodes": ["a"], "fresh": ["a"], "parent": "0001",
    "occasion": {"source": "corrections", "round": 1}, "token": "x",
}  # fmt: skip
PAIRS = {
    "opponents": ["0001"], "margin": 0.1, "alpha": 0.05, "refusal_alpha": 0.05, "first": 5,
    "count": 6, "pairs": [{"seed": 5, "candidate": True, "others": {"0001": False}}],
}  # fmt: skip
INFO = {
    "codebase_version": "v3.0", "fps": 20, "data_path": "x", "video_path": None,
    "features": {"action": {"dtype": "float32", "shape": [7], "names": ["x"]}},
}  # fmt: skip
SIDE = {"workspace": {"task": "x"}, "episodes": [{"content": "x", "id": "a", "num_samples": 1}]}
WORKSPACE = {"task": "x", "renderer": "tiny", "cameras": ["a"], "env_kwargs": {"num_items": 1}}
NOVELTY: dict[str, Any] = {"values": [], "source": "held-out", "distances": [], "both": []}
Door = tuple[dict[str, Any], Callable[[Any, Path], object]]


def in_file(name: str, read: Callable[[Path], object]) -> Callable[[Any, Path], object]:
    """A door that reads a file."""

    def door(value: Any, folder: Path) -> object:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))
        return read(folder)

    return door


def settled(value: Any, folder: Path) -> object:
    """A decision as the learner tells of it."""
    return describe_update(gate_event(GateRecord.of(value, "gate"), None))


def planned(folder: Path) -> object:
    """A plan as the learner finds it."""
    return CandidateStore(Workspace.open(folder)).plan()


def paired(folder: Path) -> object:
    """Pairs as the gate goes on with them."""
    return GatePairs.open(folder, ("0001",), AcceptanceCriteria()).seeds_left


DOORS: dict[str, Door] = {
    "gate.json": (GATE, settled),
    "provenance": (PROVENANCE, lambda value, _: Provenance.from_json(value)),
    "policy": (POLICY, lambda value, _: PolicyConfig.from_json(value)),
    "config.json": ({"policy": POLICY}, in_file(
        "0001/config.json", lambda folder: PolicyStore(folder).standings())),
    "pin.json": ({"policy": "0001"}, in_file(
        "pin.json", lambda folder: PolicyStore(folder).pinned())),
    "novelty": (NOVELTY, lambda value, _: Novelty.build(value, {})),
    "evidence": (EVIDENCE, lambda value, _: EpisodeEvidence.from_json(value)),
    "key": (KEY, lambda value, _: EpisodeKey.from_json(value)),
    "change": (CHANGE, lambda value, _: LevelChange.from_json(value)),
    "plan.json": (PLAN, in_file("policies/staging/candidate/plan.json", planned)),
    "gate_pairs.json": (PAIRS, in_file("gate_pairs.json", paired)),
    "metrics.jsonl": ({"step": 1, "loss": 0.5}, in_file("metrics.jsonl", read_metrics)),
    "info.json": (INFO, in_file("meta/info.json", read_info)),
    "sidestick.json": (SIDE, in_file("meta/sidestick.json", lambda folder: SideFile(folder, 1))),
    "workspace": (WORKSPACE, lambda value, _: config_of(value)),
    **{
        f"payload of {kind or entry}": (
            {**GATE, **CHANGE, **EVIDENCE, "seeds": [1, 2], "counted": ["a"], "successes": 1},
            lambda value, _, entry=entry, kind=kind: check_payload(entry, kind or "", value),
        )
        for entry, kind in SCHEMAS
    },
}  # fmt: skip
VALUES = st.sampled_from([json.loads(odd) for odd in ODD if len(odd) < 1000]) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick")).path


@pytest.mark.parametrize("name", DOORS)
@given(st.data())
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_at_any_place_is_read_or_refused(
    folder: Path, name: str, data: st.DataObject
) -> None:
    """Nothing but the project's own errors comes out of a door."""
    sample, door = DOORS[name]
    place = data.draw(st.sampled_from(list(places(sample))))
    changed = json.loads(with_value(sample, place, json.dumps(data.draw(VALUES))))
    with suppress(SidestickError):
        door(changed, folder)
    with suppress(SidestickError):
        door(json.loads(without(sample, place)), folder)


@pytest.mark.parametrize("name", DOORS)
def test_a_whole_document_is_read(folder: Path, name: str) -> None:
    """The samples are sound, so that what is refused above is refused for what was changed."""
    sample, door = DOORS[name]
    if name == "config.json":
        assert "damaged" in str(door(sample, folder))  # it has no weights
    elif name == "pin.json":
        with pytest.raises(SidestickError, match="not there"):
            door(sample, folder)
    elif not name.startswith("payload"):
        door(sample, folder)


@pytest.mark.parametrize("value", [json.loads(t) for t in ("null", "5", '"x"', "[1]", "[]")])
@pytest.mark.parametrize("name", [n for n in DOORS if not n.startswith("payload")])
def test_what_is_no_object_is_refused(folder: Path, name: str, value: object) -> None:
    with suppress(SidestickError):
        DOORS[name][1](value, folder)


@given(st.text(st.sampled_from('[]{}=".,#\n ab1pdreviwkyo'), max_size=60))
def test_any_bindings_are_read_or_refused(text: str) -> None:
    with suppress(SidestickError):
        parse(text, DRIVING)


@pytest.mark.parametrize("content", BROKEN.values(), ids=list(BROKEN))
def test_any_bytes_are_bindings_or_refused(content: bytes) -> None:
    with suppress(SidestickError):
        parse(content.decode("utf-8", "surrogateescape"), DRIVING)
