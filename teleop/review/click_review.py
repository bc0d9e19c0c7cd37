"""`sidestick review --of clicks` fine-tunes perception on a reviewer's clicks.

`review_clicks` chooses pictures of recorded episodes, opens the window in which the reviewer clicks
the named item, fine-tunes on all clicks of the workspace and gives a `ClickReport`.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...datasets.episode import Episode
from ...datasets.judgements.exclusion import used_files
from ...datasets.judgements.judgement import CLICK, Judgement
from ...datasets.judgements.judgement_state import not_undone
from ...datasets.judgements.judgements import Judgements
from ...datasets.judgements.settled_clicks import settled_clicks
from ...datasets.workspace import Workspace
from ...policies.perception.click_finetuning import LEAST, Click, finetune_on_clicks
from ...policies.perception.network import Perception
from ...sim_envs.environment import ArmEnv
from ...sim_envs.errors import BadValue, DamagedFile
from ...sim_envs.spaces import FRONT
from ...sim_envs.task_description import is_label_of
from ..evaluation.replay import require_states, scene_seed
from ..learning.workspace_perception import (
    FINETUNED_PERCEPTION,
    own_perception,
    unclicked_perception,
)
from ..session.environments import episode_env, require_arm
from ..ui.key_input import press
from .click_window import ClickReview, ClickWindow, Picture
from .review_loop import review_window, run_window

CAMERA = FRONT
STRIDE = 15
"""Steps between two candidate pictures of an episode."""
POOL = 240
"""Candidate pictures from which the least certain are chosen."""
CLICK_NOISE_PX = 1.0
"""Standard deviation of a simulated reviewer's clicks, pixels of the picture."""


