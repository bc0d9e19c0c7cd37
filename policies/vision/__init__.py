"""Every kind of vision by its name, and how it is built, without weights, from its settings."""

from collections.abc import Callable
from typing import Any

from .end_to_end import EndToEnd
from .grasp_pointing import Pointing
from .keypoints import KeypointVision
from .protocol import Vision

Builder = Callable[[dict[str, Any]], Vision]
BUILDERS: dict[str, Builder] = {
    kind.name: kind.from_settings for kind in (KeypointVision, EndToEnd, Pointing)
}
