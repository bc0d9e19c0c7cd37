"""`station_options` are the options of a session at the window, from those of `sidestick drive`."""

from typing import Any

from ...datasets.step import Level
from ..devices.operators import PERSON, SIMULATED, window_device
from ..devices.settings import operator_name
from ..evaluation.seeds import Seeds
from ..station.options import StationOptions
from ..station.run import tutorial_wanted
from .picture_size import parse_size


def station_options(drive: Any, seeds: Seeds, level: Level) -> StationOptions:
    """The options of a session at this level, on these seeds; `drive` is the verb."""
    return StationOptions(
        first_seed=seeds.first,
        failures=tuple(seeds.failures),
        failed=seeds.failed,
        episodes=drive.episodes,
        follows=drive.policy is None,
        operator=drive.operator or operator_name(),
        simulated=drive.driver == SIMULATED,
        device=window_device(drive.driver, level),
        sound=drive.sound,
        voice=drive.voice,
        view=drive.view,
        aids=drive.aids,
        learns=drive.learn,
        latch=drive.clutch == "latch",
        size=parse_size(drive.size),
        tutorial=drive.lesson or (tutorial_wanted() and drive.driver == PERSON),
        calls=drive.help_rules(),
        audited=drive.audited,
    )
