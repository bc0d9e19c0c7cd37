"""The report of a workspace as a file."""

from collections.abc import Sequence
from pathlib import Path

from ...datasets.durable import replace_file
from ...datasets.workspace import Workspace
from ...sim_envs.errors import SidestickError
from .collect import collect
from .page import render

FILE = "report.html"


def write_report(
    workspace: Workspace, path: Path | None = None, commands: Sequence[str] = ()
) -> Path:
    """Write the report to `path`, by default report.html in the workspace, whole or not at all.

    `commands` are the shell lines that made the workspace; the footer shows them first.
    """
    target = workspace.path / FILE if path is None else path
    page = render(collect(workspace, commands))
    try:
        replace_file(target, page.encode())
    except OSError as error:
        raise SidestickError(f"{target}: cannot write the report: {error}") from error
    return target
