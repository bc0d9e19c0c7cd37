"""The learner trains candidates on finished episodes; those that pass the gate become policies.

`sidestick learn` and rounds of practice call `Learner.step`. It only reads finished episodes,
needs no lock of the session that records them, and may be killed at any moment: the next learner
goes on where this one was (see `candidate_store`).
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...datasets.database import EventEntry
from ...datasets.workspace import Workspace
from ...policies.base.plan import Policy
from ...policies.base.provenance import Provenance, ProvenanceKind
from ...policies.gate_record import GateRecord, GateVerdict
from ...policies.loaded_policy import trained_here
from ...policies.perception.keypoint_cache import KeypointCache
from ...policies.policy import LearnedPolicy
from ...policies.policy_config import PolicyConfig
from ...policies.store import PolicyStore
from ...policies.training.class_weights import DEMONSTRATION, HUMAN_ONLY, INTERVENTION
from ...policies.training.config import TrainConfig
from ...policies.training.finetune import finetune
from ...policies.training.train import train
from ...sim_envs.errors import PolicyError, SidestickError
from ..evaluation.seeds import SELECTION
from .acceptance_gate import GateTest
from .autonomous_practice import KIND as PRACTISED
from .candidate_store import CandidateStore
from .gate_ruling import Drives, rule
from .held_out_losses import episode_data
from .learner_rules import LearnerRules
from .update_schedule import (
    EpisodeInfo,
    Update,
    UpdateKind,
    UpdateTrigger,
    next_update,
)
from .workspace_perception import own_perception
from .workspace_training import KEYPOINT_CACHE, judged_frames, judged_summaries


class Learner:
    """Learns from one workspace's episodes, one candidate at a time."""

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
        self._drives, self._score = drives, score or self._score_here
        self._known: dict[str, PolicyConfig] = {}

    def step(self, trigger: UpdateTrigger | None = None) -> EventEntry | None:
        """Finish the candidate that was begun, or make one where something is due.

        Returns the gate's event; None where there was nothing to learn.
        """
        finished = self.resume()
        if finished is not None:
            return finished
        update = self.due(trigger)
        if update is None:
            return None
        self.staging.begin(update)
        return self._learn(update)

    def resume(self) -> EventEntry | None:
        """Finish the candidate that was begun, if there is one and its parent is still active."""
        settled = self.staging.settle()
        if settled is not None:
            return settled
        begun = self.staging.plan()
        if begun is not None and begun.parent == self._present():
            return self._learn(begun)
        self.staging.clear()
        return None

    def due(self, trigger: UpdateTrigger | None = None) -> Update | None:
        """The update that is due now, after `trigger`; None where there is none."""
        parent, trigger = self._present(), trigger or UpdateTrigger()
        episodes_info = [EpisodeInfo(s.id, s.human_steps) for s in judged_summaries(self.workspace)]
        taken_up, refitted = self._taken_up()
        learnt = () if parent is None else self._policy_config(parent).provenance.episodes
        can_nudge = not set(learnt).isdisjoint(info.id for info in episodes_info)
        shares = self._config(parent, trigger).shares
        alone = trigger.source == PRACTISED or shares not in HUMAN_ONLY
        rules = self.rules.schedule
        update = next_update(episodes_info, taken_up, refitted, parent, rules, can_nudge, alone)
        return None if update is None else replace(update, trigger=trigger)

    def _learn(self, update: Update) -> EventEntry | None:
        """Make the candidate, and let the gate decide."""
        try:
            record = self._try(update)
            self._check_parent(update)
        except SidestickError as error:  # such as a correction that was all judged bad
            record = GateRecord(GateVerdict.UNDECIDED, (str(error),), update.parent)
        self.staging.decide(record)
        return self.staging.settle()

    def _present(self) -> str | None:
        """The policy that drives unasked; None where there is none."""
        return self.store.driving()

    def _check_parent(self, update: Update) -> None:
        """Raise PolicyError where another policy drives meanwhile, as after a rollback."""
        if self._present() != update.parent:
            raise PolicyError("its parent does not drive any more")

    def _try(self, update: Update) -> GateRecord:
        """Make the candidate where that is left to do, and let the gate judge it."""
        began = time.monotonic()
        if not self.staging.is_whole:
            many, new = len(update.episodes), len(update.fresh)
            self.notify(f"{update.kind.value} on {many} episodes, {new} new")
            self._make(update)
        made = time.monotonic()
        record = self._judge(update)
        took = {"made_s": round(made - began, 2), "examined_s": round(time.monotonic() - made, 2)}
        return replace(record, details={**record.details, **took})

    def _taken_up(self) -> tuple[set[str], set[str]]:
        """Ids of episodes that any update was about, and of those that a refit was about."""
        taken_up: set[str] = set()
        refitted: set[str] = set()
        for name in self.store.ids():
            provenance = self.store.state(name).provenance or Provenance()  # where it is damaged
            taken_up.update(provenance.episodes)
            if provenance.kind != ProvenanceKind.NUDGE:
                refitted.update(provenance.episodes)
        for decision in self.staging.decisions():
            taken_up.update(decision.get("episodes", ()))
            if decision.get("kind") == UpdateKind.REFIT.value:
                refitted.update(decision.get("episodes", ()))
        return taken_up, refitted

    def _policy_config(self, name: str) -> PolicyConfig:
        """A policy's settings, read once: a published policy never changes."""
        if name not in self._known:
            self._known[name] = self.store.load(name, self.workspace.config).config
        return self._known[name]

    def _make(self, update: Update) -> None:
        """Leave a whole policy in the candidate's folder."""
        folder = self.staging.candidate
        if update.kind is UpdateKind.NUDGE and update.parent is not None:
            self._nudge(update, update.parent).save(folder)
        else:
            self._refit(update, folder)

    def _nudge(self, update: Update, parent: str) -> LearnedPolicy:
        policy = trained_here(self.store.load(parent, self.workspace.config), "a nudge")
        data = episode_data(self.workspace, policy, frozenset(update.episodes))
        places = [i for i, name in enumerate(data.episode_ids) if name in update.fresh]
        new = np.isin(data.episodes, places)
        shown = new & np.isin(data.classes, (INTERVENTION, DEMONSTRATION))
        if not shown.any() or new.all():
            raise PolicyError(f"policy {parent}: nothing to nudge it with, or nothing to replay")
        return finetune(policy, data.take(~new), data.take(shown), self.rules.nudge, parent)

    def _refit(self, update: Update, folder: Path) -> None:
        config = self._config(update.parent, update.trigger)
        frames, examples = judged_frames(
            self.workspace, images=config.needs_images, only=frozenset(update.episodes)
        )
        train(
            frames,
            config,
            folder,
            self._score if self.rules.selection else None,
            provenance=self._new_provenance(update),
            perception=own_perception(self.workspace),
            cache=KeypointCache(self.workspace.path / KEYPOINT_CACHE),
            progress=False,
            examples=examples,
        )

    def _score_here(self, policy: Policy) -> float:
        """Success rate of a checkpoint on the selection seeds."""
        assert isinstance(policy, LearnedPolicy)
        policy.save(self.staging.trial)
        seeds = SELECTION.seeds(self.rules.selection)
        return sum(self._drives(self.staging.trial, seed) for seed in seeds) / len(seeds)

    def _new_provenance(self, update: Update) -> Provenance:
        """The provenance of a refit; the training fills in its episodes."""
        if update.parent is None:
            return Provenance()
        number = update.trigger.round
        if number is None:
            number = self._policy_config(update.parent).provenance.round + 1
        return Provenance(parent=update.parent, round=number, kind=update.trigger.source)

    def _config(self, parent: str | None, trigger: UpdateTrigger) -> TrainConfig:
        """The parent's training, on one core and without logs; practised steps are weighed in
        after practice only."""
        config = self.rules.train
        if config is None:
            made = {} if parent is None else self._policy_config(parent).training.get("config", {})
            given: dict[str, Any] = {
                key: tuple(value) if isinstance(value, list) else value
                for key, value in made.items()
            }
            config = TrainConfig(**given)
            if PRACTISED in (trigger.source, config.shares):
                shares = PRACTISED if trigger.source == PRACTISED else TrainConfig().shares
                config = replace(config, shares=shares)
        return replace(config, threads=1, tensorboard=False, save_every_s=5.0)

    def _judge(self, update: Update) -> GateRecord:
        """The gate's decision on the candidate; it ends early where its parent is set aside."""

        def on_pair(test: GateTest) -> None:
            self._check_parent(update)
            if test.note:
                self.notify(test.note)

        present, rules = update.parent, self.rules.gate
        return rule(self.workspace, self._drives, self.staging.candidate, present, rules, on_pair)
