"""This program says what many hours, arms and machines would need, from what was measured.

    python -m benchmarks.scale_estimate           # says whether docs/scale.md agrees; exit code 1
    python -m benchmarks.scale_estimate --write   # brings it up to date

Nothing here is measured: each number is a product of figures in `results/`, and the row names them.
"""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from benchmarks.figure import RESULTS
from benchmarks.rows import read_rows
from sidestick.policies.engines.memory import WORKER_MIB
from sidestick.sim_envs.spaces import CONTROL_HZ

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
TABLE = re.compile(r"(<!-- estimate: (\w+) -->\n).*?(<!-- end of estimate -->)", re.S)
HOURS, ARMS, MACHINES, CORES, EPISODES = 1000, 1000, 64, 8, 100_000
KIB, MIB, GIB = 2**10, 2**20, 2**30
HOUR_S, DAY_S = 3600, 86_400


@dataclass(frozen=True)
class Measured:
    """What the benchmarks found."""

    stages: dict[str, Any]
    """`benchmarks.stage_costs`."""
    evaluation: dict[str, Any]
    """`benchmarks.evaluation_cost`."""
    traffic: dict[str, Any]
    """`benchmarks.job_traffic`."""
    many: dict[str, Any]
    """`benchmarks.scale` at 10,000 episodes; of 1,000 what was not measured there."""

    @classmethod
    def read(cls) -> "Measured":
        """From the results."""
        found = [
            json.loads((RESULTS / f"{name}.json").read_text())
            for name in ("stage_costs", "evaluation_cost", "job_traffic")
        ]
        rows = [row for row in read_rows(RESULTS / "scale.jsonl") if "first_listing" in row]
        merged: dict[str, Any] = {}
        for row in sorted(rows, key=lambda row: int(row["episodes"])):
            for name in ("first_listing", "read_for_training"):
                if name in row:
                    merged[name] = row[name]["cpu_s"] / row["episodes"]
                    merged[f"{name}_steps"] = row["steps"] / row["episodes"]
        return cls(*found, merged)

    @property
    def episode_s(self) -> float:
        """An episode's length, seconds of the arm."""
        return float(self.stages["steps_an_episode"]) / CONTROL_HZ


Rows = list[tuple[str, str, str]]
"""What, how much, and from what."""


def hours(found: Measured) -> Rows:
    """So many hours of driving in one workspace."""
    episodes = HOURS * HOUR_S / found.episode_s
    steps = HOURS * HOUR_S * CONTROL_HZ
    stages, many = found.stages, found.many
    reading = many["read_for_training"] / many["read_for_training_steps"] * steps
    return [
        ("episodes; steps", f"{episodes:,.0f}; {steps:,}", f"{found.episode_s:.1f} s an episode"),
        ("disk", f"{stages['bytes_a_step'] * steps / GIB:,.0f} GiB",
         f"{stages['bytes_a_step']:,} bytes a step"),
        ("`check`", _cpu(stages["check"]["s_an_episode"] * episodes),
         f"{stages['check']['s_an_episode']} CPU-s an episode"),
        ("first listing, once", _cpu(many["first_listing"] * episodes),
         "`benchmarks.scale` at 10,000 episodes"),
        ("reading all steps for a training", _cpu(reading),
         "`benchmarks.scale` at 1,000 episodes, by steps"),
        ("a training on keypoints", _cpu(stages["train"]["s_an_episode"] * episodes),
         f"{stages['train']['s_an_episode']} CPU-s an episode, all of it by episodes"),
        ("as many hours by `generate`", _cpu(stages["generate"]["s_an_episode"] * episodes),
         f"{stages['generate']['s_an_episode']} CPU-s an episode"),
    ]  # fmt: skip


def arms(found: Measured) -> Rows:
    """So many arms that record at the same time."""
    rate = found.stages["bytes_a_step"] * CONTROL_HZ * ARMS
    networks = found.evaluation["parts_s_an_episode"]["networks"]
    whole = found.evaluation["cpu_s_an_episode"]
    length = found.evaluation["steps_an_episode"] / CONTROL_HZ
    return [
        ("network and disk, all together", f"{rate / MIB:,.0f} MiB/s",
         f"{found.stages['bytes_a_step']:,} bytes a step, {CONTROL_HZ} steps a second"),
        ("disk for a day", f"{rate * DAY_S / GIB / 1024:.1f} TiB", "the same"),
        ("cores for the policies", f"{networks / length * ARMS:.0f}",
         f"{networks} CPU-s of networks an episode of {length:.1f} s"),
        ("cores to simulate them in real time", f"{whole / length * ARMS:.0f}",
         f"{whole} CPU-s an evaluated episode"),
    ]  # fmt: skip


def machines(found: Measured) -> Rows:
    """So many machines that evaluate one policy."""
    workers, whole = MACHINES * CORES, found.evaluation["cpu_s_an_episode"]
    rate, traffic = workers / whole, found.traffic
    cpu_ms, ray_ms = traffic["kept_too"]["cpu_ms_a_job"], traffic["ray"]["cpu_ms_a_job"]
    size = traffic["bytes_out"] + traffic["bytes_home"]
    episode = found.stages["mib_an_episode"]
    return [
        ("workers; memory of a machine", f"{workers}; {CORES * WORKER_MIB / 1024:.1f} GiB",
         f"{CORES} cores each, {WORKER_MIB} MiB a worker"),
        (f"{EPISODES:,} episodes", f"{EPISODES / rate:,.0f} s",
         f"{whole} CPU-s an episode, nothing else lost"),
        ("jobs a second; cores to give them out and keep their results",
         f"{rate:,.0f}; {rate * cpu_ms / 1000:.2f}", f"{cpu_ms} CPU-ms a job, without Ray's own"),
        ("cores for Ray's own part in the driver", f"{rate * ray_ms / 1000:.2f}",
         f"{ray_ms} CPU-ms a job that does nothing, the crew in it"),
        ("network of the driver: outcomes alone; every episode recorded",
         f"{rate * size / KIB:,.0f} KiB/s; {rate * episode:,.0f} MiB/s",
         f"{size:,} bytes a job; {episode} MiB an episode"),
        ("the same, by a policy's weights", f"{found.evaluation['policy_mib'] * MACHINES:.0f} MiB",
         f"{found.evaluation['policy_mib']} MiB, once a machine"),
    ]  # fmt: skip


ESTIMATES = {"hours": hours, "arms": arms, "machines": machines}


def written(page: str, found: Measured) -> str:
    """The page with its tables as they follow from the results."""

    def table(match: re.Match[str]) -> str:
        lines = [" | ".join(("", *row, "")).strip() for row in ESTIMATES[match[2]](found)]
        head = "| what | needs | from |\n| --- | --- | --- |\n"
        return match[1] + head + "\n".join(lines) + "\n" + match[3]

    return TABLE.sub(table, page)


def _cpu(seconds: float) -> str:
    return f"{seconds / HOUR_S:,.1f} CPU-hours" if seconds >= HOUR_S else f"{seconds:,.0f} CPU-s"


@dataclass(frozen=True)
class Options:
    """What to do."""

    write: bool = False
    """Write the page; else only say whether it is up to date."""


def main() -> int:
    """Write the page, or compare."""
    options, page = tyro.cli(Options, description=__doc__), PAGE.read_text()
    made = written(page, Measured.read())
    if options.write:
        PAGE.write_text(made)
    elif made != page:
        print("docs/scale.md differs; python -m benchmarks.scale_estimate --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
