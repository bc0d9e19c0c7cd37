"""`sidestick serve` serves a workspace to browsers: drive, judge, watch, edit the dataset."""

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from ...datasets.formats.optional import require
from ...datasets.workspace import Workspace
from .console import say
from .numbers import Port, Seed
from .subcommand import DONE, WorkspacePath

if TYPE_CHECKING:
    from ..web.driving.seat import OpenOutlet


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
    port: Port = 8420
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

    level: str | None = None
    """Level of autonomy of who drives; as `sidestick drive` chooses it unless given."""
    override: bool = False
    """Drive at a level that the policy has not earned; the override is recorded."""
    policy: str | None = None
    """Which policy drives, by number; unless given, the pinned or the newest accepted one."""
    first_seed: Seed | None = None
    """Seed of the first episode; as `sidestick drive` chooses it unless given."""
    view: Literal["auto", "gl", "tiny"] = "auto"
    """What draws the large view: OpenGL, or TinyRenderer in a process of its own."""
    clutch: Literal["hold", "latch"] = "hold"
    """Hold the clutch to drive, or press it to begin and again to end."""

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
        app, seat = make_app(workspace, access, options.rules, options.secure, self._station)
        with contextlib.closing(seat):
            run_server(app, access, options, say)
        return DONE

    def _station(self, operator: str, open_outlet: "OpenOutlet") -> object:
        """Run a session at the seat, as `sidestick drive` would at the window."""
        from ..station.run import run_station
        from .drive import Drive

        drive = Drive(
            self.workspace, level=self.level, override=self.override, policy=self.policy,
            first_seed=self.first_seed, view=self.view, clutch=self.clutch,
        )  # fmt: skip
        return drive.session(
            lambda workspace, assignment, options: run_station(
                workspace, assignment, replace(options, operator=operator), open_outlet
            )
        )
