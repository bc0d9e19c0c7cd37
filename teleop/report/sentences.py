"""These functions write the report's sentences and format its numbers.

`page` and `two_workspaces` call them with `ReportData`, curve points and clips.
"""

from collections.abc import Sequence
from itertools import groupby

from ...datasets.step import Driver
from ...policies.statistics.intervals import Interval
from ..session.driver_styles import DRIVER_STYLES
from .analysis import CurvePoint, PairedOutcomes, is_unseen, paired
from .episode_media import EpisodeMedia
from .records import EpisodeRow, PolicyEvaluation
from .report_data import ReportData

SPACE = "\N{NO-BREAK SPACE}"
SIGNIFICANT = 0.05
"""A change of this p value or more is not called a change."""


def percent(value: float) -> str:
    """A share as whole per cent, e.g. `54 %`."""
    return f"{value * 100:.0f}{SPACE}%"


def with_interval(interval: Interval) -> str:
    """A share with its 95 % interval, e.g. `54 % [44–63]`."""
    return f"{percent(interval.value)} [{interval.low * 100:.0f}–{interval.high * 100:.0f}]"


def points(change: float | None) -> str:
    """A change of a share in points with its sign; a dash for None."""
    if change is None:
        return "–"
    return f"{change * 100:+.0f}".replace("-", "−").replace("+0", "0").replace("−0", "0")


def minutes(value: float) -> str:
    """Minutes with one digit below ten, e.g. `4.1` and `27`."""
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def plural(count: int, noun: str) -> str:
    """A count with its noun, e.g. `1 episode`, `2 episodes`."""
    return f"{count:,}{SPACE}{noun}{'' if count == 1 else 's'}"


def first_and_last(data: ReportData) -> PairedOutcomes | None:
    """First and last evaluated policy compared; None with fewer than two or no shared seeds."""
    found = [policy.evaluation for policy in data.evaluated if policy.evaluation is not None]
    return paired(found[0], found[-1]) if len(found) > 1 else None


def headline(data: ReportData, curve: Sequence[CurvePoint]) -> str:
    """The main result in one sentence."""
    if not curve:
        return f"{plural(len(data.episodes), 'episode')} recorded; no policy was evaluated yet"
    first, last = curve[0].rate, curve[-1].rate
    if len(curve) == 1:
        return f"Success without help: {percent(last.value)}"
    if percent(first.value) == percent(last.value):
        return f"Success without help stayed at {percent(last.value)}"
    span = f"from {percent(first.value)} to {percent(last.value)}"
    if not is_clear(data, first, last):
        return f"Success without help went {span}, no clear change"
    return f"Success without help {'rose' if last.value > first.value else 'fell'} {span}"


def is_clear(data: ReportData, first: Interval, last: Interval) -> bool:
    """Whether the change is beyond chance: by the paired test, without it by the intervals."""
    test = first_and_last(data)
    if test is not None:
        return test.p_value < SIGNIFICANT
    return first.high < last.low or last.high < first.low


def subline(data: ReportData, curve: Sequence[CurvePoint]) -> str:
    """The sentence under the headline: intervals, seeds, human time."""
    if not curve:
        return "Train and evaluate a policy, then make the report again."
    ends = list(dict.fromkeys((curve[0], curve[-1])))
    rates = [with_interval(point.rate) for point in ends]
    on_seeds = [seeds(p.policy.evaluation, data.episodes) for p in ends if p.policy.evaluation]
    if len(set(on_seeds)) == 1:
        change = f"{' → '.join(rates)} on {on_seeds[0]}"
    else:
        change = " → ".join(f"{r} on {g}" for r, g in zip(rates, on_seeds, strict=True))
    time = (
        f"{minutes(curve[-1].driven_min)} minutes of driving "
        f"and {minutes(curve[-1].watched_min)} of watching "
        f"({minutes(curve[-1].attended_min)} attended, modelled)"
    )
    return f"{change}, with {time}."


