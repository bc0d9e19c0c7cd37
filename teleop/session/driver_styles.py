"""`DRIVER_STYLES` gives each driver its name, banner and colour in windows, videos and report."""

from collections.abc import Mapping
from dataclasses import dataclass

from ...datasets.step import Driver


@dataclass(frozen=True)
class DriverStyle:
    """How a driver is shown."""

    name: str
    """In running text, e.g. `policy`."""
    banner: str
    """In capitals over a picture; format it with `operator` and the verb's ending `s`."""
    colour: tuple[int, int, int]
    """Red, green and blue, 0 to 255; of Okabe and Ito, for any colour vision."""
    striped: bool
    """Whether the border of a video carries stripes, for viewers who cannot tell the colours."""

    @property
    def hex(self) -> str:
        """The colour as HTML writes it, e.g. `#56b4e9`."""
        return "#{:02x}{:02x}{:02x}".format(*self.colour)


DRIVER_STYLES: Mapping[Driver, DriverStyle] = {
    Driver.POLICY: DriverStyle("policy", "THE POLICY DRIVES", (230, 159, 0), False),
    Driver.HUMAN: DriverStyle("human", "{operator} DRIVE{s}", (86, 180, 233), True),
    Driver.BLEND: DriverStyle("both", "TOGETHER", (204, 121, 167), True),
    Driver.NOBODY: DriverStyle("nobody", "THE ARM RESTS", (84, 96, 110), False),
}
