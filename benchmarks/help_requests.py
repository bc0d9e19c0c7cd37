"""This benchmark measures precision and recall of help requests, against paired seeds without help.

    python -m benchmarks.help_requests WS --policy 0001 --episodes 100 [--helped 30]

The policy drives every seed alone, and its uncertainty is recorded: an episode that fails would
have needed help. The help rules, calibrated on other seeds, are then applied to the recorded
uncertainty: up to the first request the episode on call is the same to the last bit. With --helped
some seeds are driven again on call, with the simulated operator, within the budget: the report
says how many succeed and how many seconds of the operator they cost. It prints JSON.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.torch_setup import limit_threads
from sidestick.policies.statistics.rates import Rate
from sidestick.teleop.autonomy.help_calibration import UncertaintyTrace, calibrated_rules
from sidestick.teleop.devices.simulated_operator import SimulatedOperator
from sidestick.teleop.evaluation.help_request_quality import help_request_quality, unattended
from sidestick.teleop.learning.active_policy import load_runner
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.environments import workspace_env
from sidestick.teleop.session.help_requests import HelpMonitor, HelpReason, HelpRules
from sidestick.teleop.session.human_effort import EffortCounter
from sidestick.teleop.session.levels import ControlState
from sidestick.teleop.session.session import Session

FIRST_SEED = 400_000
RULES = HelpRules()
NEVER = 1e6


def alone(rules: HelpRules) -> dict[str, HelpRules]:
    """The rules as they are, and each signal by itself, by name."""
    return {
        "all": rules,
        "novelty alone": replace(rules, stalled_s=NEVER, overdue_s=NEVER),
        "stall alone": replace(rules, novelty=1.0, overdue_s=NEVER),
        "overtime alone": replace(rules, novelty=1.0, stalled_s=NEVER),
    }


def first_request(trace: UncertaintyTrace, rules: HelpRules) -> tuple[int, HelpReason] | None:
    """Tick and reason of the first request under these rules; None without any."""
    monitor = HelpMonitor(rules)
    for tick, novelty in enumerate(trace.novelty.tolist()):
        reason = monitor.update(
            ControlState.POLICY, novelty, bool(trace.answered[tick]), trace.ee_m[tick]
        )
        if reason:
            return tick, reason
    return None


def judged(traces: Sequence[UncertaintyTrace], rules: HelpRules) -> dict[str, Any]:
    """Precision and recall of the requests, their median tick and reasons."""
    first = {trace.seed: first_request(trace, rules) for trace in traces}
    asked = {seed: request is not None for seed, request in first.items()}
    found = help_request_quality(asked, {trace.seed: not trace.success for trace in traces})
    requests = [request for request in first.values() if request]
    return {
        **found.to_json(),
        "asked": len(requests),
        "median_tick": float(np.median([tick for tick, _ in requests])) if requests else None,
        "reasons": dict(Counter(reason.name for _, reason in requests)),
    }


def helped(
    workspace: Workspace, policy: str, seeds: Sequence[int], rules: HelpRules
) -> dict[str, Any]:
    """Results of the same seeds on call, with the simulated operator."""
    env, effort = workspace_env(workspace.config), EffortCounter()
    operator = SimulatedOperator(env, Level.ON_CALL)
    monitor = HelpMonitor(replace(rules, budget=len(seeds)))
    assignment = Assignment(Level.ON_CALL, policy, load_runner(workspace, policy), monitor)
    session = Session(env, operator, assignment, [effort], max_steps=2 * env.task.max_steps)
    outcomes = [session.run_episode(seed) for seed in seeds]
    env.close()
    entry = effort.entry(Level.ON_CALL, 0, policy)
    return {
        "successes": str(Rate(sum(o.success for o in outcomes), len(outcomes))),
        "requests": effort.counts.requests,
        "budget": len(seeds),
        "refused": monitor.refused,
        "driven_s": entry.driven_s,
        "called_s": entry.watched_s,
    }


def main() -> int:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--policy", default="0001")
    parser.add_argument("--episodes", type=int, default=100)
    parser.add_argument("--calibration", type=int, default=40)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--helped", type=int, default=0)
    options = parser.parse_args()
    limit_threads()
    print(json.dumps(measure(options), indent=1))
    return 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Calibrate on some seeds, evaluate on others; the report."""
    workspace = Workspace.open(options.workspace)
    first, middle = options.first_seed, options.first_seed + options.calibration
    seeds = range(middle, middle + options.episodes)
    env, runner = workspace_env(workspace.config), load_runner(workspace, options.policy)
    rules = calibrated_rules(unattended(env, runner, range(first, middle)), RULES)
    traces = unattended(env, runner, seeds)
    env.close()
    report = {
        "policy": options.policy,
        "first_seed": first,
        "success_without_help": str(Rate(sum(t.success for t in traces), len(traces))),
        "rules": asdict(rules),
        "calibrated": {name: judged(traces, tried) for name, tried in alone(rules).items()},
        "uncalibrated": judged(traces, RULES),
    }
    if options.helped:
        report["helped"] = helped(workspace, options.policy, seeds[: options.helped], rules)
    return report


if __name__ == "__main__":
    sys.exit(main())
