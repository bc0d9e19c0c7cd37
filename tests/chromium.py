"""Debian's Chromium, driven by Playwright, and a served workspace in another process."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
PAD = """
const pad = {
  index: 0, id: "Injected Pad", connected: true, mapping: "standard", timestamp: 0,
  axes: [0, 0, 0, 0], buttons: Array.from({ length: 17 }, () => ({ pressed: false, value: 0 })),
  vibrationActuator: { playEffect: async () => { window.rumbled = (window.rumbled || 0) + 1; } },
};
navigator.getGamepads = () => (window.unplugged ? [] : [pad]);
window.push = (button, down) => { pad.buttons[button] = { pressed: down, value: down ? 1 : 0 }; };
window.stick = (axis, value) => { pad.axes[axis] = value; };
"""
"""A gamepad in place of the browser's own: every page that is opened after this has it."""


def sync_playwright() -> Any:
    """Playwright's entry; skips where it, or Chromium, is missing."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium (apt-get install chromium)")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed (it is in the extra dev)"
    )
    return playwright.sync_playwright()


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """The browser, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


PATIENT = """
import sys
from sidestick.teleop.cli.main import main
from sidestick.teleop.devices import operator_input
from sidestick.teleop.station import run
from sidestick.teleop.web.driving import link
operator_input.STALE_SAMPLE_S = run.ANSWER_WITHIN_S = link.SILENT_S = link.OLD_PICTURE_S = 60.0
main(sys.argv[1:])
"""
"""A busy machine keeps no quarter of a second: what the wire does then has tests of its own."""


STILL_FLEET = """
from types import SimpleNamespace
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.cli import fleet
from tests.fleet_rig import fleet_options
fleet.FleetOptions = lambda arms, **_: fleet_options(arms)
choice = SimpleNamespace(policy_id="0001")
fleet.FleetVerb._begin = lambda verb: (Workspace.open(verb.workspace), choice)
"""
"""The arms of a served fleet have a policy that does not move, so that each asks after a second."""


STRAIGHT = """
from types import SimpleNamespace
from sidestick.teleop.web.judging import network_items
from tests.straight_policy import Straight
network_items.PolicyStore = lambda _: SimpleNamespace(
    choose=lambda _: SimpleNamespace(policy_id="0001"), load=lambda *_: Straight())
"""
"""The policy whose plans are judged goes straight on."""


class Served:
    """`sidestick serve` in a process of its own, which waits longer for what comes late."""

    def __init__(self, workspace: Path, *more: str, before: str = "") -> None:
        """`before` is Python that runs there first."""
        self.port = _free_port()
        command = [sys.executable, "-c", before + PATIENT, "serve", str(workspace)]
        environment = {**os.environ, "SIDESTICK_CONFIG_DIR": str(workspace.parent / "config")}
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), *more], stderr=subprocess.STDOUT,
            stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.address = ""
        while not self.address:
            line = self.process.stdout.readline()
            assert line, "the server ended before it had an address"
            self.address = "".join(re.findall(r"open (http\S+)", line))
        self.base = self.address.partition("/enter")[0]

    def close(self) -> None:
        """End it as Ctrl-C does."""
        self.process.terminate()
        try:
            self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def come_in(page: Any, address: str, name: str) -> None:
    """Open an address that was given, and come in under a name."""
    page.goto(address)
    page.fill("#name", name)
    page.click("button[type=submit]")
    page.wait_for_function("!location.pathname.startsWith('/enter')")


def people_page(browser: Any, served: Served) -> Any:
    """The page People of who opened the printed address."""
    page = browser.new_context().new_page()
    come_in(page, served.address, "Owner")
    page.goto(f"{served.base}/people")
    return page


def invited(owner: Any, role: str) -> str:
    """An address for a role, made on the owner's page People."""
    made = owner.locator("#addresses li").count()
    owner.select_option("#role", role)
    owner.click("#inviting button")
    until(lambda: owner.locator("#addresses li").count() == made + 1)
    found: str = owner.inner_text("#addresses li:first-child code")
    return found


def until(wanted: Any, seconds: float = 60.0) -> None:
    """Wait until something holds; an AssertionError with its last value otherwise."""
    over = time.monotonic() + seconds
    while not (found := wanted()):
        assert time.monotonic() < over, f"after {seconds} s still {found!r}"
        time.sleep(0.05)
