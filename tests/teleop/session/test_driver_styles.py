"""These tests keep the styles of drivers apart, and equal to those of the report's figures."""

import pytest

from sidestick.datasets.step import Driver
from sidestick.teleop.report.figure_style import HUMAN, POLICY
from sidestick.teleop.session.driver_styles import DRIVER_STYLES


@pytest.mark.parametrize("driver", Driver)
def test_every_driver_has_a_name_and_a_colour_of_its_own(driver: Driver) -> None:
    """No two drivers share a name or a colour."""
    style = DRIVER_STYLES[driver]
    others = [DRIVER_STYLES[other] for other in Driver if other is not driver]
    assert style.name not in {other.name for other in others}
    assert style.colour not in {other.colour for other in others}


def test_figures_have_the_colours_of_the_windows() -> None:
    """Okabe and Ito's sky blue for the human, their orange for the policy."""
    assert (HUMAN, POLICY) == ("#56b4e9", "#e69f00")
    assert "{operator}" in DRIVER_STYLES[Driver.HUMAN].banner
