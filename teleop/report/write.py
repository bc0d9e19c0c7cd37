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

PARTS = 1 + len(ROLES)
"""How many parts `write_report` reports of, at most."""
FILE, COMPARISON_FILE = "report.html", "report-beside.html"


def write_report(
    workspace: Workspace,
    path: Path | str | None = None,
    commands: Sequence[str] = (),
    beside: Workspace | None = None,
    done: Callable[[str], object] = lambda part: None,
) -> Path:
    """Write the report to `path`, by default report.html in the workspace, whole or not at all.

    `commands` are the shell lines that made the workspace; the footer shows them first.
    With `beside` the page shows that other workspace in a second column. `done` hears of each part.
    """
    name = FILE if beside is None else COMPARISON_FILE
    target = workspace.path / name if path is None else Path(path)
    data = collect(workspace, commands)
    done("read")
    page = render(data, done) if beside is None else render_comparison(data, collect(beside))
    try:
        replace_file(target, page.encode(errors="backslashreplace"))  # names that are no UTF-8
    except OSError as error:
        raise SidestickError(f"{target}: cannot write the report: {error}") from error
    return target
