"""`KINDS` maps the name of each kind of vision to its class, for loading and training."""

from .end_to_end import EndToEnd
from .grasp_pointing import GraspPointing
from .keypoints import KeypointVision
from .object_pointing import ObjectPointing
from .protocol import Vision

KINDS: dict[str, type[Vision]] = {
    kind.name: kind for kind in (KeypointVision, EndToEnd, GraspPointing, ObjectPointing)
}
