"""How episodes came about."""

from enum import StrEnum


class Kind(StrEnum):
    """How episodes came about, and so what a policy learned from last."""

    DEMONSTRATIONS = "demonstrations"
    CORRECTIONS = "corrections"
    PRACTICE = "practice"

    @property
    def episode(self) -> str:
        """What one episode of the kind is called."""
        return {"demonstrations": "demonstration", "corrections": "supervised"}.get(self, self)
