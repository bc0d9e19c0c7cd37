"""All colours are defined here: Okabe and Ito's, distinct for any colour vision, on near-black.

`python -m benchmarks.colour_blindness` measures how distinct.
"""

from ...datasets.step import Driver
from ..session.driver_styles import DRIVER_STYLES

Colour = tuple[int, int, int]

BACKGROUND: Colour = (13, 17, 22)
PANEL: Colour = (24, 30, 38)
STRIP: Colour = (10, 13, 17)
RAISED: Colour = (46, 56, 68)
TEXT: Colour = (238, 242, 246)
DIM: Colour = (163, 175, 188)
FAINT: Colour = (94, 107, 122)
"""Outlines: three times as light or dark as the panel."""

ORANGE: Colour = DRIVER_STYLES[Driver.POLICY].colour
SKY: Colour = DRIVER_STYLES[Driver.HUMAN].colour
GREEN: Colour = (0, 158, 115)
MINT: Colour = (38, 205, 158)
YELLOW: Colour = (240, 228, 66)
VERMILION: Colour = (200, 70, 10)
"""Darker than Okabe and Ito's, which deuteranopes take for the policy's orange."""
PINK: Colour = DRIVER_STYLES[Driver.BLEND].colour

STRIP_ALPHA = 222


def readable_on(colour: Colour) -> Colour:
    """Black or white text, whichever stands out more."""
    red, green, blue = colour
    return (8, 10, 12) if 0.3 * red + 0.59 * green + 0.11 * blue > 105 else (255, 255, 255)