def seeds(evaluation: PolicyEvaluation, episodes: Sequence[EpisodeRow]) -> str:
    """The seeds of an evaluation in words; `unseen` only where no episode shares a seed."""
    unseen = f"unseen{SPACE}" if is_unseen(evaluation, episodes) else ""
    return f"{evaluation.episodes:,}{SPACE}{unseen}seed{'' if evaluation.episodes == 1 else 's'}"


def paired_sentence(test: PairedOutcomes | None) -> str:
    """The seed-by-seed comparison of the first and the last policy; empty without one."""
    if test is None:
        return ""
    p_value = "p < 0.001" if test.p_value < 0.001 else f"p = {test.p_value:.3f}"
    return (
        f"Seed by seed on the same {test.seeds:,} scenes: the last policy solves "
        f"{test.fixed} that the first failed and fails {test.broken} that the first solved "
        f"(McNemar’s exact test, {p_value})."
    )


def clip_title(media: EpisodeMedia, role: str) -> str:
    """The title of a clip, from who drove in it."""
    if role == "correction":
        ending = "hands back" if media.drivers[-1] == Driver.POLICY else "drives to the end"
        return f"A correction: the human takes over and {ending}"
    drivers = {_name(driver) for driver in media.drivers} - {_name(Driver.NOBODY)}
    who = f"the {drivers.pop()} alone" if len(drivers) == 1 else "policy and human"
    return f"A {role}: {who}"


def _name(driver: int) -> str:
    return DRIVER_STYLES[Driver(driver)].name


def stretches(drivers: Sequence[int], hz: float) -> list[tuple[str, float, float]]:
    """Driver, start and end in s of every stretch with one driver; `drivers` is [T]."""
    runs, start = [], 0
    for driver, group in groupby(drivers):
        length = sum(1 for _ in group)
        runs.append((_name(driver), start / hz, (start + length) / hz))
        start += length
    return runs


def who_drove(media: EpisodeMedia, hz: float) -> str:
    """Who drove when, in words; more than 5 stretches are summed up."""
    runs = stretches([int(driver) for driver in media.drivers], hz)
    if len(runs) == 1:
        return f"The {runs[0][0]} drives throughout, {runs[0][2]:.1f}{SPACE}s."
    if len(runs) > 5:
        human = sum(end - start for who, start, end in runs if who == _name(Driver.HUMAN))
        count = sum(who == _name(Driver.HUMAN) for who, _, _ in runs)
        total = f"{human:.1f} of {runs[-1][2]:.1f}{SPACE}s"
        return f"The human drives {count} times, {total} in all."
    parts = [f"{who} {start:.1f}–{end:.1f}{SPACE}s" for who, start, end in runs]
    return f"Who drives: {', '.join(parts)}."


def what_to_look_at(media: EpisodeMedia, role: str, hz: float) -> str:
    """A sentence on what to look at in a clip."""
    if role == "correction":
        runs = stretches([int(driver) for driver in media.drivers], hz)
        start = next((start for who, start, _ in runs if who == _name(Driver.HUMAN)), 0.0)
        solved = "how the human puts it right"
        ending = solved if media.success else "why even the human could not save it"
        return (
            f"Look at {start:.1f}{SPACE}s, where the border turns blue and striped: "
            f"what the policy was about to do, and {ending}."
        )
    if role == "failure":
        return f"{_last_stage(media, hz)} Look at where the end effector stops getting closer."
    return "Look at the wrist camera as the gripper closes: the item is between the fingers."


def _last_stage(media: EpisodeMedia, hz: float) -> str:
    if not media.stages:
        return "It ended without success."
    last = media.stages[-1]
    start = len(media.stages) - 1
    while start and media.stages[start - 1] == last:
        start -= 1
    return f"It got no further than “{last}”, reached at {start / hz:.1f}{SPACE}s."
