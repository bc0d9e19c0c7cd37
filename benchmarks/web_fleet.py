"""How fast a fleet goes that is driven in a browser, for `benchmarks.web fleet`.

The driver goes to the next caller with START, holds the clutch and pushes the stick for some
seconds, and lets go, as fast as the arms ask.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rows import circumstances
from benchmarks.web_served import percentiles, served
from sidestick.datasets.workspace import Workspace
from sidestick.policies.store import PolicyStore
from sidestick.teleop.fleet.opening import FleetOptions
from sidestick.teleop.fleet.queues import FIRST_COME, queue_named
from sidestick.teleop.fleet.window.fleet_loop import FleetLoop, FleetTerms
from sidestick.teleop.fleet.window.run import run_window
from sidestick.teleop.station.options import StationOptions
from sidestick.teleop.web.access import Access
from sidestick.teleop.web.driving.seat import OpenOutlet


class ArmRates:
    """Notes the control rate of every arm while it ticks."""

    def __init__(self) -> None:
        self._seen: dict[int, list[float]] = {}
        self._loop: FleetLoop | None = None

    def __call__(self, fleet: FleetLoop) -> None:
        """Note how it is after a step of the loop."""
        self._loop = fleet
        for seat in fleet.seats:
            if not np.isnan(seat.loop.meter.hz):
                self._seen.setdefault(seat.number, []).append(seat.loop.meter.hz)

    def figures(self) -> dict[str, Any]:
        """Rate, share of late ticks and ticks of each arm, and frames a second."""
        assert self._loop is not None
        meters = [seat.loop.meter for seat in self._loop.seats]
        rates = [float(np.median(seen)) for _, seen in sorted(self._seen.items())]
        return {
            "hz": [round(rate, 1) for rate in rates],
            "late_share": [round(meter.late_share, 4) for meter in meters],
            "ticks": [meter.ticks for meter in meters],
            "frames_drawn_per_s": round(self._loop.frames_a_second, 1),
        }


def serve_arms(workspace: Path, arms: int, seconds: float) -> dict[str, Any]:
    """Drive a fleet of a copy of this workspace in a browser without a screen."""
    rates, access = ArmRates(), Access()
    with tempfile.TemporaryDirectory() as folder:
        copied = Workspace.open(Path(shutil.copytree(workspace, Path(folder) / "ws")))
        policy = PolicyStore(copied.policies_dir).choose(None).policy_id

        def run(operator: str, open_outlet: OpenOutlet) -> object:
            return run_window(
                copied,
                policy,
                FleetOptions(arms, follows=False),
                FleetTerms(queue_named(FIRST_COME)),
                StationOptions(first_seed=30_000, operator=operator, sound=False),
                FIRST_COME,
                rates,
                open_outlet=open_outlet,
            )

        with served(copied, access, run) as (url, _):
            command = [sys.executable, "-m", "benchmarks.web_client", "fleet", url]
            done = subprocess.run(
                [*command, access.invite("owner"), str(seconds)],
                stdout=subprocess.PIPE, text=True, check=True,
            )  # fmt: skip
        seen = json.loads(done.stdout)
    return {
        "arms": arms,
        **rates.figures(),
        "answers": seen["answers"],
        "round_trip_ms": percentiles(seen["trips_ms"]),
        "pictures_per_s": round(seen["pictures_per_s"], 1),
        "kb_per_s": round(seen["kb_per_s"], 1),
        **circumstances(),
    }
