"""`sidestick serve` serves a workspace to browsers: drive, judge, watch, edit the dataset."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ...datasets.formats.optional import require
from ...datasets.workspace import Workspace
from .console import say
from .numbers import Count
from .subcommand import DONE, WorkspacePath


@dataclass(frozen=True)
class Serve:
    """Serve the workspace to browsers: drive, judge, watch, and edit the dataset.

    It listens on this machine alone; from another one, reach it by an ssh tunnel (docs/remote.md).
    """

    if_interrupted: ClassVar[str] = "every episode and every judgement is kept"

    workspace: WorkspacePath
    """Folder of the workspace."""
    host: str = "127.0.0.1"
    """Address to listen on. Others than this machine's own need --tls-cert and --tls-key."""
    port: Count = 8420
    """Port to listen on."""
    tls_cert: Path | None = None
    """Certificate, PEM; pages are then reached by https."""
    tls_key: Path | None = None
    """Its key, PEM."""
    insecure: bool = False
    """Listen on --host without encryption: everybody on the way can read what is sent, take over a
    session and drive the arm."""
    name: tuple[str, ...] = ()
    """Names under which browsers reach it, beside localhost and addresses."""

    def run(self) -> int:
        """Serve until it is stopped."""
        require("starlette", "web")
        require("uvicorn", "web")
        require("websockets", "web")
        from ..web.access import Access
        from ..web.app import make_app
        from ..web.server import ServerOptions, run_server

        options = ServerOptions(
            self.host, self.port, self.tls_cert, self.tls_key, self.insecure, self.name
        ).checked()
        workspace = Workspace.open(self.workspace)
        access = Access()
        app = make_app(workspace, access, options.rules, options.secure)
        run_server(app, access, options, say)
        return DONE
