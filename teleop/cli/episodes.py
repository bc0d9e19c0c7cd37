"""`sidestick episodes` lists which episodes are used, and takes some out or back in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar

import tyro
from rich.table import Table

from ...datasets.checking.repair import episode_files
from ...datasets.files.names import episode_name
from ...datasets.judgements.exclusion import excluded_episodes
from ...datasets.judgements.judgement import EXCLUSION
from ...datasets.judgements.judgements import Judge
from ...datasets.origins import came_from
from ...datasets.tables.episode_uses import (
    EpisodeUse,
    EpisodeUses,
    episode_uses,
    named_episodes,
    named_removed,
)
from ...datasets.tables.listing import moment
from ...datasets.trash import RemovedEpisode, Trash, episode_name_of
from ...datasets.workspace import Workspace
from ...sim_envs.errors import BadValue
from ..devices.settings import operator_name
from .console import PEOPLE, print_json, say
from .subcommand import DONE, Person, WorkspacePath

ACTIONS = ("exclude", "include", "remove", "restore")
SOLVED = {True: "yes", False: "no", None: "unknown"}
Ids = Annotated[tuple[str, ...] | None, tyro.conf.arg(metavar="ID ...", help_behavior_hint="")]


@dataclass(frozen=True)
class Episodes:
    """List the episodes and whether training and exports use them; take some out, or back in.

    An ID is an episode's id, a part of it, its place (0 is the first, -1 the last) or a range of
    places such as 3-7. With one that is unknown nothing is changed.
    """

    if_interrupted: ClassVar[str] = "what was changed is kept; the same command does the rest"

    workspace: WorkspacePath
    """Folder of the workspace."""
    exclude: Ids = None
    """Do not train on these episodes, nor export them; they stay where they are."""
    include: Ids = None
    """Take an exclusion back."""
    remove: Ids = None
    """Move the files of these episodes into trash/; the time they cost stays in the ledger."""
    restore: Ids = None
    """Move removed episodes back, or ones that were discarded as they were driven."""
    imported_from: str | None = None
    """Only episodes that were imported or merged from here: a path, or its last part. Without IDs
    all of those."""
    why: str = ""
    """With --exclude and --remove: the reason, kept with the event."""
    operator: Person = None
    """Name of the person who takes them out, for the records."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Do what is asked, and show what is used."""
        asked = [action for action in ACTIONS if getattr(self, action) is not None]
        if len(asked) > 1:
            raise BadValue("episodes", "one action at a time", ", ".join(f"--{a}" for a in asked))
        workspace = Workspace.open(self.workspace)
        changed = self._act(workspace, asked[0]) if asked else []
        learnt_by = _learnt_by(workspace, changed)
        uses = episode_uses(workspace)
        uses = uses if asked else self._wanted(uses)
        if self.json:
            print_json({**uses.to_json(), "changed": changed, "learnt_by": learnt_by})
        elif asked:
            _say_change(asked[0], changed, learnt_by)
        else:
            _show(uses)
        return DONE

    def _act(self, workspace: Workspace, action: str) -> list[str]:
        """Do one thing to the named episodes; the names of those that were changed."""
        words: Sequence[str] = getattr(self, action)
        if not words and self.imported_from is None:
            raise BadValue(f"--{action}", "the episodes, or --imported-from", "none")
        operator, asked = self.operator or operator_name(), bool(words)
        words = _not_done(workspace, action, words)
        if asked and not words:
            return []
        if action == "restore":
            names = named_removed(workspace, words, self.imported_from)
            Trash(workspace).restore(names, operator, self.why)
            return names
        paths = named_episodes(workspace, words, self.imported_from)
        if action == "remove":
            Trash(workspace).remove(paths, operator, self.why)
            return [episode_name_of(path) for path in paths]
        return self._judge(workspace, paths, operator, action == "exclude")

    def _judge(
        self, workspace: Workspace, paths: Sequence[Path], operator: str, exclude: bool
    ) -> list[str]:
        """Exclude episodes, or take that back; the ids of those for which it is new."""
        out = excluded_episodes(workspace)
        names = [episode_name(path.stem) for path in paths if (path.stem in out) is not exclude]
        judge = Judge(workspace, operator)
        for name in names:
            judge.say(name, EXCLUSION, excluded=exclude, why=self.why)
        return names

    def _wanted(self, uses: EpisodeUses) -> EpisodeUses:
        """The episodes of the wanted origin; all without one."""
        if self.imported_from is None:
            return uses
        origins = {row.id: row.origin for row in uses.episodes if row.origin is not None}
        came = came_from(origins, self.imported_from)
        return replace(uses, episodes=tuple(row for row in uses.episodes if row.id in came))


