"""Class weights set how much each class of step counts in training, by target shares of a scheme.

`train_on` and `finetune` call `target_shares` and `weights` with the windows' classes. Classes are
Sirius' labels (Liu 2022): demonstration -1, rollout 0, intervention 1 and pre-intervention -10.
Shares are set, never fixed multipliers, whose effect would change whenever data is added.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import BadValue, UnknownName

DEMONSTRATION, ROLLOUT, INTERVENTION, PRE_INTERVENTION = -1, 0, 1, -10
CLASS_NAMES = {
    DEMONSTRATION: "demonstration",
    ROLLOUT: "rollout",
    INTERVENTION: "intervention",
    PRE_INTERVENTION: "pre-intervention",
}
INTERVENTION_SHARE = 0.5
"""Share of interventions in every batch (Sirius, section IV; IWR draws the same half)."""
DEMONSTRATION_FACTOR = 3.0
"""Weight of a demonstrated step relative to a step of practice (FACTS, Practice)."""

Shares = dict[int, float]


def raw_shares(classes: NDArray[np.integer]) -> Shares:
    """The share of every class that occurs in the windows' classes (N,); sum 1."""
    values, counts = np.unique(classes, return_counts=True)
    return {int(v): int(c) / len(classes) for v, c in zip(values, counts, strict=True)}


def plain(raw: Shares) -> Shares:
    """The raw shares without pre-intervention, the steps that led to a takeover."""
    return {name: share for name, share in raw.items() if name != PRE_INTERVENTION}


def human(raw: Shares) -> Shares:
    """HG-DAgger (Kelly 2019): only steps that the operator drove."""
    return {name: raw.get(name, 0.0) for name in (DEMONSTRATION, INTERVENTION)}


def balanced(raw: Shares) -> Shares:
    """IWR (Mandlekar 2020): half interventions, half everything else in proportion."""
    rest = {name: share for name, share in plain(raw).items() if name != INTERVENTION}
    return _with_interventions(raw, rest)


def corrections(raw: Shares) -> Shares:
    """Sirius: interventions 1/2, demonstrations their own share, rollouts what is left.

    Demonstrations get at most the half that interventions leave, so rollouts get 0 and never a
    negative weight (a trap of the published code) once demonstrations exceed it.
    """
    if INTERVENTION not in raw:
        return plain(raw)
    left = 1 - INTERVENTION_SHARE
    demonstrations = min(raw.get(DEMONSTRATION, 0.0), left)
    return _with_interventions(raw, {DEMONSTRATION: demonstrations, ROLLOUT: left - demonstrations})


def practice(raw: Shares) -> Shares:
    """Shares for practice: the policy's own successes, and demonstrations three times."""
    return plain({**raw, DEMONSTRATION: DEMONSTRATION_FACTOR * raw.get(DEMONSTRATION, 0.0)})


def automatic(raw: Shares) -> Shares:
    """`human` where the operator drove any step, else `plain`.

    A policy's own steps add no knowledge and hold it to its present behaviour. ShelfPick, of 100
    unseen seeds, the same 10 demonstrations and 66 corrected episodes:
    `human` 99, `balanced` 92, `plain` 89, `corrections` 88 (`benchmarks/teaching.py`).
    """
    driven = any(name in raw for name in (DEMONSTRATION, INTERVENTION))
    return human(raw) if driven else plain(raw)


SCHEMES: dict[str, Callable[[Shares], Shares]] = {
    "auto": automatic,
    "plain": plain,
    "human": human,
    "balanced": balanced,
    "corrections": corrections,
    "practice": practice,
}

HUMAN_ONLY = ("auto", "human")
"""Schemes that exclude the steps of policies (`auto`: where the operator drove any)."""


def target_shares(classes: NDArray[np.integer], scheme: str) -> Shares:
    """The target share of each class in classes (N,) under `scheme`; sum 1."""
    if scheme not in SCHEMES:
        raise UnknownName("share scheme", scheme, SCHEMES)
    raw = raw_shares(classes)
    targets = {name: share for name, share in SCHEMES[scheme](raw).items() if name in raw}
    total = sum(targets.values())
    if not total > 0:
        raise BadValue("classes", f"at least one step that {scheme!r} trains on", raw)
    return {name: share / total for name, share in targets.items()}


def weights(classes: NDArray[np.integer], targets: Mapping[int, float]) -> NDArray[np.float64]:
    """Weight of every window, (N,) with mean 1: target share over raw share of its class.

    The share of classes that are absent from the data goes to the others.
    """
    raw = raw_shares(classes)
    present = {name: targets.get(name, 0.0) for name in raw}
    if min(present.values(), default=0.0) < 0:
        raise BadValue("shares", "none below 0", dict(targets))
    total = sum(present.values())
    if not total > 0:
        raise BadValue("shares", "a share above 0 for a class in the data", dict(targets))
    ratio = {name: present[name] / total / raw[name] for name in raw}
    names, inverse = np.unique(classes, return_inverse=True)
    return np.array([ratio[int(name)] for name in names])[inverse]


def _with_interventions(raw: Shares, rest: Shares) -> Shares:
    if INTERVENTION not in raw:
        return rest
    present = {name: share for name, share in rest.items() if name in raw}
    scale = sum(present.values())
    shared = {
        name: (1 - INTERVENTION_SHARE) * share / scale for name, share in present.items() if scale
    }
    return {**shared, INTERVENTION: INTERVENTION_SHARE}
