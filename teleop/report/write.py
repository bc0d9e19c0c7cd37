"""`write_report` writes the report of one workspace, or of two, as an HTML file.

`sidestick report` and quickstart call it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from ...datasets.files.durable import replace_file
from ...datasets.workspace import Workspace
from ...sim_envs.errors import SidestickError
from .collect import collect
from .page import ROLES, render
from .two_workspaces import render_comparison

PARTS, COMPARISON_PARTS = 2 + len(ROLES), 3
"""How many parts `write_report` reports of: of one workspace, of two."""
DRAWN_FRAMES = 200
"""Most frames of a clip that `sidestick report` draws again, each about a tenth of a CPU-second."""
FILE, COMPARISON_FILE = "report.html", "report-beside.html"


def write_report(
    workspace: Workspace,
    path: Path | str | None = None,
    commands: Sequence[str] = (),
    beside: Workspace | None = None,
    done: Callable[[str], object] = lambda part: None,
    made_by: str = "",
    redraw: int = 0,
) -> Path:
    """Write the report to `path`, by default report.html in the workspace, whole or not at all.

    `commands` are the shell lines that made the workspace, `made_by` the one that makes this page;
    the footer shows them. With `beside` the page shows that other workspace in a second column.
    `done` hears of each part. With `redraw`, scenes are drawn again for the clips, in so many
    frames at most.
    """
    name = FILE if beside is None else COMPARISON_FILE
    target = workspace.path / name if path is None else Path(path)
    data = collect(workspace, commands, made_by)
    done("read")
    if beside is None:
        page = render(data, done, redraw)
    else:
        other = collect(beside)
        done("read the other")
        page = render_comparison(data, other)
        done("figures")
    try:
        replace_file(target, page.encode(errors="backslashreplace"))  # names that are no UTF-8
    except OSError as error:
        raise SidestickError(f"{target}: cannot write the report: {error}") from error
    return target
