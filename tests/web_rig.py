"""A served workspace without a network: Starlette's client stands in for browsers."""

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.web.access import Access
from sidestick.teleop.web.app import make_app, no_station
from sidestick.teleop.web.driving.seat import RunStation
from sidestick.teleop.web.guard import GuardRules
from tests.synthetic import made_up_episode

ORIGIN = "http://127.0.0.1:8420"
DEMONSTRATION, ROLLOUT, INTERVENTION = -1, 0, 1
FREE = GuardRules(rate=1e6, burst=1e6)
"""A guard that counts no requests: tests are faster than people."""


class FakeClock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def web_workspace(folder: Path, count: int = 3) -> Workspace:
    """A workspace of made-up episodes: the odd ones are begun by a policy and taken over."""
    workspace = Workspace.create(folder, WorkspaceConfig("ShelfPick", "tiny"))
    for number in range(count):
        modes = [ROLLOUT] * 6 + [INTERVENTION] * 6 if number % 2 else [DEMONSTRATION] * 8
        name = f"20250101T0000{number:02d}-{number:08x}"
        made = made_up_episode(modes, number, episode_id=name)
        made.write(workspace.episodes_dir / f"{name}.hdf5")
    return workspace


class Browsers:
    """Browsers of a server, which come in by addresses of any role."""

    def __init__(self, app: Any, access: Access) -> None:
        self.app, self.access, self._guests = app, access, 0

    def stranger(self, origin: str | None = ORIGIN, base: str = ORIGIN) -> TestClient:
        """A browser that nobody has let in; `origin` goes with what it sends."""
        headers = {} if origin is None else {"origin": origin}
        return TestClient(
            self.app, base_url=base, headers=headers, follow_redirects=False,
            raise_server_exceptions=True,
        )  # fmt: skip

    def browser(self, kind: str = "owner", name: str = "") -> TestClient:
        """A browser that came in."""
        self._guests += 1
        name = name or f"guest {self._guests}"
        client = self.stranger()
        token = self.access.invite(kind)
        answer = client.post("/api/enter", json={"token": token, "name": name})
        assert answer.status_code == 200, answer.text
        return client


class WebRig(Browsers):
    """A server of made-up episodes, and its browsers."""

    def __init__(
        self,
        folder: Path,
        rules: GuardRules = FREE,
        count: int = 3,
        run: RunStation = no_station,
    ) -> None:
        self.workspace = web_workspace(folder, count)
        self.clock = FakeClock()
        access = Access(self.clock)
        app, self.seat = make_app(self.workspace, access, rules, run=run)
        super().__init__(app, access)

    @property
    def state(self) -> Any:
        """What the routes work with; tests may replace parts of it."""
        return self.app.inner.state

    def ids(self) -> list[str]:
        """The ids of the episodes, by time."""
        return [summary.id for summary in self.workspace.summaries()]


def edit(episode: str, kind: str, answer: str = "a" * 16, **more: Any) -> dict[str, Any]:
    """The body of an edit."""
    return {"answer": answer, "episode": episode, "kind": kind, **more}
