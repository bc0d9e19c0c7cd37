"""The learner: makes candidates from finished episodes, and lets those that pass the gate drive.

It only reads the workspace's finished episodes, needs no lock of the session that records them,
and may be killed at any moment: the next one goes on where this one was (see `candidate_store`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...datasets.database import EventEntry
from ...datasets.workspace import Workspace
from ...policies.base.provenance import Provenance, ProvenanceKind
from ...policies.perception.keypoint_cache import KeypointCache
from ...policies.policy import LearnedPolicy, Policy, PolicyConfig
from ...policies.store import PolicyStore
from ...policies.training.class_weights import DEMONSTRATION, HUMAN_ONLY, INTERVENTION
from ...policies.training.config import TrainConfig
from ...policies.training.finetune import FinetuneConfig, finetune
from ...policies.training.train import train
from ...sim_envs.errors import PolicyError, SidestickError
from ..evaluation.seeds import SELECTION
from .acceptance_gate import AcceptanceCriteria, decide
from .autonomous_practice import KIND as PRACTISED
from .candidate_evaluation import CandidateEvaluation, Drives, episode_data
from .candidate_store import CandidateStore
from .update_schedule import (
    EpisodeInfo,
    Update,
    UpdateKind,
    UpdateRules,
    UpdateTrigger,
    held_out,
    next_update,
)
from .workspace_training import (
    KEYPOINT_CACHE,
    click_finetuned_perception,
    judged_frames,
    judged_summaries,
)


@dataclass(frozen=True)
class LearnerRules:
    """How the learner works."""

    planned_update: UpdateRules = field(default_factory=UpdateRules)
    """When it learns."""
    gate: AcceptanceCriteria = field(default_factory=AcceptanceCriteria)
    """What passes."""
    nudge: FinetuneConfig = field(default_factory=FinetuneConfig)
    """How it nudges."""
    train: TrainConfig | None = None
    """How it refits; None: as the policy that drives was trained."""
    selection: int = 10
    """Seeds that each checkpoint of a refit drives before one is chosen; 0 takes the last."""


class Learner:
    """Learns one workspace's episodes, one candidate at a time."""

    def __init__(
        self,
        workspace: Workspace,
        drives: Drives,
        rules: LearnerRules | None = None,
        notify: Callable[[str], object] = lambda _: None,
        score: Callable[[Policy], float] | None = None,
    ) -> None:
        """`score` compares a refit's checkpoints; None: each drives the selection seeds here."""
        self.workspace, self.rules, self.notify = workspace, rules or LearnerRules(), notify
        self.store = PolicyStore(workspace.policies_dir)
        self.staging = CandidateStore(workspace)
        self.examination = CandidateEvaluation(workspace, self.rules.gate, drives)
        self._drives, self._score = drives, score or self._score_here
        self._known: dict[str, PolicyConfig] = {}

    def step(self, trigger: UpdateTrigger | None = None) -> EventEntry | None:
        """Finish the candidate that lies there, or make one where something is due.

        Returns the gate's event; None where there was nothing to learn.
        """
        finished = self.resume()
        if finished is not None:
            return finished
        task = self.due(trigger)
        if task is None:
            return None
        self.staging.begin(task)
        return self._learn(task)

    def resume(self) -> EventEntry | None:
        """Finish the candidate that lies there, where there is one and its parent still drives."""
        settled = self.staging.settle()
        if settled is not None:
            return settled
        begun = self.staging.plan()
        if begun is not None and begun.parent == self.store.newest():
            return self._learn(begun)
        self.staging.clear()
        return None

    def due(self, trigger: UpdateTrigger | None = None) -> Update | None:
        """What there is to learn now, after that."""
        parent, trigger = self.store.newest(), trigger or UpdateTrigger()
        episodes_info = [EpisodeInfo(s.id, s.human_steps) for s in judged_summaries(self.workspace)]
        taken_up, refitted = self._taken_up()
        can_nudge = parent is not None and bool(
            set(self._provenance(parent).episodes) & {tutorial.id for tutorial in episodes_info}
        )
        shares = self._config(parent, trigger).shares
        alone = trigger.source == PRACTISED or shares not in HUMAN_ONLY
        rules = self.rules.planned_update
        task = next_update(episodes_info, taken_up, refitted, parent, rules, can_nudge, alone)
        return None if task is None else replace(task, trigger=trigger)

    def _learn(self, task: Update) -> EventEntry | None:
        """Make the candidate, and let the gate decide."""
        try:
            ruling = self._try(task)
        except SidestickError as error:  # such as a correction that was all judged bad
            ruling = {"passed": False, "reasons": [str(error)]}
        if self.store.newest() != task.parent:  # the operator went back to another one meanwhile
            ruling = {**ruling, "passed": False, "reasons": ["its parent does not drive any more"]}
        self.staging.decide(ruling)
        return self.staging.settle()

    def _try(self, task: Update) -> dict[str, Any]:
        """Make the candidate where that is left to do, and examine it."""
        began = time.monotonic()
        if not self.staging.is_whole:
            self.notify(
                f"{task.kind.value} on {len(task.episodes)} episodes, {len(task.fresh)} new"
            )
            self._make(task)
        made = time.monotonic()
        ruling = self._examine(task)
        figures = {"made_s": made - began, "examined_s": time.monotonic() - made}
        return {**ruling, **{key: round(value, 2) for key, value in figures.items()}}

    def _taken_up(self) -> tuple[set[str], set[str]]:
        """Episodes that some attempt was about, and those that a training from the base was."""
        taken_up: set[str] = set()
        refitted: set[str] = set()
        for name in self.store.ids():
            provenance = self._provenance(name)
            taken_up.update(provenance.episodes)
            if provenance.kind != ProvenanceKind.NUDGE:
                refitted.update(provenance.episodes)
        for ruling in self.staging.rulings():
            taken_up.update(ruling["episodes"])
            if ruling["kind"] == UpdateKind.REFIT.value:
                refitted.update(ruling["episodes"])
        return taken_up, refitted

    def _about(self, name: str) -> PolicyConfig:
        """What a policy is for and where it comes from; a published one never changes."""
        if name not in self._known:
            self._known[name] = self._policy(name).config
        return self._known[name]

    def _provenance(self, name: str) -> Provenance:
        """Where a policy comes from."""
        return self._about(name).provenance

    def _policy(self, name: str) -> LearnedPolicy:
        config = self.workspace.config
        return self.store.load(name, config)

    def _make(self, task: Update) -> None:
        """Leave a whole policy in the staging folder."""
        folder = self.staging.candidate
        if task.kind is UpdateKind.NUDGE and task.parent is not None:
            self._nudge(task, task.parent).save(folder)
        else:
            self._refit(task, folder)

    def _nudge(self, task: Update, parent: str) -> LearnedPolicy:
        policy = self._policy(parent)
        data = episode_data(self.workspace, policy, frozenset(task.episodes))
        places = [i for i, name in enumerate(data.episode_ids) if name in task.fresh]
        new = np.isin(data.episodes, places)
        shown = new & np.isin(data.classes, (INTERVENTION, DEMONSTRATION))
        if not shown.any() or new.all():
            raise PolicyError(f"policy {parent}: nothing to nudge it with, or nothing to replay")
        return finetune(policy, data.take(~new), data.take(shown), self.rules.nudge, parent)

    def _refit(self, task: Update, folder: Path) -> None:
        config = self._config(task.parent, task.trigger)
        images = config.needs_images
        frames, examples = judged_frames(
            self.workspace, images=images, only=frozenset(task.episodes)
        )
        train(
            frames,
            config,
            folder,
            self._score if self.rules.selection else None,
            provenance=self._new_provenance(task),
            perception=click_finetuned_perception(self.workspace),
            cache=KeypointCache(self.workspace.path / KEYPOINT_CACHE),
            progress=False,
            examples=examples,
        )

    def _score_here(self, policy: Policy) -> float:
        """Success of a checkpoint on the selection seeds."""
        assert isinstance(policy, LearnedPolicy)
        policy.save(self.staging.trial)
        seeds = SELECTION.seeds(self.rules.selection)
        return sum(self._drives(self.staging.trial, seed) for seed in seeds) / len(seeds)

    def _new_provenance(self, task: Update) -> Provenance:
        """Of a refit; its episodes are filled in by the training."""
        if task.parent is None:
            return Provenance()
        number = task.trigger.round
        if number is None:
            number = self._provenance(task.parent).round + 1
        return Provenance(parent=task.parent, round=number, kind=task.trigger.source)

    def _config(self, parent: str | None, trigger: UpdateTrigger) -> TrainConfig:
        """As the parent was trained, quietly and on one core; what is practised counts after
        practice, and at no other time."""
        config = self.rules.train
        if config is None:
            made = {} if parent is None else self._about(parent).training.get("config", {})
            given: dict[str, Any] = {
                key: tuple(value) if isinstance(value, list) else value
                for key, value in made.items()
            }
            config = TrainConfig(**given)
            if PRACTISED in (trigger.source, config.shares):
                shares = PRACTISED if trigger.source == PRACTISED else TrainConfig().shares
                config = replace(config, shares=shares)
        return replace(config, threads=1, tensorboard=False, save_every_s=5.0)

    def _examine(self, task: Update) -> dict[str, Any]:
        """The gate's ruling on the candidate, with its figures."""
        present = None if task.parent is None else self.store.path(task.parent)
        held = held_out([summary.id for summary in judged_summaries(self.workspace)])
        evidence, kept = self.examination.evaluate(self.staging.candidate, present, held)
        ruling = decide(evidence, self.rules.gate)
        return {**ruling.to_json(), **kept}


def describe_update(event: EventEntry) -> str:
    """What the gate said, for people."""
    ruling = event.payload
    what = f"{ruling['kind']} of {ruling['parent']}" if ruling["parent"] else "first policy"
    reasons = "; ".join(ruling["reasons"])
    if ruling["passed"]:
        return f"policy {ruling['policy']} ({what}) passed the gate: {reasons}"
    return f"a {what} was refused at the gate: {reasons}"
