"""`sidestick serve` serves a workspace to browsers: drive, judge, watch, edit the dataset."""

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from ...datasets.formats.optional import require
from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ...sim_envs.errors import BadValue
from ..fleet.queues import FIRST_COME
from ..session.levels import level_named
from .console import say
from .numbers import Arms, Port, Seed
from .subcommand import DONE, WorkspacePath
from .unused_options import refuse_unused

if TYPE_CHECKING:
    from ..web.driving.seat import OpenOutlet
    from .fleet import FleetVerb


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
    arms: Arms = 1
    """How many arms who drives serves, 16 at most: above 1 policies drive them on call, as with
    `sidestick fleet`."""
    queue: str = FIRST_COME
    """Which caller comes first where there are several arms; see `sidestick fleet --help`."""
    on_loss: Literal["go-on", "hold"] = "go-on"
    """What the policies of the other arms do while the driver's browser is gone, or its tab hidden;
    the arm in focus holds still."""

    def run(self) -> int:
        """Serve until it is stopped."""
        require("starlette", "web")
        require("uvicorn", "web")
        require("websockets", "web")
        from ..web.server import ServerOptions, run_server

        options = ServerOptions(
            self.host, self.port, self.tls_cert, self.tls_key, self.insecure, self.name
        ).checked()
        if self.arms > 1:
            self._check_fleet()
        else:
            refuse_unused(self, "with one arm", ("queue", "on_loss"))
        workspace = Workspace.open(self.workspace)
        from ..web.access import Access
        from ..web.app import make_app  # it loads PyTorch and matplotlib

        access = Access()
        app, seat = make_app(workspace, access, options.rules, options.secure, self._station)
        with contextlib.closing(seat):
            run_server(app, access, options, say)
        return DONE

    def _station(self, operator: str, open_outlet: "OpenOutlet") -> object:
        """Run a session at the seat, as `sidestick drive` or `fleet` would at the window."""
        if self.arms > 1:
            return self._fleet(operator).shift(open_outlet)
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

    def _check_fleet(self) -> None:
        """Refuse a fleet that nobody could serve, before anything is opened."""
        from ..fleet.window.run import check_arms

        if self.level is not None and level_named(self.level) is not Level.ON_CALL:
            raise BadValue("--level", "on-call with --arms", self.level)
        check_arms(self.arms)
        self._fleet().check_person()

    def _fleet(self, operator: str = "") -> "FleetVerb":
        """The shift of a fleet, as the verb of that name would begin it."""
        from .fleet import FleetVerb

        return FleetVerb(
            self.workspace, arms=self.arms, policy=self.policy, override=self.override,
            queue=self.queue, on_loss=self.on_loss, view=self.view, clutch=self.clutch,
            first_seed=self.first_seed, operator=operator,
        )  # fmt: skip
