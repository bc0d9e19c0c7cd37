"""A policy that goes straight on, for tests of what people judge of plans."""

import numpy as np

from sidestick.policies.base.plan import Plan


class Straight:
    """A policy that goes straight on; its novelty grows with x of the end effector."""

    chunk, execute = 16, 8

    def reset(self) -> None:
        """Do nothing: the policy has no state."""

    def plan(self, observation: dict[str, np.ndarray]) -> Plan:
        """The same plan everywhere."""
        actions = np.zeros((16, 7), np.float32)
        actions[:, 0], actions[:, 6] = 0.4, -1.0
        return Plan(actions, np.zeros_like(actions), float(observation["ee_pos"][0] % 1))
