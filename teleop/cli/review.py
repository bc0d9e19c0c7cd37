"""`sidestick review` lets a reviewer judge recorded episodes, predictions or clicks."""

import contextlib
from dataclasses import dataclass
from typing import ClassVar, Literal

from ...datasets.judgements.counting_words import MACHINE
from ...datasets.workspace import Workspace
from ...sim_envs.errors import BadValue
from ..devices.settings import operator_name
from .chosen_policy import choice_json, take_policy
from .console import print_json, progress, say, working
from .endings import asked_and_made, say_ending
from .numbers import Count
from .subcommand import DONE, Device, EpisodeName, Person, WorkspacePath
from .unused_options import refuse_unused


@dataclass(frozen=True)
class Review:
    """Judge, label, trim and explain recorded episodes, with one key each; h shows the keys."""

    if_interrupted: ClassVar[str] = (
        "what was judged is kept; the same command goes on with the rest"
    )

    workspace: WorkspacePath
    """Folder of the workspace."""
    of: Literal["episodes", "predictions", "clicks"] = "episodes"
    """What is judged: episodes, a policy's predictions, or where objects are in the images."""
    policy: str | None = None
    """Whose predictions; those of the policy that drives unless given."""
    episode: EpisodeName | None = None
    """Only this one: its id, a part of it, or its place (-1 is the last)."""
    operator: Person = None
    """Name of the person who judges, for the records."""
    headless: bool = False
    """Open no window; needs --driver simulated, or --of clicks: perception then only learns from
    the clicks that there are, as from those given in a browser."""
    driver: Literal["person", "simulated"] = "person"
    """What reviews: a person at the keys, or the simulated reviewer."""
    episodes: Count | None = None
    """Most to judge; unless given, all episodes, or 100 predictions or clicks."""
    device: Device | None = None
    """What the network runs on that makes predictions; the CPU unless given."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Run the review, and report."""
        simulated = self.driver == "simulated"
        learns = self.headless and not simulated and self.of == "clicks"
        if learns:
            refuse_unused(self, "with --headless", ("episodes", "operator"))
        elif self.headless and not simulated:
            raise BadValue("--headless", "--driver simulated with it", "--driver person")
        if self.of != "predictions":
            refuse_unused(self, f"with --of {self.of}", ("policy", "device"))
        if self.of != "episodes":
            refuse_unused(self, f"with --of {self.of}", ("episode",))
        if simulated:
            refuse_unused(self, "with --driver simulated", ("operator",))
        workspace = Workspace.open(self.workspace)
        operator = MACHINE if simulated else self.operator or operator_name()
        if self.of != "episodes":
            return self._review_images(workspace, operator, simulated)
        from ..review.review_loop import review_episodes  # it loads PyTorch

        with working("judging") if self.headless else contextlib.nullcontext():
            report = review_episodes(
                workspace, operator, self.episode, self.headless, simulated, self.episodes
            )
        if self.json:
            print_json(report.to_json())
        else:
            say(
                f"{report.judged} episodes judged by {operator}, {report.per_minute} a minute, "
                f"{report.left} left; longest wait {report.longest_wait_ms} ms"
            )
            if self.episodes is not None:
                say(asked_and_made(self.episodes, report.judged, "episode", "judged"))
            say_ending(f"{report.judgements} judgements", self.workspace, "train")
        return DONE

    def _review_images(self, workspace: Workspace, operator: str, simulated: bool) -> int:
        """Review predictions or clicks."""
        from ..review.click_review import learn_clicks, review_clicks  # these load PyTorch
        from ..review.predictions import POOL
        from ..review.run_predictions import COUNT, review_predictions

        if self.of == "predictions":
            if self.device is None:
                say("networks run on cpu")
            choice = take_policy(workspace, self.policy)
            report = review_predictions(
                workspace, operator, choice.policy_id, self.headless, simulated,
                self.episodes or COUNT, lambda: progress("plans", POOL),
            )  # fmt: skip
            more = choice_json(choice) if self.json else {}
            found = {**report.to_json(), **more}
        elif self.headless and not simulated:
            found = learn_clicks(workspace, operator, 0).to_json()
        else:
            found = review_clicks(
                workspace, operator, self.headless, simulated, self.episodes or COUNT
            ).to_json()
        if self.json:
            print_json(found)
        else:
            words = (f"{key.replace('_', ' ')} {_word(value)}" for key, value in found.items())
            say(", ".join(words))
        return DONE


def _word(value: object) -> str:
    """A value of a report, for people."""
    words = {None: "unknown", True: "yes", False: "no"}
    return words[value] if value is None or isinstance(value, bool) else str(value)
