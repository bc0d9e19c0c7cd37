"""`novelty_beyond` is the end of novelty's scale, beyond all familiar scenes.

Novelty and the rules of help requests use it.
"""

MOST_FAMILIAR_SCENES = 0.9995
"""Novelty of the most unusual familiar scene; stranger ones lie between this and 1."""


def novelty_beyond(ratio: float) -> float:
    """Novelty of a scene `ratio` >= 1 times as unusual as the most unusual familiar one, below 1.

    No probability, only an order: a quantile would be 1 for all of them, though policies succeed
    just outside of what they know and fail far outside (measured: docs/evidence.md, help requests).
    """
    return 1.0 - (1.0 - MOST_FAMILIAR_SCENES) / ratio
