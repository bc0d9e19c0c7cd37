"""This program makes the moving picture of a takeover in the README, from a recorded episode.

    python -m benchmarks.takeover_clip WS EPISODE --out docs/takeover.gif

The episode is simulated again from its seed and actions, and drawn larger than it was recorded. A
bar says who drives at every moment. Dull stretches far from the takeover are shown faster.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from PIL import Image, ImageDraw

from sidestick.datasets.episode import Episode
from sidestick.datasets.tables.episode_uses import named_episodes
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.spaces import FRONT
from sidestick.teleop.evaluation.replay import pictures

SIZE, BAR = 320, 26
"""Side of the picture and height of the bar, pixels."""
COLOURS = 96
FRAME_MS = 100
EVERY, NEAR, EVERY_FAR = 2, 60, 5
"""Steps between two frames within so many steps of a takeover, and elsewhere."""
DRIVES = {0: ("the policy drives", "#2a6fa8"), 1: ("you drive", "#c2571a")}
OTHER = ("nobody drives", "#666666")


@dataclass(frozen=True)
class Options:
    """Which episode, and where to."""

    workspace: Annotated[Path, tyro.conf.Positional]
    episode: Annotated[str, tyro.conf.Positional]
    out: Path = Path("docs/takeover.gif")
    """File to write."""


def main() -> None:
    """Draw the frames and write them."""
    options = tyro.cli(Options, description=__doc__)
    workspace = Workspace.open(options.workspace)
    (path,) = named_episodes(workspace, [options.episode], None)
    episode = Episode.read(path)
    shown = set(chosen_steps(episode))
    frames = [
        drawn(np.asarray(picture), int(driver), episode.summary.header.instruction)
        for step, (picture, driver) in enumerate(
            zip(pictures(episode, FRONT, SIZE, SIZE), episode.driver, strict=False)
        )
        if step in shown
    ]
    first, *rest = [frame.quantize(COLOURS) for frame in frames]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    first.save(
        options.out, save_all=True, append_images=rest, duration=FRAME_MS, loop=0, optimize=True
    )
    print(f"{options.out}: {len(frames)} frames, {options.out.stat().st_size / 2**20:.1f} MiB")


def chosen_steps(episode: Episode) -> list[int]:
    """The steps that are shown: many near a change of driver, few elsewhere."""
    driver = episode.driver
    changes = np.flatnonzero(np.diff(driver)) + 1
    gaps = np.abs(np.arange(len(driver))[:, None] - changes).min(1, initial=len(driver))
    each = np.where(gaps < NEAR, EVERY, EVERY_FAR)
    return [step for step in range(len(driver)) if step % each[step] == 0]


def drawn(picture: np.ndarray, driver: int, instruction: str) -> Image.Image:
    """One frame: the camera's picture over a bar with the driver and the instruction."""
    said, colour = DRIVES.get(driver, OTHER)
    frame = Image.new("RGB", (SIZE, SIZE + BAR), colour)
    frame.paste(Image.fromarray(picture).resize((SIZE, SIZE)), (0, 0))
    pen = ImageDraw.Draw(frame)
    pen.text((8, SIZE + 6), said, fill="white", font_size=14)
    pen.text((SIZE - 8, SIZE + 7), instruction, fill="white", font_size=12, anchor="ra")
    return frame


if __name__ == "__main__":
    main()
