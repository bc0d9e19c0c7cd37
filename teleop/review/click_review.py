"""`sidestick review --of clicks`: a person shows perception where things are."""

import contextlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...datasets.episode import Episode
from ...datasets.judgements.judgement_state import not_undone
from ...datasets.judgements.judgements import CLICK, Judgement, Judgements
from ...datasets.workspace import Workspace
from ...policies.perception.click_finetuning import LEAST, Click, finetune_on_clicks
from ...policies.perception.network import Perception
from ...sim_envs.environment import ArmEnv
from ...sim_envs.errors import BadValue, DamagedFile
from ...sim_envs.task_description import is_label_of
from ..learning.workspace_training import TAUGHT, click_finetuned_perception
from ..session.environments import episode_env
from ..ui.key_input import press
from .click_window import ClickReview, ClickWindow, Picture
from .review_loop import review_window, run_window

CAMERA = "front"
STRIDE = 15
POOL = 240
HAND_PX = 1.0
"""A simulated grader's hand is this unsteady, standard deviation."""


@dataclass(frozen=True)
class ClickReport:
    """What a sitting came to, and what it taught."""

    operator: str
    clicks: int
    """In this sitting."""
    taught: int
    """Clicks that perception was fine-tuned on, of all sittings."""
    held_out: int
    before_px: float | None
    """Median error on held-out clicks before; None with too few clicks to teach."""
    after_px: float | None
    kept: bool
    """Whether the taught perception is better, and will be used by the next training."""

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def review_clicks(
    workspace: Workspace,
    operator: str,
    headless: bool = False,
    simulated: bool = False,
    count: int = 100,
) -> ClickReport:
    """Click the named item in at most `count` pictures, then fine-tune on all clicks there are."""
    if not workspace.episodes():
        raise BadValue("pictures to click on", "at least one episode", "none")
    perception = click_finetuned_perception(workspace) or shipped(workspace)
    pictures = choose_pictures(workspace, perception, count)
    with (
        review_window(headless) as (surface, pads),
        contextlib.closing(ClickReview(workspace, operator, pictures)) as pointing,
        contextlib.closing(SimulatedPointer(workspace)) as grader,
    ):
        run_window(ClickWindow(pointing, pads), surface, grader if simulated else (lambda _: None))
        said = len(pointing.writer.said)
    return learn_clicks(workspace, operator, said)


def learn_clicks(workspace: Workspace, operator: str, said: int) -> ClickReport:
    """Fine-tune the shipped perception on every click that stands; keep it where it is better."""
    clicks = list(stored_clicks(workspace))
    if len(clicks) < LEAST:
        return ClickReport(operator, said, 0, 0, None, None, False)
    gain = finetune_on_clicks(shipped(workspace), clicks)
    if gain.is_better:
        gain.perception.save(workspace.path / TAUGHT)
    before, after = round(gain.before_px, 2), round(gain.after_px, 2)
    return ClickReport(operator, said, gain.taught, gain.held_out, before, after, gain.is_better)


def shipped(workspace: Workspace) -> Perception:
    """The perception that comes with the package; PolicyError where the task has none."""
    return Perception.load_shipped(workspace.config.task)


def stored_clicks(workspace: Workspace) -> list[Click]:
    """All clicks that stand, each with its picture; those of episodes that are gone are left."""
    by_episode: dict[str, list[Judgement]] = {}
    for event in not_undone(Judgements(workspace.db_path).all()):
        if event.kind == CLICK:
            by_episode.setdefault(event.episode, []).append(event)
    found: list[Click] = []
    for path in workspace.episodes():
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
    """Pictures that nobody has clicked, those of which perception is least sure first."""
    events = not_undone(Judgements(workspace.db_path).all())
    known = {(e.episode, e.start) for e in events if e.kind == CLICK}
    rng, paths = np.random.default_rng(seed), workspace.episodes()
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
    order = np.argsort(_sureness(perception, pool), kind="stable")
    return [pool[int(place)] for place in order[:count]]


def _sureness(perception: Perception, pictures: Sequence[Picture]) -> list[float]:
    """The highest probability of the named item in each picture."""
    if not pictures:
        return []
    heat = perception.probabilities(np.stack([picture.image for picture in pictures])).numpy()
    return [
        float(maps[list(perception.config.classes_of(picture.item))].max())
        for maps, picture in zip(heat, pictures, strict=True)
    ]


class SimulatedPointer:
    """Looks at the simulator's own labels, and clicks with an unsteady hand."""

    def __init__(self, workspace: Workspace, seed: int = 0) -> None:
        self._workspace, self._random = workspace, np.random.default_rng(seed)
        self._env: ArmEnv | None = None
        self._seen = -1

    def __call__(self, page: ClickWindow) -> None:
        """Click, or pass where the item cannot be seen."""
        pointing = page.pointing
        picture = pointing.picture
        if picture is None:
            page.leave()
        elif pointing.place != self._seen:
            self._seen = pointing.place
            place = self._centre(picture)
            if place is not None:
                pointing.x, pointing.y = place
            press("n" if place is None else "enter")

    def close(self) -> None:
        """Free the simulator."""
        if self._env is not None:
            self._env.close()

    def _centre(self, picture: Picture) -> tuple[float, float] | None:
        episode = Episode.read(self._workspace.find(picture.episode), images=False)
        env = self._env = self._env or episode_env(episode)
        env.build(episode.summary.header.seed)
        env.show(episode.states[picture.step])
        size = picture.image.shape[0]
        _, classes = env.labelled(picture.camera, size, size)
        names = [i for i, name in enumerate(env.task.labels) if is_label_of(name, picture.item)]
        rows, columns = np.nonzero(np.isin(classes, names))
        if len(rows) < 4:
            return None
        dx, dy = self._random.normal(0.0, HAND_PX, 2)
        centre = columns.mean() + 0.5 + dx, rows.mean() + 0.5 + dy
        x, y = (float(np.clip(value, 0, size - 1)) for value in centre)
        return x, y