def _not_done(workspace: Workspace, action: str, words: Sequence[str]) -> list[str]:
    """The words without the ids of episodes that an earlier, interrupted command has moved."""
    here = {path.stem for path in episode_files(workspace)}
    gone = Trash(workspace).files().keys()
    done = {"remove": gone - here, "restore": here - gone}.get(action, set())
    return [word for word in words if word not in done]


def _learnt_by(workspace: Workspace, episodes: Collection[str]) -> list[str]:
    """The policies that were trained on some of these episodes."""
    if not episodes:
        return []
    from ...policies.store import PolicyStore  # it loads PyTorch, which a list need not wait for

    store = PolicyStore(workspace.policies_dir)
    origins = {name: store.state(name).provenance for name in store.ids()}
    return [
        name
        for name, origin in origins.items()
        if origin is not None and not set(origin.episodes).isdisjoint(episodes)
    ]


def _say_change(action: str, changed: Sequence[str], learnt_by: Sequence[str]) -> None:
    """Say what was done, and how it is undone."""
    many = f"{len(changed)} episode{'' if len(changed) == 1 else 's'}"
    done = {
        "exclude": f"{many} excluded from training and exports; --include takes that back",
        "include": f"{many} included again",
        "remove": f"{many} moved into trash/; --restore brings them back",
        "restore": f"{many} restored",
    }
    say(done[action] if changed else f"nothing to {action}: no such episode, or done already")
    if learnt_by and action in ("exclude", "remove"):
        say(
            f"learnt from before by policy {', '.join(learnt_by)}: "
            "`sidestick train` makes one without"
        )


def _show(uses: EpisodeUses) -> None:
    """Print the table, and what lies in the trash."""
    table = Table("no", box=None, padding=(0, 1, 0, 0), header_style="bold")
    longest = max((len(row.id) for row in uses.episodes), default=0)
    table.add_column("episode", no_wrap=True, min_width=longest)
    for heading in ("operator", "from", "solved", "used"):
        table.add_column(heading)
    for row in uses.episodes:
        table.add_row(*_cells(row))
    if uses.episodes:
        PEOPLE.print(table)
    used = sum(not row.excluded for row in uses.episodes)
    say(f"{len(uses.episodes)} episodes, {len(uses.episodes) - used} of them excluded")
    for removed in uses.removed:
        say(f"in trash/, brought back by --restore: {removed.id} ({_fate(removed)})")


def _cells(row: EpisodeUse) -> tuple[str, ...]:
    """The cells of an episode's row."""
    used = f"excluded by {row.excluded_by}" if row.excluded else "yes"
    reason = f": {row.why}" if row.why else ""
    origin = "" if row.origin is None else Path(row.origin).name
    solved = SOLVED[row.success] + ("" if row.complete else ", broke off")
    return str(row.number), row.id, row.operator, origin, solved, used + reason


def _fate(removed: RemovedEpisode) -> str:
    """Who removed an episode, when and why."""
    if removed.removed is None:
        return "discarded as it was driven"
    reason = f": {removed.why}" if removed.why else ""
    return f"removed by {removed.operator}, {moment(removed.removed)}{reason}"
