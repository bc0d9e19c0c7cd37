"""This benchmark measures help requests by condition and by signal, against outcomes without help.

    python -m benchmarks.help_requests WS TRACES --episodes 40 [--write]

The policy drives every seed of every condition alone: plain episodes, an item that is dropped, a
spoilt grasp, scenes that are new to it. An episode that fails would have needed help. The rules,
calibrated on other seeds, are applied to the traces: up to the first request an episode on call is
the same to the last bit. The same traces are judged a second time as if an episode ended where
a person sees that it has failed (`early end`). It prints JSON; --write puts it into results/ and
its tables into docs/evidence.md.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.threads import limit_threads
from sidestick.policies.statistics.conformal import conformal_limit
from sidestick.policies.statistics.rates import Rate
from sidestick.sim_envs.spaces import CONTROL_HZ
from sidestick.teleop.autonomy.help_calibration import (
    NEEDLESS,
    UncertaintyTrace,
    calibrated_rules,
    demonstrated,
    start_rules,
)
from sidestick.teleop.session.help_requests import HelpRules

from .help_signals import alone, quality, separation
from .help_tables import PAGE, RESULTS, generated
from .help_trace import DrivenTrace, ended_early
from .help_traces import CONDITIONS, drive
from .rows import circumstances

EARLIER = HelpRules(novelty=0.99, stalled_s=2.5, overdue_s=11.0)
"""The rules of release 0.1 before any calibration."""
MOMENTS_S = (2.0, 3.0, 4.0, 5.0, 8.0)
SINCE_FAULT_S = (0.5, 1.0, 2.0, 3.0)
FAULTY = ("drop", "spoilt grasp")

Traces = Mapping[str, Sequence[DrivenTrace]]


def main() -> int:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("traces", type=Path)
    parser.add_argument("--policy", default="0001")
    parser.add_argument("--calibration-seed", type=int, default=400_000)
    parser.add_argument("--calibration", type=int, default=32)
    parser.add_argument("--first-seed", type=int, default=450_000)
    parser.add_argument("--episodes", type=int, default=40)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    limit_threads()
    found = measure(options)
    text = json.dumps(found, indent=1) + "\n"
    if options.write:
        RESULTS.write_text(text)
        PAGE.write_text(generated(PAGE.read_text(), found))
    print(text)
    return 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Calibrate on some seeds, judge on others; the report."""
    workspace = Workspace.open(options.workspace)
    before = range(options.calibration_seed, options.calibration_seed + options.calibration)
    seeds = range(options.first_seed, options.first_seed + options.episodes)
    own = drive(workspace, options.policy, "plain", before, options.traces)
    traces = {
        name: drive(workspace, options.policy, name, seeds, options.traces) for name in CONDITIONS
    }
    controls = twins(traces)
    traces |= {name: [t for t in traces[name] if t.fault_tick >= 0] for name in FAULTY}
    traces |= {"early end": early([t for some in traces.values() for t in some])}
    demonstrations = demonstrated(workspace)
    calibrated = calibrated_rules([uncertainty(t) for t in own], HelpRules(), demonstrations)
    start = start_rules(demonstrations, HelpRules())
    return {
        **circumstances(),
        "policy": f"{options.policy}: {len(demonstrations)} demonstrations of ShelfPick",
        "calibration": {"seeds": _span(before), "successes": calibrated.successes},
        "seeds": _span(seeds),
        "succeeded_alone": {
            name: str(Rate(sum(t.success for t in some), len(some)))
            for name, some in traces.items()
        },
        "the_same_seeds_without_the_fault": {
            name: str(Rate(sum(t.success for t in some), len(some)))
            for name, some in controls.items()
        },
        "rules": {
            "earlier start": _thresholds(EARLIER),
            "start": _thresholds(start),
            "calibrated": _thresholds(calibrated),
        },
        "calibrated": by_condition(traces, calibrated),
        "start": {name: quality(some, start) for name, some in traces.items()},
        "earlier start": {name: quality(some, EARLIER) for name, some in traces.items()},
        "matched false alarms": by_condition(traces, matched(own, calibrated)),
        "auroc from the beginning": separation(traces["plain"], calibrated, MOMENTS_S, False),
        "auroc since the fault": separation(
            [t for name in FAULTY for t in (*traces[name], *controls[name])],
            calibrated,
            SINCE_FAULT_S,
            True,
        ),
    }


def by_condition(traces: Traces, rules: HelpRules) -> dict[str, Any]:
    """The quality of all signals and of each one, in every condition."""
    return {
        name: {signal: quality(some, only) for signal, only in alone(rules).items()}
        for name, some in traces.items()
    }


def twins(traces: Traces) -> dict[str, list[DrivenTrace]]:
    """For every episode with a fault the plain one of its seed, which is the same up to the fault.

    It is marked with the tick on which the fault would have begun.
    """
    plain = {trace.seed: trace for trace in traces["plain"]}
    return {
        name: [
            replace(plain[trace.seed], fault_tick=trace.fault_tick)
            for trace in traces[name]
            if trace.fault_tick >= 0
        ]
        for name in FAULTY
    }


def early(traces: Sequence[DrivenTrace]) -> list[DrivenTrace]:
    """The episodes as a variant of the task has them that ends as a person sees its failure.

    Those that end at once, within their fault, are left out: nothing could warn of them.
    """
    cut = [ended_early(trace) for trace in traces]
    return [t for t in cut if t.fault_tick < 0 or len(t) > t.fault_tick + CONTROL_HZ // 2]


def matched(own: Sequence[DrivenTrace], rules: HelpRules) -> HelpRules:
    """Thresholds of each signal at the same share of needless requests, without any margin."""
    solved = [uncertainty(t) for t in own if t.success]
    return replace(
        rules,
        novelty=conformal_limit([t.sustained_novelty(rules) for t in solved], NEEDLESS),
        stalled_s=conformal_limit([t.longest_stall_s(rules.stalled_m) for t in solved], NEEDLESS)
        + 1 / CONTROL_HZ,
        overdue_s=conformal_limit([len(t) / CONTROL_HZ for t in solved], NEEDLESS) + 1 / CONTROL_HZ,
    )


def uncertainty(trace: DrivenTrace) -> UncertaintyTrace:
    """What the calibration reads of a trace."""
    return UncertaintyTrace(trace.novelty, trace.answered, trace.ee_m, trace.seed, trace.success)


def _thresholds(rules: HelpRules) -> dict[str, float]:
    return {key: asdict(rules)[key] for key in ("novelty", "stalled_s", "overdue_s")}


def _span(seeds: range) -> str:
    return f"{seeds.start} to {seeds.stop - 1}"


if __name__ == "__main__":
    sys.exit(main())
