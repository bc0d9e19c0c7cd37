"""A policy of robomimic, from a checkpoint that is read without running pickled code.

Run it in robomimic's environment, beside answering.py: python robomimic_server.py FILE.pth
"""

from typing import Any

import numpy as np
import robomimic.utils.file_utils as files
import robomimic.utils.obs_utils as obs
import torch
from answering import arguments, serve

given = arguments("a .pth file of robomimic")
# weights_only: tensors, numbers and text are read, anything else in the file is refused
read = torch.load(given.checkpoint, map_location="cpu", weights_only=True)
policy, _ = files.policy_from_checkpoint(device=torch.device("cpu"), ckpt_dict=read)
policy.start_episode()


def act(observation: dict[str, Any]) -> Any:
    """One action."""
    if observation.pop("reset", False):
        policy.start_episode()
    seen = {
        name: obs.process_obs(np.asarray(value), obs_key=name)
        for name, value in observation.items()
    }
    return policy(seen)


serve(act, port=given.port)
