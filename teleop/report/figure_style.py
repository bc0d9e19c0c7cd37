"""All figures of the report share this style: Okabe and Ito's colours, markers, text as text.

`panel` gives axes in the style, `to_svg` makes them an inline SVG element.
"""

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ...datasets.files.plain_text import plain_text
from ...datasets.step import Driver
from ...policies.base.provenance import ProvenanceKind
from ...policies.statistics.intervals import Interval
from ..session.driver_styles import DRIVER_STYLES

INK = "#1d2733"
MUTED = "#5b6876"
LINE = "#d5dbe1"
HUMAN = DRIVER_STYLES[Driver.HUMAN].hex
POLICY = DRIVER_STYLES[Driver.POLICY].hex
"""Drivers have the colours of the windows: sky for the human, orange for the policy."""

FIGURE_WIDTH_IN = 4.4
"""About a phone's width at 72 points an inch, where labels then keep their size."""

STYLE: Any = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 10.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "hatch.linewidth": 0.8,
}
"""Matplotlib's settings; untyped, because their type differs between its versions."""


@dataclass(frozen=True)
class SeriesStyle:
    """How one kind is drawn, never told apart by colour alone."""

    colour: str
    """Fill, from Okabe and Ito's palette."""
    marker: str
    """Matplotlib's name of the point's shape."""
    symbol: str
    """The same shape as a character, for tables."""
    hatch: str
    """Pattern of its bars."""


MARKS = {
    ProvenanceKind.DEMONSTRATIONS: SeriesStyle("#000000", "o", "●", ""),
    ProvenanceKind.CORRECTIONS: SeriesStyle("#d55e00", "s", "■", "////"),
    ProvenanceKind.PRACTICE: SeriesStyle("#009e73", "^", "▲", "...."),
    ProvenanceKind.NUDGE: SeriesStyle("#0072b2", "P", "✚", "xx"),
    ProvenanceKind.ELSEWHERE: SeriesStyle("#cc79a7", "D", "◆", "oo"),
}


@contextmanager
def panel(height_in: float) -> Iterator[tuple[Figure, Axes]]:
    """Give a figure with one set of axes in the report's style, without pyplot."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(FIGURE_WIDTH_IN, height_in), layout="constrained")
        FigureCanvasSVG(figure)
        yield figure, figure.add_subplot()


def to_svg(figure: Figure, name: str, label: str) -> Markup:
    """The figure as an inline SVG element, its ids led by `name`; screen readers speak `label`."""
    buffer = io.StringIO()
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # the browser's fonts have more letters
        figure.savefig(
            buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    svg = plain_text(buffer.getvalue())
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    opening = f'<svg role="img" aria-label="{Markup.escape(plain_text(label))}"'
    return Markup(svg.replace("<svg", opening, 1))


def percent_axis(axes: Axes, label: str, top: float = 1.0) -> None:
    """Draw the vertical axis as per cent from 0 to `top`, with grid lines."""
    axes.set_ylim(0, top)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value * 100:.0f} %")
    axes.set_ylabel(label)
    axes.grid(axis="y")


def error_bars(intervals: Sequence[Interval]) -> NDArray[np.float64]:
    """Lengths of N error bars below and above their values, [2, N], as matplotlib takes them."""
    return np.array(
        [[i.value - i.low for i in intervals], [i.high - i.value for i in intervals]]
    ).clip(min=0)
