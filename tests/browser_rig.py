"""A station's loop at a browser's seat, with a fake clock and messages in place of a network."""

from pathlib import Path
from typing import Any

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.experts import make_expert
from sidestick.teleop.devices.bindings import defaults
from sidestick.teleop.devices.controls import DRIVING
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.environments import workspace_env
from sidestick.teleop.session.recording import Recording
from sidestick.teleop.session.session import Session
from sidestick.teleop.station.live_episode import OperatorEpisode
from sidestick.teleop.station.loop import StationLoop
from sidestick.teleop.station.options import OperatorContext, StationOptions
from sidestick.teleop.station.states import WindowState
from sidestick.teleop.station.workspace_counts import WorkspaceCounts
from sidestick.teleop.web.driving.browser_input import BrowserInput
from sidestick.teleop.web.driving.browser_outlet import BrowserCues, NoEvents
from sidestick.teleop.web.driving.browser_pads import AXES, BUTTONS, PLACES, TRIGGERS, BrowserPads
from sidestick.teleop.web.driving.input_message import InputMessage, PadMessage
from sidestick.teleop.web.driving.link import Link
from tests.expert_pad import ExpertPad
from tests.window_rig import DEMONSTRATE, FakeTime

MESSAGE_S = 1 / 60


class MessagePad:
    """A gamepad of a browser, by the numbers of a virtual pad."""

    def __init__(self) -> None:
        self.axes, self.buttons = [0.0] * 4, [0.0] * len(BUTTONS)
        self.pressed: list[int] = []

    def press(self, button: int, down: bool = True) -> None:
        """Press a button, or let go of it."""
        place = PLACES[button]
        if down and not self.buttons[place]:
            self.pressed.append(place)
        self.buttons[place] = float(down)

    def axis(self, axis: int, value: float) -> None:
        """Push a stick or pull a trigger."""
        if axis in TRIGGERS:
            self.buttons[TRIGGERS[axis]] = value
        else:
            self.axes[AXES[axis]] = value

    def release(self, button: int) -> None:
        """Let go of a button."""
        self.press(button, False)

    def message(self) -> PadMessage:
        """How the pad is now."""
        pressed, self.pressed = tuple(self.pressed), []
        return PadMessage(0, "Pad", tuple(self.axes), tuple(self.buttons), pressed)


class DriverPage:
    """A driver's page, which sends all that is held and was pressed, and has seen every picture."""

    def __init__(self, link: Link, clock: FakeTime) -> None:
        self.link, self.clock = link, clock
        self.sequence, self.frame, self.hidden = 0, 0, False
        self.held: set[str] = set()
        self.pad: MessagePad | None = None
        self._pressed: list[str] = []
        self.silent = False
        """It sends nothing, as with a cut line."""

    def step(self) -> None:
        """Let what it drives go on, by a step."""
        raise NotImplementedError

    def run(self, seconds: float) -> None:
        """Let time pass, with so many messages as a page sends."""
        until, due = self.clock.now + seconds, self.clock.now
        while self.clock.now < until:
            if self.clock.now >= due and not self.silent:
                due = self.clock.now + MESSAGE_S
                self.send()
            self.step()

    def press(self, key: str) -> None:
        """Press and release a key."""
        self._pressed.append(key)

    def send(self) -> None:
        """Send a message."""
        pressed, self._pressed = self._pressed, []
        message = InputMessage(
            self.sequence, self.clock.now, self.frame, tuple((key, key) for key in self.held),
            tuple((key, key) for key in pressed),
            (self.pad.message(),) if self.pad else (), self.hidden,
        )  # fmt: skip
        self.sequence += 1
        self.link.receive(message)


class BrowserRig(DriverPage, ExpertPad):
    """The loop, and a driver whose browser sends 60 messages a second and sees every picture."""

    def __init__(
        self, folder: Path, assignment: Assignment = DEMONSTRATE, time: Any = None
    ) -> None:
        self.time = time or FakeTime()
        config = WorkspaceConfig("ShelfPick", env_kwargs={"num_items": 1})
        self.workspace = Workspace.open_or_create(folder, config)
        self.env: Any = workspace_env(self.workspace.config)
        super().__init__(Link(self.time), self.time)
        self.pads = BrowserPads()
        self.input = BrowserInput(
            self.env, defaults(DRIVING), self.pads, self.link, "Ada", clock=self.time
        )
        self.recorder, self.tally = Recorder(self.workspace), WorkspaceCounts(self.workspace)
        session = Session(self.env, self.input, assignment, [Recording(self.recorder)])
        self.live = OperatorEpisode(session, 0)
        self.cues = BrowserCues(self.pads, True)
        context = OperatorContext(
            self.input, self.tally, self.cues, self.time, self.time.sleep, StationOptions(),
            window=NoEvents(self.link),
        )  # fmt: skip
        self.loop = StationLoop(context, self.live, self._draw)
        self.expert = make_expert("ShelfPick")
        self.link.connect()

    @property
    def state(self) -> WindowState:
        return self.loop.state

    def step(self) -> None:
        """Let the loop go on."""
        self.loop.step()

    def close(self) -> None:
        """Close everything."""
        self.recorder.close()
        self.tally.close()
        self.env.close()

    def _draw(self, loop: StationLoop) -> float:
        if not self.silent:
            self.frame += 1
            self.link.drawn(self.frame)
        return 0.004
