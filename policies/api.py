"""This module re-exports the public names of `sidestick.policies`.

Another program drives with a policy from here; neither a simulator nor a screen is needed.

    from sidestick.policies.api import load_policy

    policy = load_policy("shelf")                 # a workspace, or one policy's own folder
    policy.reset()                                # an episode begins
    action = policy.act(observation)              # float32[A] in [-1, 1], at each control tick

| name | purpose |
|---|---|
| `load_policy` | the policy of a workspace that drives, or the one of a number |
| `ActingPolicy` | `reset()` and `act(observation)`; plans are kept and renewed inside |
| `Input` | type and shape of an entry of the observations, see `ActingPolicy.inputs` |

Everything else may change between versions.
"""

from .acting_policy import ActingPolicy, Input
from .acting_policy import load_acting_policy as load_policy

__all__ = ["ActingPolicy", "Input", "load_policy"]
