"""`KINDS` maps the name of each kind of vision to its class, for loading and training."""

from typing import TYPE_CHECKING

from ...sim_envs.errors import PlugInError, UnknownName
from ...sim_envs.lazy_classes import LazyClasses
from ...sim_envs.plug_ins import Group, is_plug_in, plug_in, plug_ins

if TYPE_CHECKING:
    from .protocol import Vision

KEYPOINTS, END_TO_END = "keypoints", "end-to-end"
"""The kinds that a training can begin from."""
KINDS: LazyClasses["Vision"] = LazyClasses(
    __name__,
    {
        KEYPOINTS: ("keypoints", "KeypointVision"),
        END_TO_END: ("end_to_end", "EndToEnd"),
        "pointing": ("grasp_pointing", "GraspPointing"),
        "object-pointing": ("object_pointing", "ObjectPointing"),
    },
)


def vision_class(name: str) -> "type[Vision]":
    """The kind of vision of this name, built in or a plug-in; UnknownName where there is none."""
    if name in KINDS:
        return KINDS[name]
    if not is_plug_in(Group.VISIONS, name):
        raise UnknownName("vision", name, (*KINDS, *plug_ins(Group.VISIONS)))
    from .protocol import Vision

    kind = plug_in(Group.VISIONS, name)
    if not (isinstance(kind, type) and issubclass(kind, Vision)):
        raise PlugInError(f"plug-in {name!r} ({Group.VISIONS.value}) is not a Vision but {kind!r}")
    return kind
