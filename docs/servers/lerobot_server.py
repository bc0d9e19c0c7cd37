"""A policy of LeRobot (ACT, Diffusion ...), from a folder that its `save_pretrained` wrote.

Run it in LeRobot's environment, beside answering.py: python lerobot_server.py FOLDER --port 8000
"""

from typing import Any

import torch
from answering import arguments, serve
from lerobot.configs.policies import PreTrainedConfig
from lerobot.policies.factory import get_policy_class, make_pre_post_processors

given = arguments("folder with config.json and model.safetensors")
config = PreTrainedConfig.from_pretrained(given.checkpoint)
config.device = "cpu"
policy = get_policy_class(config.type).from_pretrained(given.checkpoint, config=config)
policy.eval()
before, after = make_pre_post_processors(config, pretrained_path=given.checkpoint)


def act(observation: dict[str, Any]) -> Any:
    """One action; LeRobot keeps the rest of its chunk itself."""
    if observation.pop("reset", False):
        policy.reset()
    batch: dict[str, Any] = {"task": str(observation.pop("prompt", ""))}
    for name, value in observation.items():
        array = torch.as_tensor(value)
        picture = array.dtype == torch.uint8  # [H, W, 3]
        batch[name] = array.permute(2, 0, 1).float() / 255 if picture else array.float()
    with torch.inference_mode():
        return after(policy.select_action(before(batch)))[0].cpu().numpy()


serve(act, port=given.port)
