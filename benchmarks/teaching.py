"""This benchmark compares corrections, practice and help requests with demonstrations, by effort.

    python -m benchmarks.teaching WS --arms corrections practice together --seeds 0 1 2 --out FILE

WS is a workspace with demonstrations by the simulated operator, such as one made by
`sidestick drive WS --task ShelfPick --headless --driver simulated --episodes 170`. Every seed
has demonstrations of its own, `--reserved` of them, and begins with ten; it has a training seed and
scenes of its own too:

* demonstrations: only more demonstrations; the other arms are compared with their seconds.
* corrections: rounds of supervised episodes, trained on human steps alone (HG-DAgger). After the
  last one the same data is trained on with every scheme of class weights that `--schemes` names:
  everything alike, half interventions (IWR, Sirius); and the controls: demonstrations alone, as
  many seconds of driving, and as many seconds of attention.
* practice: rounds of unattended attempts, whose successes become data.
* together: rounds of attempts that only find the seeds on which the policy fails; it drives some
  of those on call, and requests help: nobody watches it.

Every policy is evaluated alone: on the seeds of a release (see `benchmarks.release`), or from
`--evaluation-first` on. Each row says seconds driven, watched and attended; the latter are modelled
(`teleop/session/attention_model.py`). It is written to FILE as soon as it is measured.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tyro

from benchmarks.pupil import Options, Pupil, evaluation_seeds
from benchmarks.rows import keep_row, read_rows
from benchmarks.success_by_demonstrations import demonstrations, own_set
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.threads import limit_threads
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.evaluation.seeds import PRACTICE, SEEDS_PER_ROUND, SUPERVISED
from sidestick.teleop.learning.autonomous_practice import practise
from sidestick.teleop.session.help_requests import HelpRules
from sidestick.teleop.station.headless import RunRules, drive_simulated


def demonstrated(pupil: Pupil) -> None:
    """More and more demonstrations."""
    for count in pupil.options.counts:
        if count > pupil.shown:
            pupil.show(count - pupil.shown)
        pupil.learn(say=f"{pupil.shown} demonstrations")


def corrections(pupil: Pupil) -> None:
    """Rounds of supervised episodes; the same data under every scheme; and the controls."""
    options = pupil.options
    pupil.show(options.demonstrations)
    policy = pupil.learn(say="demonstrations")
    for number in range(1, options.rounds + 1):
        first = scenes(SUPERVISED.first, pupil.seed, number)
        seeds = range(first, first + options.supervised)
        report = drive_simulated(pupil.workspace, Level.SUPERVISED, seeds, policy, number)
        facts: dict[str, Any] = {
            "takeovers": report.takeovers,
            "human_share": report.human_steps / (report.human_steps + report.policy_steps),
            "helped_successes": report.successes,
        }
        policy = pupil.learn(say=f"round {number}", **facts)
    for shares in options.schemes:
        pupil.learn(shares, say="the same data")
    control(pupil)


def control(pupil: Pupil) -> None:
    """Demonstrations alone at the human effort of an arm: equal driving, then equal attention."""
    spent, options = pupil.cost, pupil.options
    beside = Pupil(options, f"{pupil.arm}-control", pupil.seed, pupil.folder)
    beside.arm, instead_of = pupil.arm, pupil.human_s()
    try:
        beside.show(options.demonstrations)
        while beside.cost.driven_s < spent.driven_s:
            beside.show(1)
        beside.learn(say="control, equal driving", instead_of=instead_of)
        while beside.cost.attended_s < spent.attended_s:
            beside.show(1)
        beside.learn(say="control, equal attention", instead_of=instead_of)
    finally:
        beside.close()


def practice(pupil: Pupil) -> None:
    """Rounds of unattended attempts."""
    pupil.show(pupil.options.demonstrations)
    policy = pupil.learn(say="demonstrations")
    for number in range(1, pupil.options.rounds + 1):
        solved, failed = attempt(pupil, policy, number)
        policy = pupil.learn("practice", say=f"round {number}", solved=solved, unsolved=len(failed))


def together(pupil: Pupil) -> None:
    """Rounds of unattended attempts, and help with some of those that failed, on call."""
    options = pupil.options
    pupil.show(options.demonstrations)
    policy = pupil.learn(say="demonstrations")
    for number in range(1, options.rounds + 1):
        solved, failed = attempt(pupil, policy, number)
        rules = RunRules(HelpRules(budget=options.calls))
        asked = drive_simulated(
            pupil.workspace, Level.ON_CALL, failed[: options.calls], policy, number, rules=rules
        )
        policy = pupil.learn(
            say=f"round {number}",
            solved=solved,
            unsolved=len(failed),
            takeovers=asked.takeovers,
            helped_successes=asked.successes,
        )


def attempt(pupil: Pupil, policy: str, number: int) -> tuple[int, list[int]]:
    """A round of practice: the number of successes, and the seeds that failed."""
    first = scenes(PRACTICE.first, pupil.seed, number)
    seeds = range(first, first + pupil.options.practice)
    outcomes = practise(pupil.workspace, pupil.rollouts, policy, seeds, number)
    failed = [outcome.seed for outcome in outcomes if not outcome.success]
    return len(outcomes) - len(failed), failed


def scenes(base: int, seed: int, number: int) -> int:
    """The first seed of a round; no two rounds share one."""
    return base + SEEDS_PER_ROUND * number + 1000 * seed


ARMS = {
    "demonstrations": demonstrated,
    "corrections": corrections,
    "practice": practice,
    "together": together,
}


def knows(out: Path, arm: str, seed: int) -> bool:
    """Whether an arm was measured completely before."""
    rows = read_rows(out)
    return any(r["arm"] == arm and r["seed"] == seed and r.get("last") for r in rows)


def measure(options: Options, folder: Path) -> None:
    """Measure every arm with every seed."""
    evaluation_seeds(options)
    own_set(demonstrations(Workspace.open(options.workspace)), max(options.seeds), options.reserved)
    for seed in options.seeds:
        for arm in options.arms:
            if knows(options.out, arm, seed):
                continue
            pupil = Pupil(options, arm, seed, folder)
            try:
                ARMS[arm](pupil)
            finally:
                pupil.close()
            keep_row(options.out, {"arm": arm, "seed": seed, "last": True})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the rows."""
    options = tyro.cli(Options, description=__doc__, args=arguments)
    limit_threads()
    with tempfile.TemporaryDirectory() as folder:
        try:
            measure(options, options.folder or Path(folder))
        except BadValue as error:
            raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
