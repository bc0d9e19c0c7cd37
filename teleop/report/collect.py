"""`collect` reads all that the report shows from a workspace, as `ReportData`; writes nothing."""

import platform
import shlex
import time
from collections.abc import Sequence
from importlib.metadata import version

from ...datasets.checking.check import Problem
from ...datasets.checking.content_check import episode_problems
from ...datasets.database import Database
from ...datasets.effort_ledger import effort_entries
from ...datasets.episode import Episode
from ...datasets.files.plain_text import plain_text
from ...datasets.journal_recovery import EPISODE
from ...datasets.judgements.exclusion import excluded_episodes
from ...datasets.judgements.judgement_state import resolved_by_episode
from ...datasets.judgements.judgements import Judgements
from ...datasets.summary import EpisodeSummary
from ...datasets.workspace import Workspace
from ...policies.store import PolicyStore
from ...sim_envs.errors import DamagedFile, MissingExtra, SidestickError
from ..evaluation.pair_ranking import RankedPolicy, policy_ranking
from ..evaluation.seeds import RELEASE
from ..generation.scenes import read_scenes
from ..learning.sweep import read_sweeps
from .episode_media import choose, kind_of
from .policy_lineage import read_policies, stage_names
from .recorded_events import read_comparisons, read_events, read_judged
from .records import EpisodeRow, PolicyRow, WorkspaceSetting
from .report_data import ReportData
from .step_statistics import read_step_statistics

LIBRARIES = ("sidestick", "torch", "pybullet", "numpy")


def collect(workspace: Workspace, commands: Sequence[str] = (), made_by: str = "") -> ReportData:
    """Read what the page shows; `commands` made the workspace and come first in the footer.

    `made_by` is the command that makes the page, and comes last.
    """
    summaries, odd = _sound(workspace)
    database = Database(workspace.db_path)
    evaluations = database.evaluations()
    if not summaries and not evaluations:
        raise SidestickError(
            f"{workspace.path} holds no episodes and no evaluations, so there is nothing to "
            "report; `sidestick drive` or `sidestick quickstart` records some"
        )
    policies, notes = read_policies(workspace.policies_dir, evaluations, summaries)
    resolved = resolved_by_episode(Judgements(workspace.db_path))
    ranking, unranked = _ranking(workspace)
    return ReportData(
        setting=_setting(workspace, stage_names(summaries)),
        policies=policies,
        driver=_driver(workspace) if policies else "",
        efforts=tuple(effort_entries(workspace)),
        episodes=tuple(_row(summary) for summary in summaries),
        **choose(summaries),
        events=read_events(database),
        step_statistics=read_step_statistics(summaries, resolved),
        judged=read_judged(summaries, resolved),
        scenes=tuple(read_scenes(database)),
        comparisons=read_comparisons(database),
        ranking=ranking,
        sweeps=tuple(read_sweeps(database)),
        commands=(*commands, *_commands(workspace, policies, made_by)),
        notes=(*_episode_notes(workspace, summaries, odd), *notes, *unranked),
    )


def _driver(workspace: Workspace) -> str:
    """Which policy drives unasked, and why; or why none does."""
    try:
        return PolicyStore(workspace.policies_dir).choose().label
    except SidestickError as error:
        return str(error)


def _ranking(workspace: Workspace) -> tuple[tuple[RankedPolicy, ...], list[str]]:
    """The policies by blind pairs, and a note where they cannot be ranked."""
    try:
        return tuple(policy_ranking(workspace)), []
    except MissingExtra as error:
        return (), [f"Blind pairs were answered, and the policies are not ranked: {error}."]


def _setting(workspace: Workspace, stages: tuple[str, ...]) -> WorkspaceSetting:
    config = workspace.config
    versions = [(name, version(name)) for name in LIBRARIES]
    return WorkspaceSetting(
        workspace=plain_text(str(workspace.path)),
        task=config.task,
        variant=", ".join(f"{key}={value}" for key, value in config.env_kwargs.items()),
        renderer=config.renderer,
        cameras=config.cameras,
        image_size=config.image_size,
        control_hz=config.control_hz,
        stages=stages,
        versions=(*versions, ("Python", platform.python_version())),
        created=time.time(),
    )


def _row(summary: EpisodeSummary) -> EpisodeRow:
    return EpisodeRow(
        name=summary.id,
        kind=kind_of(summary),
        started=summary.header.started,
        seed=summary.header.seed,
        goal=summary.header.goal,
        operator=summary.header.operator,
        success=summary.success,
        takeovers=summary.takeovers,
        steps_human=summary.human_steps,
        steps_policy=summary.policy_steps,
    )


def _sound(workspace: Workspace) -> tuple[list[EpisodeSummary], list[Problem]]:
    """The episodes whose numbers mean something, and what is wrong with each other one."""
    sound: list[EpisodeSummary] = []
    odd: list[Problem] = []
    for summary in workspace.summaries():
        assert summary.path is not None  # it was read from a file
        try:
            episode = Episode.read(summary.path, images=False)
            if problem := next(episode_problems(episode), None):
                raise DamagedFile(problem)
        except DamagedFile as error:
            odd.append(Problem.of(workspace.path, summary.path, error))
        else:
            sound.append(summary)
    return sound, odd


def _episode_notes(
    workspace: Workspace, summaries: Sequence[EpisodeSummary], odd: Sequence[Problem]
) -> list[str]:
    notes = [f"Left out: {problem.file}: {problem.reason}." for problem in odd]
    readable = {summary.path for summary in workspace.summaries()}
    damaged = sorted(
        plain_text(path.name)
        for path in workspace.episodes_dir.glob(f"[!.]*{EPISODE}")
        if path not in readable
    )
    if damaged:
        notes.append(f"Damaged episode files, left out: {', '.join(damaged)}.")
    broken_off = sum(not summary.complete for summary in summaries)
    if broken_off:
        notes.append(f"Episodes that broke off and were recovered, counted in: {broken_off}.")
    out = excluded_episodes(workspace)
    if excluded := sum(summary.id in out for summary in summaries):
        notes.append(f"Episodes that people excluded from training and exports: {excluded}.")
    unknown = sum(not summary.success_known for summary in summaries)
    if unknown:
        notes.append(
            f"Episodes of which nobody recorded whether they succeeded, counted as not "
            f"successful until `sidestick review` judges them: {unknown}."
        )
    return notes


def _commands(workspace: Workspace, policies: Sequence[PolicyRow], made_by: str) -> list[str]:
    where = shlex.quote(str(workspace.path))
    evaluated = [policy for policy in policies if policy.evaluation is not None]
    lines = []
    for policy in dict.fromkeys((*evaluated[:1], *evaluated[-1:])):
        evaluation = policy.evaluation
        if evaluation is not None:
            release = " --release" if evaluation.first_seed in RELEASE else ""
            lines.append(
                f"sidestick evaluate {where} --policy {shlex.quote(policy.name)} "
                f"--episodes {evaluation.episodes} --first-seed {evaluation.first_seed}{release} "
                "--json"
            )
    return [*lines, f"sidestick check {where} --json", made_by or f"sidestick report {where}"]
