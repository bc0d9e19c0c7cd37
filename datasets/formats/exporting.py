"""`Exporting` hands episodes to a writer as people judge them, and counts what they changed.

What `sidestick check` would call damaged is named and left out.
"""

from collections.abc import Mapping
from pathlib import Path

from ...sim_envs.errors import BadValue, DamagedFile
from ..checking.check import Problem, checked
from ..checking.fit import goals_of
from ..judgements.judged_episode import judged
from ..judgements.judgement_state import ResolvedJudgements, resolved_by_episode
from ..judgements.judgements import Judgements
from ..summary import EpisodeSummary
from ..workspace import Workspace
from .transfer import ExportOptions, Writer

BAD = (
    "that {} steps of {} episodes were judged bad: their label in intv_labels is -10, which Sirius "
    "leaves out and other readers do not look at"
)
TRIMMED = "{} steps of {} episodes that people trimmed off"
SEEDS = "the seed of {} episodes without their first steps: they do not begin as it makes the scene"
OVERRULED = "what was recorded as success of {} episodes: people judged otherwise"
EXCLUDED = "{} episodes that people excluded"
OTHER = "people's quality, reasons, tags and stages of {} episodes"


def judgements_of(workspace: Workspace) -> dict[str, ResolvedJudgements]:
    """What people say of a workspace's episodes, by id."""
    return resolved_by_episode(Judgements(workspace.db_path))


def is_chosen(
    summary: EpisodeSummary, options: ExportOptions, states: Mapping[str, ResolvedJudgements]
) -> bool:
    """Whether an export takes an episode: not one that people excluded.

    Their verdict overrides the recorded success.
    """
    state = states.get(summary.id, ResolvedJudgements())
    verdict = state.success
    if state.excluded:
        return False
    return not options.successful or (summary.success if verdict is None else verdict)


class Exporting:
    """An export in progress."""

    def __init__(self, workspace: Workspace, writer: Writer) -> None:
        self._workspace, self._writer = workspace, writer
        self._states = judgements_of(workspace)
        self._trimmed, self._bad = list[int](), list[int]()
        self._overruled = self._others = self._begun_late = 0
        here = (self._states.get(path.stem) for path in workspace.episodes())
        self._excluded = sum(state is not None and state.excluded for state in here)
        self._goals: int | None = None
        self.skipped: list[Problem] = []
        self.episodes = self.steps = 0

    def add(self, path: Path) -> None:
        """Write an episode, or add to `skipped` why not."""
        try:
            episode = checked(path, self._workspace.config, self._goals)
            state = self._states.get(episode.summary.id, ResolvedJudgements())
            given = judged(episode, state)
        except (DamagedFile, BadValue) as error:
            self.skipped.append(Problem.of(self._workspace.path, path, error))
            return
        self._goals = goals_of(episode)
        self.steps += self._writer.add(given)
        self.episodes += 1
        dropped = sum(stop - start for start, stop in state.dropped(len(episode)))
        cut = len(episode) - len(given)
        self._trimmed += [cut] if cut else []
        self._bad += [dropped - cut] if dropped > cut else []
        self._begun_late += given.summary.header.seed != episode.summary.header.seed
        self._overruled += given.summary.success != episode.summary.success
        self._others += bool(state.quality or state.reasons or state.tags or state.stages)

    def lost(self) -> list[str]:
        """What the other format does not hold, and what people's judgements left out."""
        counted = [
            (BAD, self._bad and (sum(self._bad), len(self._bad))),
            (TRIMMED, self._trimmed and (sum(self._trimmed), len(self._trimmed))),
            (SEEDS, self._begun_late and (self._begun_late,)),
            (OVERRULED, self._overruled and (self._overruled,)),
            (EXCLUDED, self._excluded and (self._excluded,)),
            (OTHER, self._others and (self._others,)),
        ]
        return [*self._writer.lost(), *(line.format(*n) for line, n in counted if n)]
