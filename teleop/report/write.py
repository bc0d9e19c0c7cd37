"""`write_report` writes the report of one workspace, or of two, as an HTML file.

`sidestick report` and quickstart call it.
"""

from collections.abc import Sequence
from pathlib import Path

from ...datasets.files.durable import replace_file
from ...datasets.workspace import Workspace
from ...sim_envs.errors import SidestickError
from .collect import collect
from .page import render
from .two_workspaces import render_comparison

FILE, COMPARISON_FILE = "report.html", "report-beside.html"


def write_report(
    workspace: Workspace,
    path: Path | str | None = None,
    commands: Sequence[str] = (),
    beside: Workspace | None = None,
) -> Path:
    """Write the report to `path`, by default report.html in the workspace, whole or not at all.

    `commands` are the shell lines that made the workspace; the footer shows them first.
    With `beside` the page shows that other workspace in a second column.
    """
    name = FILE if beside is None else COMPARISON_FILE
    target = workspace.path / name if path is None else Path(path)
    data = collect(workspace, commands)
    page = render(data) if beside is None else render_comparison(data, collect(beside))
    try:
        replace_file(target, page.encode(errors="backslashreplace"))  # names that are no UTF-8
    except OSError as error:
        raise SidestickError(f"{target}: cannot write the report: {error}") from error
    return target
