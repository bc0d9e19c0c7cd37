"""This benchmark measures what one person gets done at a fleet: by arms, policy and queue policy.

    python -m benchmarks.fleet record WS --name NAME     (minutes: a bank of real episodes)
    python -m benchmarks.fleet curve                     (seconds: fleets simulated from the bank)

`record` drives every seed alone, on call and watched, with the policy of a workspace, in PyBullet;
`curve` simulates shifts of one operator from these (`benchmarks.fleet_arms`), each repeat on a
resample of the seeds, and writes a row for each policy, number of arms and queue policy; of two
policies in the bank also one in between, which has half of its episodes from each. The person is
paid for the whole shift. The arm that is watched is charged for no start, verdict or reset.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from scipy.stats import t as student

from benchmarks.figure import RESULTS
from benchmarks.fleet_arms import TracedArm, watch
from benchmarks.fleet_traces import Traces, record, resampled
from benchmarks.rows import circumstances, print_rows, read_rows
from sidestick.policies.base.threads import limit_threads
from sidestick.teleop.fleet.fleet import Fleet
from sidestick.teleop.fleet.operator_model import FleetOperator
from sidestick.teleop.fleet.queues import QUEUES, queue_named
from sidestick.teleop.fleet.shift import Shift, ShiftReport

TRACES, ROWS = RESULTS / "fleet_traces.jsonl", RESULTS / "fleet.jsonl"
WATCHED = "one arm watched"
SHOWN = ("policy", "arms", "queue", "successes_per_minute", "successes_per_minute95", "utilisation")
SHOWN += ("wait_p50_s", "wait_p95_s", "idle", "needless", "times_watched")


@dataclass(frozen=True)
class Record:
    """Drive the bank of episodes of one policy."""

    workspace: Annotated[Path, tyro.conf.Positional]
    name: str
    """What the policy is called in the rows."""
    out: Path = TRACES

    def run(self) -> None:
        """Drive what is not there yet."""
        limit_threads()
        record(self.workspace, self.name, self.out)


@dataclass(frozen=True)
class Curve:
    """Simulate shifts."""

    arms: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    queues: tuple[str, ...] = tuple(QUEUES)
    repeats: int = 5
    minutes: float = 6.0
    reset_s: float = 2.0
    traces: Path = TRACES
    out: Path = ROWS
    only: int | None = None
    """Number of the one policy to simulate, from 0; None for all."""

    def run(self) -> None:
        """Simulate, write and print the rows."""
        names = [*dict.fromkeys(r["policy"] for r in read_rows(self.traces))]
        groups: list[tuple[str, ...]] = [(name,) for name in names]
        if len(names) == 2:
            groups.insert(1, (names[0], names[1]))
        groups = groups if self.only is None else [groups[self.only]]
        rows = [row for group in groups for row in self._policy(group)]
        self.out.write_text("".join(json.dumps(row) + "\n" for row in rows))
        print_rows([{key: _shown(row[key]) for key in SHOWN} for row in rows], "Fleets")

    def _policy(self, names: tuple[str, ...]) -> list[dict[str, Any]]:
        traces, name = Traces.read(self.traces, *names), " and ".join(names)
        common = {"policy": name, "alone": round(traces.success_alone(), 3)}
        common |= {"episodes_in_bank": len(traces.seeds)}
        watched = [self._watched(traces, repeat) for repeat in range(self.repeats)]
        base = [report.successes_per_minute or 0.0 for report in watched]
        rows = [{**common, **self._row(watched, base)}]
        for queue in self.queues:
            for arms in self.arms:
                reports = [self._shift(traces, arms, queue, r) for r in range(self.repeats)]
                rows.append({**common, **self._row(reports, base)})
        return rows

    def _watched(self, traces: Traces, repeat: int) -> ShiftReport:
        shift, ticks = Shift(1, traces.hz), round(self.minutes * 60 * traces.hz)
        watch(traces, resampled(traces.seeds, repeat), shift, self.reset_s, ticks)
        return shift.report(WATCHED, 0)

    def _shift(self, traces: Traces, arms: int, queue: str, repeat: int) -> ShiftReport:
        shift, seeds = Shift(arms, traces.hz), resampled(traces.seeds, repeat)
        traced = [TracedArm(n, traces, seeds, shift, self.reset_s) for n in range(arms)]
        operator = FleetOperator(queue_named(queue), traces.hz, seed=repeat)
        Fleet(traced, operator, shift).run(round(self.minutes * 60 * traces.hz))
        return shift.report(queue, operator.switches)

    def _row(self, reports: Sequence[ShiftReport], base: Sequence[float]) -> dict[str, Any]:
        """Means over the repeats, and the interval of what the goal is about."""
        row: dict[str, Any] = {"queue": reports[0].queue, "arms": reports[0].arms}
        for field in fields(ShiftReport):
            if field.name in row:
                continue
            values = [getattr(report, field.name) for report in reports]
            known = [value for value in values if value is not None]
            row[field.name] = round(float(np.mean(known)), 4) if known else None
        rates = [report.successes_per_minute or 0.0 for report in reports]
        times = [rate / watched for rate, watched in zip(rates, base, strict=True)]
        row["successes_per_minute95"] = interval(rates)
        row["times_watched"], row["times_watched95"] = (
            round(float(np.mean(times)), 2),
            interval(times),
        )
        return {**row, "repeats": len(reports), **circumstances()}


def interval(values: Sequence[float]) -> list[float]:
    """Student's 95 % interval of a mean over repeats."""
    mean, n = float(np.mean(values)), len(values)
    half = float(student.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    return [round(mean - half, 2), round(mean + half, 2)]


def _shown(value: Any) -> Any:
    return round(value, 2) if isinstance(value, float) else value


def main(arguments: Sequence[str] | None = None) -> None:
    """Record or simulate."""
    chosen = tyro.extras.subcommand_cli_from_dict(
        {"record": Record, "curve": Curve}, description=__doc__, args=arguments
    )
    chosen.run()


if __name__ == "__main__":
    main()
