"""`EpisodeFilter` says which episodes a browser wants listed, and in which order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from ....datasets.judgements.judgement_state import ResolvedJudgements
from ....datasets.step import Level
from ....datasets.summary import EpisodeSummary
from ....sim_envs.errors import BadValue
from ...session.levels import name
from .library import NONE_STANDS

CHOICES: Mapping[str, tuple[str, ...]] = {
    "outcome": ("", "success", "failure", "unknown"),
    "judged": ("", "yes", "no", "disputed"),
    "driver": ("", "human", "policy", "both"),
    "takeovers": ("", "some", "none"),
    "excluded": ("", "no", "yes"),
    "order": ("newest", "oldest", "longest", "takeovers"),
}
"""What each filter may say; empty for any."""
LONGEST_TEXT = 100


@dataclass(frozen=True)
class EpisodeFilter:
    """All of these have to hold; empty texts hold always."""

    outcome: str = ""
    judged: str = ""
    driver: str = ""
    takeovers: str = ""
    excluded: str = ""
    order: str = "newest"
    text: str = ""
    """In the id, the operator, the policy, the level, the goal or a tag."""

    @classmethod
    def of(cls, query: QueryParams) -> "EpisodeFilter":
        """A filter by the query of an address; BadValue for what a filter cannot say."""
        values = {}
        for key, known in CHOICES.items():
            values[key] = query.get(key, known[0])
            if values[key] not in known:
                words = ", ".join(word or "nothing" for word in known)
                raise BadValue(f"filter {key}", f"one of {words}", repr(values[key][:40]))
        return cls(**values, text=query.get("text", "")[:LONGEST_TEXT].casefold())

    def chosen(
        self, summaries: Iterable[EpisodeSummary], stands: Mapping[str, ResolvedJudgements]
    ) -> list[EpisodeSummary]:
        """The episodes that are wanted, in the wanted order."""
        found = [s for s in summaries if self._wants(s, stands.get(s.id, NONE_STANDS))]
        if self.order == "newest":
            found.reverse()
        elif self.order == "longest":
            found.sort(key=lambda summary: -summary.steps)
        elif self.order == "takeovers":
            found.sort(key=lambda summary: -summary.takeovers)
        return found

    def _wants(self, summary: EpisodeSummary, stands: ResolvedJudgements) -> bool:
        given = stands.success is not None
        judged = {"": True, "yes": given, "no": not given, "disputed": stands.disputed}
        takeovers = {"": True, "some": summary.takeovers > 0, "none": summary.takeovers == 0}
        excluded = {"": True, "yes": stands.excluded, "no": not stands.excluded}
        return (
            self.outcome in ("", outcome(summary, stands))
            and judged[self.judged]
            and takeovers[self.takeovers]
            and excluded[self.excluded]
            and self.driver in ("", driven_by(summary))
            and self.text in _words(summary, stands)
        )


def outcome(summary: EpisodeSummary, stands: ResolvedJudgements) -> str:
    """Success, failure or unknown: what people say, else what was recorded."""
    if stands.success is None:
        return summary.success_label
    return "success" if stands.success else "failure"


def driven_by(summary: EpisodeSummary) -> str:
    """Who drove: human, policy, or both."""
    if summary.human_steps == 0:
        return "policy"
    return "human" if summary.human_steps == summary.steps else "both"


def level_words(summary: EpisodeSummary) -> str:
    """The name of the episode's level."""
    return name(Level(summary.header.level))


def _words(summary: EpisodeSummary, stands: ResolvedJudgements) -> str:
    header = summary.header
    parts = (summary.id, header.operator, header.policy_id or "", header.goal, level_words(summary))
    return "\n".join([*parts, *stands.tags]).casefold()
