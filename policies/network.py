"""`PolicyNetwork` joins vision and head into one module; `state_for_disk` gives its weights.

Training and `LearnedPolicy` call it with prepared inputs.
"""

import torch
from torch import Tensor, nn

from ..sim_envs.errors import BadValue
from .base.torch_setup import as_tensor
from .heads.head import Head
from .task_features.features import Columns
from .vision.protocol import Batch, Vision


class PolicyNetwork(nn.Module):
    """Vision and head as one module, so that weights have one set of names."""

    def __init__(self, vision: Vision, head: Head, history: int = 1) -> None:
        super().__init__()
        self.vision = vision
        self.head = head
        self.history = history

    def encode(
        self, batch: Batch, noise: torch.Generator | None = None, dropout: float = 0.0
    ) -> Tensor:
        """Prepared inputs (B * history, ...) to the head's input, (B, history * size).

        With `noise`, in training, proprioception is zeroed in a share `dropout` of the windows.
        """
        return self._head_input(self.vision(batch, noise), noise, dropout)

    def encode_with_loss(
        self, batch: Batch, marks: Tensor, noise: torch.Generator, dropout: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """What `encode` gives in training, and the loss of vision on the marks, a scalar.

        marks (B, marks, 2), see `GraspSupervision.marks`.
        """
        supervision = self.vision.grasp_supervision
        if supervision is None:
            raise BadValue("marks", "vision that learns from grasps", self.vision.name)
        x, loss = supervision.taught(batch, marks, noise)
        return self._head_input(x, noise, dropout), loss

    def _head_input(self, x: Tensor, noise: torch.Generator | None, dropout: float) -> Tensor:
        x = x.float().reshape(-1, self.history, self.vision.size)
        if noise is not None and dropout:
            hidden = torch.rand(len(x), 1, 1, generator=noise).to(x.device) < dropout
            body = self.vision.body_names
            own = torch.tensor([name in body for name in self.vision.names], device=x.device)
            x = x.masked_fill(hidden & own, 0.0)
        return x.flatten(1)


def state_for_disk(network: PolicyNetwork) -> dict[str, Tensor]:
    """All weights by name: frozen ones as float16, as shipped, trained ones as float32."""
    trained = {name for name, p in network.named_parameters() if p.requires_grad}
    state = network.state_dict()
    return {name: t if name in trained else t.half() for name, t in state.items()}


def as_batch(inputs: Columns) -> Batch:
    """Numpy columns (B, ...) as tensors of the same shapes."""
    return {key: as_tensor(value) for key, value in inputs.items()}
