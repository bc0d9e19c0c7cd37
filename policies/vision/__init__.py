"""`KINDS` maps the name of each kind of vision to its class, for loading and training."""

from ...sim_envs.errors import PlugInError, UnknownName
from ...sim_envs.plug_ins import Group, is_plug_in, plug_in, plug_ins
from .end_to_end import EndToEnd
from .grasp_pointing import GraspPointing
from .keypoints import KeypointVision
from .object_pointing import ObjectPointing
from .protocol import Vision

KINDS: dict[str, type[Vision]] = {
    kind.name: kind for kind in (KeypointVision, EndToEnd, GraspPointing, ObjectPointing)
}


def vision_class(name: str) -> type[Vision]:
    """The kind of vision of this name, built in or a plug-in; UnknownName where there is none."""
    if name in KINDS:
        return KINDS[name]
    if not is_plug_in(Group.VISIONS, name):
        raise UnknownName("vision", name, (*KINDS, *plug_ins(Group.VISIONS)))
    kind = plug_in(Group.VISIONS, name)
    if not (isinstance(kind, type) and issubclass(kind, Vision)):
        raise PlugInError(f"plug-in {name!r} ({Group.VISIONS.value}) is not a Vision but {kind!r}")
    return kind
