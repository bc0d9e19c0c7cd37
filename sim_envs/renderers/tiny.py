"""TinyRenderer draws with PyBullet's own software renderer, which every machine has."""

import numpy as np
from numpy.typing import NDArray

from ..appearance import Light
from ..cameras import CameraView
from ..engine import pybullet
from ..spaces import Image
from ..world import World

ROOM, LAMP, GLOSS = 0.62, 0.42, 0.05


def light_arguments(light: Light) -> dict[str, object]:
    """A light as getCameraImage takes it."""
    return {
        "lightDirection": light.direction,
        "lightColor": light.colour,
        "lightAmbientCoeff": ROOM * light.room,
        "lightDiffuseCoeff": LAMP * light.lamp,
        "lightSpecularCoeff": GLOSS,
        "shadow": 0,
    }


class TinyRenderer:
    """Draws on the CPU in about 3 ms a picture of 96 x 96."""

    name, forks = "tiny", True

    def _camera_image(
        self, world: World, view: CameraView, width: int, height: int, flags: int
    ) -> tuple[Image, NDArray[np.int32]]:
        view_matrix = pybullet.computeViewMatrix(
            view.eye.tolist(), view.target.tolist(), view.up.tolist()
        )
        pinhole = pybullet.computeProjectionMatrixFOV(
            view.fov_deg, width / height, view.near_m, view.far_m
        )
        result = pybullet.getCameraImage(
            width,
            height,
            view_matrix,
            pinhole,
            renderer=pybullet.ER_TINY_RENDERER,
            flags=flags,
            physicsClientId=world.client,
            **light_arguments(world.look.light),
        )
        colours = np.asarray(result[2], np.uint8).reshape(height, width, 4)
        return np.ascontiguousarray(colours[:, :, :3]), np.asarray(result[4], np.int32)

    def picture(self, world: World, view: CameraView, width: int, height: int) -> Image:
        """Colours as seen from `view`, uint8 [height, width, 3], RGB."""
        flags = pybullet.ER_NO_SEGMENTATION_MASK
        return self._camera_image(world, view, width, height, flags)[0]

    def labelled(
        self, world: World, view: CameraView, width: int, height: int
    ) -> tuple[Image, NDArray[np.int64]]:
        """The picture, and the label of the body at each pixel, int64 [height, width]."""
        picture, bodies = self._camera_image(world, view, width, height, 0)
        table = np.zeros(
            max(world.labels, default=0) + 2, np.int64
        )  # the last is for "no body", -1
        for body, label in world.labels.items():
            table[body] = label
        return picture, table[bodies.reshape(height, width)]

    def close(self) -> None:
        """Do nothing: this renderer holds no resources."""
