"""These functions draw what generation solved and what not, by place and by stage.

`page.figures` gets it as SVG; `sidestick generate` writes it as a picture into the workspace.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..generation.scenes import CELL_M, TriedScene, regions
from .figure_style import INK, panel, to_svg

CM = 100.0
FAILED = "#d55e00"
PICTURE = "generation.png"
DPI = 120


def draw_generation(scenes: Sequence[TriedScene]) -> Markup:
    """Draw the scenes on the table, by the first object, over the yield of each region."""
    with panel(height_in=3.6) as (figure, axes):
        _draw(figure, axes, scenes)
        solved = sum(scene.solved for scene in scenes)
        return to_svg(figure, "generation", f"Generated: {solved} of {len(scenes)} scenes")


def write_generation(scenes: Sequence[TriedScene], folder: Path) -> Path:
    """Write the same as a picture into a folder; returns the file."""
    with panel(height_in=3.6) as (figure, axes):
        _draw(figure, axes, scenes)
        FigureCanvasAgg(figure)
        path = folder / PICTURE
        figure.savefig(path, dpi=DPI)
    return path


def _draw(figure: Figure, axes: Axes, scenes: Sequence[TriedScene]) -> None:
    for region in regions(scenes):
        x, y = (cell * CELL_M * CM for cell in region.cell)
        across = CELL_M * CM
        axes.fill(
            [y, y + across, y + across, y],
            [x, x, x + across, x + across],
            color=str(0.55 + 0.43 * region.share),
            lw=0,
        )
        words = f"{region.solved}/{region.scenes}"
        axes.text(y + across / 2, x, words, ha="center", va="bottom", color=INK)
    places = np.array([scene.place for scene in scenes]).reshape(-1, 2) * CM
    solved = np.array([scene.solved for scene in scenes], bool)
    stages = Counter(scene.stage for scene in scenes if not scene.solved)
    ends = ", ".join(f"{stage} {times}" for stage, times in stages.most_common())
    failed = f"not solved, ended at: {ends}" if ends else "not solved: none"
    for rows, marker, colour, label in (
        (solved, "o", "#0072b2", "solved"),
        (~solved, "x", FAILED, failed),
    ):
        x, y = places[rows].T
        axes.plot(y, x, marker, color=colour, ms=4, mfc="none", label=label)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel("left of the base, cm")
    axes.set_ylabel("ahead of the base, cm")
    axes.set_title("Generated, by the first object's place")
    figure.legend(loc="outside lower left", ncols=2, title="darker: fewer solved")
