"""These functions say which perception a workspace trains on, and put a new one in its place.

`sidestick pretrain WS` makes one for the workspace's own scenes, clicks in `sidestick
review` finetune it, and every training asks here. Without either it is the one that is shipped.
Whether there is one is known without PyTorch; only loading one needs it.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ...datasets.recorded_spec import BUILT_IN
from ...datasets.workspace import Workspace
from ...policies.perception.shipped_weights import shipped_weights

if TYPE_CHECKING:
    from ...policies.perception.network import Perception

PRETRAINED_PERCEPTION = "pretrained.safetensors"
"""File in the workspace: perception pretrained on scenes like its own."""
FINETUNED_PERCEPTION = "perception.safetensors"
"""File in the workspace: the perception it would have otherwise, finetuned on people's clicks."""


def own_perception(workspace: Workspace) -> "Perception | None":
    """Perception of the workspace's own; None where it has none, and the shipped one holds."""
    from ...policies.perception.network import Perception

    for name, origin in (
        (FINETUNED_PERCEPTION, "finetuned on this workspace's clicks"),
        (PRETRAINED_PERCEPTION, "pretrained for this workspace"),
    ):
        if (workspace.path / name).exists():
            return Perception.load(workspace.path / name, f"{origin} ({name})")
    return None


def has_perception(workspace: Workspace | None) -> bool:
    """Whether there is perception to train on: the workspace's own, or one shipped for its task."""
    if workspace is None:
        return True
    own = (FINETUNED_PERCEPTION, PRETRAINED_PERCEPTION)
    config = workspace.config
    shipped = shipped_weights(config.task, config.variation)
    known = config.spec == BUILT_IN and shipped.is_file()
    return known or any((workspace.path / name).exists() for name in own)


def unclicked_perception(workspace: Workspace) -> "Perception":
    """What clicks finetune: perception pretrained for the workspace, else the shipped one.

    PolicyError where there is neither.
    """
    from ...policies.perception.network import Perception

    path, config = workspace.path / PRETRAINED_PERCEPTION, workspace.config
    if path.exists():
        return Perception.load(path)
    return Perception.load_shipped(config.task, config.variation)


def put_pretrained(workspace: Workspace, weights: Path) -> None:
    """Move a file of pretrained weights into its place in the workspace.

    A finetuned perception goes first: it was finetuned from other weights. Its clicks are in the
    database, and finetune the new one.
    """
    (workspace.path / FINETUNED_PERCEPTION).unlink(missing_ok=True)
    os.replace(weights, workspace.path / PRETRAINED_PERCEPTION)