@dataclass(frozen=True)
class ClickReport:
    """The clicks of one review and the effect of fine-tuning on all of them."""

    operator: str
    clicks: int
    """Written in this review."""
    taught: int
    """Clicks of all reviews that perception was fine-tuned on."""
    held_out: int
    """Clicks of all reviews that were kept out of fine-tuning, to measure it."""
    before_px: float | None
    """Median error on the held-out clicks before; None with too few clicks to fine-tune on."""
    after_px: float | None
    """The same after fine-tuning."""
    kept: bool
    """Whether the fine-tuned perception is better; the next training then uses it."""

    def to_json(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


def review_clicks(
    workspace: Workspace,
    operator: str,
    headless: bool = False,
    simulated: bool = False,
    count: int = 100,
) -> ClickReport:
    """Have the named item clicked in at most `count` pictures, then fine-tune on all clicks.

    `simulated` clicks in the place of a person; BadValue for a workspace without episodes.
    """
    if not workspace.episodes():
        raise BadValue("pictures to click on", "at least one episode", "none")
    require_arm(workspace.config, "teaching perception by clicks")
    perception = own_perception(workspace) or unclicked_perception(workspace)
    pictures = choose_pictures(workspace, perception, count)
    with (
        review_window(headless) as (surface, pads),
        contextlib.closing(ClickReview(workspace, operator, pictures)) as review,
        contextlib.closing(SimulatedClickReviewer(workspace)) as reviewer,
    ):
        run_window(ClickWindow(review, pads), surface, reviewer if simulated else (lambda _: None))
        written = len(review.writer.said)
    return learn_clicks(workspace, operator, written)


def learn_clicks(workspace: Workspace, operator: str, written: int) -> ClickReport:
    """Fine-tune the workspace's perception on all valid clicks, and save it if it is better.

    `written` clicks were written in this review; the report repeats the number.
    """
    clicks = list(stored_clicks(workspace))
    if len(clicks) < LEAST:
        return ClickReport(operator, written, 0, 0, None, None, False)
    gain = finetune_on_clicks(unclicked_perception(workspace), clicks)
    if gain.is_better:
        gain.perception.save(workspace.path / FINETUNED_PERCEPTION)
    before, after = round(gain.before_px, 2), round(gain.after_px, 2)
    return ClickReport(operator, written, gain.taught, gain.held_out, before, after, gain.is_better)


def stored_clicks(workspace: Workspace) -> list[Click]:
    """The click of each picture that counts, with the picture.

    Episodes that are gone, or that people excluded, are skipped.
    """
    by_episode: dict[str, list[Judgement]] = {}
    for event in settled_clicks(Judgements(workspace.db_path).all()):
        by_episode.setdefault(event.episode, []).append(event)
    found: list[Click] = []
    for path in used_files(workspace):
        if path.stem not in by_episode:
            continue
        episode = Episode.read(path)
        for event in by_episode[path.stem]:
            given = event.payload
            rows = episode.observations[f"{given['camera']}_image"]
            if event.start is not None and event.start < len(rows):
                image = np.asarray(rows[event.start], np.uint8)
                found.append(Click(image, str(given["item"]), float(given["x"]), float(given["y"])))
    return found


def choose_pictures(
    workspace: Workspace, perception: Perception, count: int, seed: int = 0
) -> list[Picture]:
    """At most `count` pictures that nobody has clicked, least certain for perception first."""
    events = not_undone(Judgements(workspace.db_path).all())
    known = {(e.episode, e.start) for e in events if e.kind == CLICK}
    rng, paths = np.random.default_rng(seed), used_files(workspace)
    pool: list[Picture] = []
    for place in rng.permutation(len(paths)):
        if len(pool) >= POOL:
            break
        try:
            episode = Episode.read(paths[place])
        except DamagedFile:
            continue
        goal = episode.summary.header.goal
        if goal not in perception.config.goal_names:
            continue
        for step in range(int(rng.integers(STRIDE)), len(episode), STRIDE):
            if (episode.summary.id, step) not in known:
                image = np.asarray(episode.observations[f"{CAMERA}_image"][step], np.uint8)
                pool.append(Picture(episode.summary.id, step, CAMERA, goal, image))
    order = np.argsort(_confidence(perception, pool), kind="stable")
    return [pool[int(place)] for place in order[:count]]


def _confidence(perception: Perception, pictures: Sequence[Picture]) -> list[float]:
    """The highest probability of the named item in each picture."""
    if not pictures:
        return []
    heat = perception.probabilities(np.stack([picture.image for picture in pictures])).numpy()
    return [
        float(maps[list(perception.config.classes_of(picture.item))].max())
        for maps, picture in zip(heat, pictures, strict=True)
    ]


class SimulatedClickReviewer:
    """Clicks the centre of the simulator's labels, with noise of `CLICK_NOISE_PX`."""

    def __init__(self, workspace: Workspace, seed: int = 0) -> None:
        self._workspace, self._random = workspace, np.random.default_rng(seed)
        self._env: ArmEnv | None = None
        self._seen = -1

    def __call__(self, window: ClickWindow) -> None:
        """Post one key press: a click, or a skip where the item cannot be seen."""
        review = window.review
        picture = review.picture
        if picture is None:
            window.leave()
        elif review.place != self._seen:
            self._seen = review.place
            place = self._centre(picture)
            if place is not None:
                review.x, review.y = place
            press("n" if place is None else "enter")

    def close(self) -> None:
        """Free the simulator."""
        if self._env is not None:
            self._env.close()

    def _centre(self, picture: Picture) -> tuple[float, float] | None:
        episode = Episode.read(self._workspace.find(picture.episode), images=False)
        seed = scene_seed(episode)
        require_states(episode)
        env = self._env = self._env or episode_env(episode)
        env.build(seed)
        env.show(episode.states[picture.step])
        size = picture.image.shape[0]
        _, classes = env.labelled(picture.camera, size, size)
        names = [i for i, name in enumerate(env.task.labels) if is_label_of(name, picture.item)]
        rows, columns = np.nonzero(np.isin(classes, names))
        if len(rows) < 4:
            return None
        dx, dy = self._random.normal(0.0, CLICK_NOISE_PX, 2)
        centre = columns.mean() + 0.5 + dx, rows.mean() + 0.5 + dy
        x, y = (float(np.clip(value, 0, size - 1)) for value in centre)
        return x, y
