"""This module lists the formats and runs `export` and `import_into`, for the command line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from ...sim_envs.errors import FormatError, UnknownName, WorkspaceError
from ..checking.check import Problem
from ..config import WorkspaceConfig, read_config
from ..judgements.exclusion import excluded_episodes
from ..origins import ORIGIN
from ..workspace import Workspace
from ..workspace_place import CONFIG_FILE
from . import robomimic_read, robomimic_write
from .exporting import Exporting, is_chosen, judgements_of
from .import_options import AS_IT_IS, ImportOptions
from .importing import Importing
from .lerobot.read import LeRobotSource
from .lerobot.write import LeRobotWriter
from .minari.read import MinariSource
from .minari.write import MinariWriter
from .transfer import ExportOptions, Source, Tick, Transfer, Writer, atomic_target, ignore

WriterMaker: TypeAlias = Callable[[Path, WorkspaceConfig, ExportOptions, Sequence[Path]], Writer]
"""Takes the target, the workspace's config, the options and the files of the episodes to come."""
SourceOpener: TypeAlias = Callable[[Path, ImportOptions], Source]

WRITERS: Mapping[str, WriterMaker] = {
    "robomimic": robomimic_write.RobomimicWriter,
    "lerobot": LeRobotWriter,
    "minari": MinariWriter,
}
SOURCES: Mapping[str, SourceOpener] = {
    "robomimic": robomimic_read.RobomimicSource,
    "lerobot": LeRobotSource,
    "minari": MinariSource,
}


def export(
    workspace: Workspace,
    name: str,
    target: Path | str,
    options: ExportOptions | None = None,
    tick: Tick = ignore,
) -> Transfer:
    """Write the episodes of a workspace in another format, atomically; return the report."""
    make = _known(WRITERS, name)
    options, target = options or ExportOptions(), Path(target)
    chosen = chosen_episodes(workspace, options)
    if not chosen:
        raise WorkspaceError(f"{workspace.path}: no episode to export{_left_out(workspace)}")
    with atomic_target(target) as temporary:
        writer = make(temporary, workspace.config, options, chosen)
        exporting = Exporting(workspace, writer)
        try:
            for path in chosen:
                exporting.add(path)
                tick(path.stem)
        finally:
            writer.close()
        lost, skipped = tuple(exporting.lost()), tuple(exporting.skipped)
    return Transfer(name, str(target), exporting.episodes, exporting.steps, lost, skipped=skipped)


def chosen_episodes(workspace: Workspace, options: ExportOptions) -> list[Path]:
    """The episode files that an export takes."""
    states = judgements_of(workspace)
    wanted = (s for s in workspace.summaries() if is_chosen(s, options, states))
    return [summary.path for summary in wanted if summary.path is not None]


def _left_out(workspace: Workspace) -> str:
    """Why an export would take none of the episodes that there are."""
    many, out = len(workspace.episodes()), len(excluded_episodes(workspace))
    reasons = f", of which people excluded {out} (`sidestick episodes` lists them)" if out else ""
    return f"; the workspace has {many}{reasons}" if many else ""


def import_into(
    name: str,
    source: Path | str,
    target: Path | str,
    task: str | None = None,
    tick: Tick = ignore,
    successful_by: str | None = None,
    options: ImportOptions = AS_IT_IS,
) -> Transfer:
    """Import the episodes of another tool's dataset into a workspace, which is made if it is new.

    Episodes that exist already are skipped, so it can be repeated after an interruption. Where none
    can be used a FormatError says why, and no workspace is made; likewise where the source says
    that it is of another `task`. `successful_by` is who judges those successful, taken now or here
    already, of which nobody recorded it.
    """
    source, target = Path(source), Path(target)
    opened = open_source(name, source, task, _for(target, options))
    origin = {"format": name, ORIGIN: str(source.absolute())}
    importing = Importing(target, opened.config, origin, successful_by)
    try:
        for called, episode in opened.episodes():
            if isinstance(episode, Problem):
                importing.skipped.append(episode)
            else:
                importing.take(episode, called)
            tick(called)
        importing.finish()
    except OSError as error:
        done = f"{len(importing.taken)} episodes are in, repeat it"
        raise WorkspaceError(f"{target}: cannot be written: {error}; {done}") from error
    finally:
        importing.close()
    importing.require_some(source)
    if importing.judged:
        line = f"success: unknown for {importing.judged} episodes, judged a success"
        opened.filled_in.append(f"{line} by {successful_by}")
    lost, filled_in = tuple(opened.lost), tuple(opened.filled_in)
    taken, skipped = importing.taken, tuple(importing.skipped)
    return Transfer(name, str(target), len(taken), sum(taken.values()), lost, filled_in, skipped)


def _for(target: Path, options: ImportOptions) -> ImportOptions:
    """The options, with the workspace that is filled where there is one already."""
    if options.into is not None or not (target / CONFIG_FILE).exists():
        return options
    return replace(options, into=read_config(target / CONFIG_FILE))


def open_source(
    name: str, source: Path | str, task: str | None = None, options: ImportOptions = AS_IT_IS
) -> Source:
    """Open another tool's dataset; FormatError where it holds episodes of another `task`."""
    opened: Source = _known(SOURCES, name)(Path(source), replace(options, task=task))
    if task is not None and opened.config.task != task:
        raise FormatError(
            f"{source}: holds episodes of task {opened.config.task}, asked for {task}; leave the "
            "task out"
        )
    return opened


def _known(registry: Mapping[str, Any], name: str) -> Any:
    """The entry of a format; UnknownName without one."""
    if name not in registry:
        raise UnknownName("format", name, registry)
    return registry[name]
