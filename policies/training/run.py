"""`Training` runs the loop from its first or last saved step to a policy in a folder.

`train_on` makes one; its subscribers write metrics, save the state and evaluate candidates.
"""

import copy
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from ...sim_envs.errors import PolicyError
from ..base.plan import Policy
from ..base.schedule import load_parameters, one_cycle
from ..network import PolicyNetwork
from ..novelty import Neighbours, Novelty, disagreement
from ..policy import LearnedPolicy, load_policy
from ..policy_config import PolicyConfig
from . import loop as training_loop
from .config import TrainConfig
from .log import TrainingLog
from .loop import ScoredWeights, TrainingLoop, better, saved_extra
from .validate import validate
from .window_data import TrainingData

_log = logging.getLogger(__name__)
RESUME = "resume.safetensors"
LOG_EVERY = 50
"""Steps between two rows of metrics."""

Rollout = Callable[[Policy], float]
"""Runs rollouts of a policy and gives its success rate, 0 to 1."""


@dataclass(frozen=True)
class TrainResult:
    """The policy that a training made, and the training's metrics."""

    policy: LearnedPolicy
    """The chosen checkpoint, as saved."""
    path: Path
    """Its folder."""
    chosen_step: int
    """The step after which its weights were averaged."""
    candidates: tuple[tuple[int, float], ...]
    """Step and rollout score of each candidate; empty without rollouts."""
    loss: float
    """Mean absolute error of its plans on (at most 4,096 of) the training windows."""
    held_out_loss: float | None
    """The same on held-out episodes; None when none were held out."""
    seconds: float
    """Time spent on updates of the head and on rollouts, over all interruptions."""
    precision: str
    """The precision of the computation, and why."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """Seconds of this run by part: reading, encoders, next step, perception, head, selection."""

    @property
    def whole_s(self) -> float:
        """Seconds of this run altogether."""
        return sum(self.parts.values())


class Training:
    """One call of `train_on`: the loop's subscribers and their state."""

    def __init__(
        self,
        fit: TrainingLoop,
        config: TrainConfig,
        about: PolicyConfig,
        folder: Path,
        held: TrainingData | None,
        rollout: Rollout | None,
    ) -> None:
        self.fit, self.config, self.about, self.folder = fit, config, about, folder
        self.held, self.rollout = held, rollout
        self.scores: dict[int, float] = {}
        self._started = self._saved = time.monotonic()
        self._before = self._selection_s = 0.0
        self.identity = {
            "config": config.identity,
            "data": fit.data.fingerprint,
            "rollouts": rollout is not None,
        }

    @property
    def seconds(self) -> float:
        """Time spent so far, over all interruptions."""
        return self._before + time.monotonic() - self._started

    def resume(self) -> None:
        """Load the state in the folder, if there is one of the same configuration and data."""
        path = self.folder / RESUME
        if not path.exists():
            return
        found = saved_extra(path)
        differing = [key for key, own in self.identity.items() if found["identity"].get(key) != own]
        if differing:
            _log.warning("%s: interrupted with other %s; starting anew", path, ", ".join(differing))
            return
        self.fit.restore(path)
        self._before = found["seconds"]
        self.scores = {int(step): score for step, score in found["scores"]}

    def save(self) -> None:
        """Write the state to resume from."""
        self._saved = time.monotonic()
        if not self.fit.processes.is_main:
            return
        scores = list(self.scores.items())
        extra = {"identity": self.identity, "seconds": self.seconds, "scores": scores}
        self.fit.save(self.folder / RESUME, extra)

    def run(self, log: TrainingLog) -> None:
        """Train to the end; an interruption leaves a state behind."""
        steps = self.fit.recipe.steps
        stops = {max(1, round(share * steps)) for share in self.config.candidates} | {steps}
        try:
            training_loop.run(
                self.fit, stops, lambda: self._evaluate_candidate(log),
                lambda loss: self._log_loss(loss, log),
            )  # fmt: skip
        except KeyboardInterrupt:
            if self.fit.is_whole:
                self.save()
            raise

    def _log_loss(self, loss: torch.Tensor, log: TrainingLog) -> None:
        """Write metrics and save the state, each where it is due after an update."""
        step = self.fit.step
        if step % LOG_EVERY == 0 or step == self.fit.recipe.steps:
            rate = one_cycle(step, self.fit.recipe.steps, self.config.peak_rate)
            log.row(step, loss=float(loss), rate=rate, seconds=round(self.seconds, 2))
        if time.monotonic() - self._saved > self.config.save_every_s:
            self.save()

    def _evaluate_candidate(self, log: TrainingLog) -> None:
        """Score the averaged weights by rollouts, where there are any, and keep the best."""
        weights_now = {name: value.to("cpu", copy=True) for name, value in self.fit.mean.items()}
        candidate = ScoredWeights(self.fit.step, None, weights_now)
        if self.rollout is not None and self.fit.processes.is_main:
            started = time.monotonic()
            with log.paused():
                candidate.score = float(self.rollout(self.policy(candidate)))
            self._selection_s += time.monotonic() - started
            self.scores[candidate.step] = candidate.score
        self.fit.best = better(candidate, self.fit.best)
        self.fit.processes.wait()

    def policy(self, candidate: ScoredWeights) -> LearnedPolicy:
        """A policy with the candidate's weights, and its novelty calibrated."""
        network = copy.deepcopy(self.fit.network)
        load_parameters(network, candidate.weights)
        novelty = calibrated_novelty(network, self.fit.data, self.held, self.config.execute)
        return LearnedPolicy(self.about, network.cpu(), novelty)

    def finish(self) -> TrainResult:
        """Save the best candidate as a policy and remove the state; other processes read it."""
        if not self.fit.processes.is_main:
            self.fit.processes.wait()
            return self._result(load_policy(self.folder))
        best = self.fit.best
        if best is None:
            raise PolicyError(f"{self.folder}: the training ended without a candidate")
        policy = self.policy(best)
        loss = validate(policy.network, self.fit.data).error
        held = None if self.held is None else held_out_loss(policy, self.held)
        figures = {"loss": loss, "held_out_loss": held, "seconds": round(self.seconds, 1)}
        training = {**self.about.training, **figures, "chosen_step": best.step}
        training["candidates"] = list(self.scores.items())
        policy.config = replace(self.about, training=training)
        policy.save(self.folder)
        (self.folder / RESUME).unlink(missing_ok=True)
        self.fit.processes.wait()
        return self._result(policy)

    def _result(self, policy: LearnedPolicy) -> TrainResult:
        metrics = policy.config.training
        return TrainResult(
            policy,
            self.folder,
            metrics["chosen_step"],
            tuple((int(step), float(score)) for step, score in metrics["candidates"]),
            metrics["loss"],
            metrics["held_out_loss"],
            self.seconds,
            str(self.fit.precision),
            {
                "head": time.monotonic() - self._started - self._selection_s,
                "selection": self._selection_s,
            },
        )


def calibrated_novelty(
    network: PolicyNetwork, seen: TrainingData, held: TrainingData | None, execute: int
) -> Novelty:
    """Novelty of a network, calibrated on the windows `held`, or the training windows `seen`.

    Distances are to the training windows; of training windows, to those of other episodes.
    """
    validation = validate(network, seen)
    neighbours = Neighbours.fit(validation.x, seen.episodes[validation.chosen])
    if held is None:
        distances = neighbours(validation.x, seen.episodes[validation.chosen])
    else:
        validation = validate(network, held)
        distances = neighbours(validation.x)
    source = "training" if held is None else "held-out"
    scores = disagreement(validation.spread, execute)
    return Novelty.fit(scores, source, distances, neighbours)


def held_out_loss(policy: LearnedPolicy, data: TrainingData) -> float:
    """Mean absolute error of a policy's plans on windows that it was not trained on."""
    return validate(policy.network, data).error
