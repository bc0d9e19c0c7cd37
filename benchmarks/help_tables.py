"""Tables of `help_requests` for docs/evidence.md, from benchmarks/results/help_requests.json.

A table stands between `<!-- help: ID -->` and `<!-- end of help -->`.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sidestick.sim_envs.errors import UnknownName

from .evidence_table import EvidenceTable

ROOT = Path(__file__).parents[1]
RESULTS, PAGE = ROOT / "benchmarks/results/help_requests.json", ROOT / "docs/evidence.md"
MARKED = re.compile(r"(<!-- help: ([\w-]+) -->\n).*?(<!-- end of help -->)", re.S)
Json = Mapping[str, Any]


def tables(found: Json) -> list[EvidenceTable]:
    """All tables of one report."""
    return [signals(found), start(found), matched(found), areas(found)]


def generated(text: str, found: Json) -> str:
    """A document's text with its tables as the results have them."""
    by_id = {table.id: table for table in tables(found)}

    def table(match: re.Match[str]) -> str:
        if match[2] not in by_id:
            raise UnknownName("table of help requests", match[2], by_id)
        return match[1] + by_id[match[2]].to_markdown() + match[3]

    return MARKED.sub(table, text)


def signals(found: Json) -> EvidenceTable:
    """Every signal in every condition, with calibrated rules."""
    rows = [
        {"condition": condition, "signal": signal, **_quality(quality), **_times(quality)}
        for condition, by_signal in found["calibrated"].items()
        for signal, quality in by_signal.items()
        if signal != "mute"
    ]
    title = (
        f"Calibrated on {found['calibration']['successes']} successes (seeds "
        f"{found['calibration']['seeds']}), seeds {found['seeds']}; medians in seconds."
    )
    return EvidenceTable("signals", title, tuple(rows[0]), rows)


def start(found: Json) -> EvidenceTable:
    """A policy without a success of its own: before, and now."""
    rows = [
        {"condition": condition, "rules": name, **_quality(found[key][condition])}
        for condition in found["start"]
        for key, name in (("earlier start", "before"), ("start", "now"))
    ]
    title = f"Uncalibrated, all signals together, seeds {found['seeds']}."
    return EvidenceTable("start", title, tuple(rows[0]), rows)


def matched(found: Json) -> EvidenceTable:
    """Each signal alone at the same share of needless requests in the calibration."""
    rows = [
        {"condition": condition, "signal": signal, **_quality(quality), **_times(quality)}
        for condition, by_signal in found["matched false alarms"].items()
        for signal, quality in by_signal.items()
        if signal not in ("all", "mute")
    ]
    title = "Each signal at the threshold that at most one in twenty successes exceeds."
    return EvidenceTable("matched", title, tuple(rows[0]), rows)


def areas(found: Json) -> EvidenceTable:
    """AUROC at early moments."""
    kinds = (("beginning", "auroc from the beginning"), ("fault", "auroc since the fault"))
    rows = []
    for name, key in kinds:
        for moment, scores in found[key].items():
            rest = {k: _area(v) for k, v in scores.items() if isinstance(v, Mapping)}
            counts = f"{scores['failed']}, {scores['succeeded']}"
            rows.append({"since the": name, "after": moment, "failed, succeeded": counts, **rest})
    title = 'AUROC of each signal for "this episode fails", by what it has reached by a moment.'
    return EvidenceTable("areas", title, tuple(rows[0]), rows)


def _quality(quality: Json) -> dict[str, str]:
    return {
        "asked, of failures": _rate(quality["recall"]),
        "needed, of requests": _rate(quality["precision"]),
        "asked, of successes": _rate(quality["false_alarms"]),
        "needless an hour": _hourly(quality["false_per_hour"]),
    }


def _times(quality: Json) -> dict[str, str]:
    return {
        "within 3 s of the fault": _rate(quality["prompt_recall"]),
        "after the fault": _median(quality["after_fault_s"]),
        "before the end": _median(quality["before_end_s"]),
    }


def _rate(rate: Json) -> str:
    if not rate["of"]:
        return ""
    low, high = (100 * limit for limit in rate["interval95"])
    return f"{round(rate['value'] * rate['of'])} of {rate['of']} [{low:.0f}-{high:.0f} %]"


def _hourly(rate: Json | None) -> str:
    if rate is None:
        return ""
    low, high = rate["interval95"]
    return f"{rate['value']:.0f} [{low:.0f}-{high:.0f}]"


def _median(value: Json | None) -> str:
    if value is None:
        return ""
    low, high = value["interval95"]
    limits = "too few" if low is None else f"{low:.1f}-{high:.1f}"
    return f"{value['value']:.1f} [{limits}]"


def _area(value: Json) -> str:
    low, high = value["interval95"]
    return f"{value['value']:.2f} [{low:.2f}-{high:.2f}]"
