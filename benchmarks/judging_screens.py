"""This program saves screenshots of the reviewers' windows and of the report.

`python -m benchmarks.judging_screens WS OUT`: WS is a workspace with a policy, of which a copy is
used; the report needs chromium.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ["SDL_VIDEODRIVER"] = "dummy"
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")

from sidestick.datasets.workspace import Workspace
from sidestick.policies.store import PolicyStore
from sidestick.teleop.devices.gamepads import Gamepads
from sidestick.teleop.devices.sdl import pygame
from sidestick.teleop.learning.workspace_perception import own_perception, unclicked_perception
from sidestick.teleop.report.write import write_report
from sidestick.teleop.review.click_review import choose_pictures
from sidestick.teleop.review.click_window import ClickReview, ClickWindow
from sidestick.teleop.review.episode_review import EpisodeReview
from sidestick.teleop.review.episode_window import EpisodeWindow
from sidestick.teleop.review.prediction_review import PredictionReview
from sidestick.teleop.review.prediction_window import PredictionWindow
from sidestick.teleop.review.predictions import recorded_plans
from sidestick.teleop.review.review_loop import ReviewWindow, review_window
from sidestick.teleop.ui.key_input import press

EPISODE_KEYS = ("4", "r", "2", "t", "2", *["right"] * 18, "i", *["right"] * 12, "g")
EPISODE_KEYS += (*["right"] * 15, "b", *["right"] * 10)
REPORT_SIZE, REPORT_URL = "1100,1500", "file://{}"
WHO = "ada"


def shoot(page: ReviewWindow, surface: pygame.Surface, keys: tuple[str, ...], path: Path) -> None:
    """Press keys, draw a frame after each, and save the last frame."""
    for key in (None, *keys):
        if key is not None:
            press(key)
        for event in pygame.event.get():
            page.handle(event)
        page.draw(surface)
        page.shown()
    pygame.image.save(surface, path)
    print(path)


def episodes(workspace: Workspace, save: Callable[..., None], pads: Gamepads) -> None:
    """Save an episode with grades, a trim, a stage and a bad segment that is being marked."""
    with contextlib.closing(EpisodeReview(workspace, WHO)) as grading:
        save(EpisodeWindow(grading, pads), EPISODE_KEYS, "review")


def predictions(workspace: Workspace, save: Callable[..., None], pads: Gamepads) -> None:
    """Save a prediction whose end was moved."""
    store, config = PolicyStore(workspace.policies_dir), workspace.config
    name = store.ids()[0]
    items = recorded_plans(workspace, store.load(name, config), WHO, 6, pool=60)
    with contextlib.closing(PredictionReview(workspace, WHO, name, items)) as grading:
        save(PredictionWindow(grading, pads), ("n", "up", "up", "left"), "predictions")


def clicks(workspace: Workspace, save: Callable[..., None], pads: Gamepads) -> None:
    """Save an image with the cursor in motion."""
    perception = own_perception(workspace) or unclicked_perception(workspace)
    pictures = choose_pictures(workspace, perception, 12)
    with contextlib.closing(ClickReview(workspace, WHO, pictures)) as pointing:
        save(ClickWindow(pointing, pads), ("up", "up", "left", "left", "left"), "clicks")


def report(workspace: Workspace, out: Path) -> None:
    """Save the top of the report, by chromium."""
    page = write_report(workspace)
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
    target = out / "report.png"
    subprocess.run(
        ["chromium", *options, f"--window-size={REPORT_SIZE}", f"--screenshot={target}",
         REPORT_URL.format(page)],
        check=True, capture_output=True,
    )  # fmt: skip
    print(target)


def main() -> None:
    """Copy the workspace and save the screenshots."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / options.workspace.name
        shutil.copytree(options.workspace, copy)
        workspace = Workspace.open(copy)
        with review_window(headless=True) as (surface, pads):

            def save(page: ReviewWindow, keys: tuple[str, ...], name: str) -> None:
                shoot(page, surface, keys, options.out / f"{name}.png")

            for part in (episodes, predictions, clicks):
                part(workspace, save, pads)
        report(Workspace.open(copy), options.out.resolve())


if __name__ == "__main__":
    main()
