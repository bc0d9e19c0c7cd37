"""This program draws success without help against the seconds that the operator drove.

    python -m benchmarks.success_by_seconds

It reads the rows of the releases, `results/success_release.jsonl` for demonstrations alone and
`results/generated.jsonl` for those with generated ones, and writes `docs/success-by-seconds.png`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.rows import read_rows
from sidestick.policies.statistics.rates import Rate

RESULTS = Path(__file__).parent / "results"
OUT = Path(__file__).parents[1] / "docs" / "success-by-seconds.png"
ALONE, WITH = "demonstrations alone", "with generated ones"
LOOKS = {ALONE: ("o", "#7a7a7a"), WITH: ("D", "#0072b2")}


def main() -> None:
    """Draw ShelfPick's trainings, each with the interval of its episodes."""
    figure = Figure(figsize=(7.0, 3.4), dpi=130, layout="constrained")
    canvas, axes = FigureCanvasAgg(figure), figure.add_subplot()
    alone = [row for row in read_rows(RESULTS / "success_release.jsonl") if _is_shelf(row)]
    generated = [
        row for row in read_rows(RESULTS / "generated.jsonl")
        if row["task"] == "ShelfPick" and not row["env_kwargs"] and row["release"]
        and row["operator"] == "simulated" and row["vision"] == "keypoints"
    ]  # fmt: skip
    for label, rows in ((ALONE, alone), (WITH, generated)):
        _draw(axes, rows, label)
    axes.set(xscale="log", xlabel="seconds that the operator drove", ylim=(0, 102))
    axes.set_ylabel("ShelfPick solved without help, %")
    ticks = (10, 20, 60, 160, 330)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    canvas.print_png(OUT)
    print(OUT.name, f"{len(alone)} and {len(generated)} trainings")


def _is_shelf(row: Mapping[str, Any]) -> bool:
    """Whether a row is of the plain policy of ShelfPick, on a release's seeds."""
    kind = row.get("folder"), row["vision"], row["head"]
    return kind == ("ShelfPick", "keypoints", "bc") and bool(row.get("release"))


def _draw(axes: Axes, rows: list[dict[str, Any]], label: str) -> None:
    marker, colour = LOOKS[label]
    for number, row in enumerate(rows):
        rate = Rate(row["successes"], row["episodes"])
        low, high = (100 * end for end in rate.interval95)
        x = row["driven_s"] * 1.02 ** (number % 3 - 1)  # so that they do not hide each other
        axes.plot([x, x], [low, high], color=colour, alpha=0.5)
        name = label if number == 0 else None
        axes.plot(x, 100 * rate.value, marker, color=colour, label=name, ls="none")


if __name__ == "__main__":
    main()
