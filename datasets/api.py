"""This module re-exports the public names of `sidestick.datasets`; all data is numpy.

A notebook or another program imports from here; neither torch nor a screen is needed.

    from sidestick.datasets.api import Workspace, Frames, Windows

    workspace = Workspace.open("shelf")                     # one task's folder
    frames = Frames.read(workspace.episodes())              # decoded once, uint8 images
    windows = Windows(frames, chunk=16, history=2)          # never across the end of an episode
    batch = windows.batch([0, 5, 9])                        # dict of numpy arrays

| name | purpose |
|---|---|
| `Workspace`, `WorkspaceConfig` | open or make a workspace, find episodes, recover after a crash |
| `Recorder`, `EpisodeHeader`, `Step` | record episodes that survive the process |
| `Episode`, `episode_summary` | one episode's arrays, or only its header, outcome and length |
| `Frames`, `Windows` | many episodes as arrays, and training windows over them |
| `check` | verify every file, checksum and count |
| `export`, `import_into`, `ExportOptions` | robomimic, LeRobot v3, Minari |
| `merge` | several workspaces into one |
| `Database` | evaluations, effort, events |
| `Judge`, `Judgements`, `TrainingSelection` | write, read and apply judgements; see `judgements` |
| `used_episodes`, `Trash` | the episodes that nobody excluded; take some out and back in |
| `tables` | a dozen tidy tables for notebooks; see `tables` |

`sidestick.datasets` itself has no `__init__` (a folder named `datasets` with one would shadow other
people's package), so these names live here. Everything else may change between versions.
"""

from .checking.check import check
from .config import WorkspaceConfig
from .database import Database
from .episode import Episode, episode_summary
from .formats.registry import export, import_into
from .formats.transfer import ExportOptions
from .frames import Frames
from .judgements.exclusion import used_episodes
from .judgements.judgement_state import TrainingSelection
from .judgements.judgements import Judge, Judgements
from .merge import merge
from .recorder import Recorder
from .step import EpisodeHeader, Step
from .tables import tables
from .trash import Trash
from .windows import Windows
from .workspace import Workspace

__all__ = [
    "Database",
    "Episode",
    "EpisodeHeader",
    "ExportOptions",
    "Frames",
    "Judge",
    "Judgements",
    "Recorder",
    "Step",
    "TrainingSelection",
    "Trash",
    "Windows",
    "Workspace",
    "WorkspaceConfig",
    "check",
    "episode_summary",
    "export",
    "import_into",
    "merge",
    "tables",
    "used_episodes",
]
