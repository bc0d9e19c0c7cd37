"""`sources_of` reads what demonstrations did with objects, or says why none can be repeated."""

from collections import Counter
from collections.abc import Sequence

from ...datasets.episode import Episode
from ...datasets.journal_recovery import EPISODE
from ...datasets.judgements.exclusion import used_episodes
from ...datasets.judgements.judgement_state import TrainingSelection
from ...datasets.judgements.judgements import Judgements
from ...datasets.summary import EpisodeSummary
from ...datasets.workspace import Workspace
from ...sim_envs.errors import BadValue, DamagedFile
from .generating_operator import NAME
from .handling import Handling, handlings_of


def sources_of(workspace: Workspace, names: Sequence[str] | None = None) -> list[Handling]:
    """What successful demonstrations did with objects; of these episodes only, where named.

    Generated ones are no sources unless they are named. BadValue, with what is wrong with how many
    episodes, where there is nothing to repeat.
    """
    summaries = used_episodes(workspace)
    chosen = TrainingSelection.of(Judgements(workspace.db_path), summaries)
    found: list[Handling] = []
    unfit: Counter[str] = Counter()
    for summary in summaries:
        if names is not None and summary.id not in names:
            continue
        solved = chosen.includes(summary, summary.success) and summary.complete
        why = _unfit(workspace, summary, solved, named=names is not None)
        if not why:
            try:
                handlings = handlings_of(_with_states(summary))
            except DamagedFile:
                why, handlings = "damaged", []
            why = why or ("" if handlings else "of which nothing was held and put where it belongs")
            found += handlings
        if why:
            unfit[why] += 1
    if not found:
        if names is None:  # what cannot be read at all is not among the summaries
            unfit["damaged"] += _unreadable(workspace)
        raise _nothing(unfit)
    return found


def _nothing(unfit: Counter[str]) -> BadValue:
    """The error that says what is wrong with how many episodes."""
    listed = ", ".join(f"{count} {why}" for why, count in unfit.most_common() if count)
    return BadValue(
        "demonstrations to repeat",
        "one of this simulator that succeeded; record it with `sidestick drive`",
        f"none among {sum(unfit.values())} episodes" + (f": {listed}" if listed else ""),
    )


def _unreadable(workspace: Workspace) -> int:
    """How many episode files cannot be read."""
    readable = {summary.path for summary in workspace.summaries()}
    return len(set(workspace.episodes_dir.glob(f"[!.]*{EPISODE}")) - readable)


def _unfit(workspace: Workspace, summary: EpisodeSummary, solved: bool, named: bool) -> str:
    """Why an episode cannot be repeated; empty where it can."""
    if summary.header.operator == NAME and not named:
        return "generated themselves"
    if not solved:
        return "that did not succeed"
    if summary.header.task != workspace.config.task:
        return f"of the task {summary.header.task}"
    if summary.path is None or summary.header.seed < 0:
        return "without a seed that makes its scene, as another tool's"
    return ""


def _with_states(summary: EpisodeSummary) -> Episode:
    """The episode, without its images; DamagedFile where its states are missing."""
    assert summary.path is not None
    episode = Episode.read(summary.path, images=False)
    if not episode.states.any():
        raise DamagedFile(f"{summary.path}: no states")
    return episode


def corrections_of(handlings: Sequence[Handling]) -> list[Handling]:
    """Those that a person took over for; BadValue where there is none."""
    found = [handling for handling in handlings if handling.failed is not None]
    if not found:
        raise BadValue(
            "corrections to repeat",
            "a takeover in an episode that succeeded, in which the operator picked an object up; "
            "record it with `sidestick drive --level supervised`",
            f"none among {len(handlings)} handlings",
        )
    return found
