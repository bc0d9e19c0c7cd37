"""World wraps a PyBullet client, which ArmEnv, tasks and renderers use by names of bodies."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .appearance import PLAIN, Appearance
from .engine import pybullet, pybullet_data
from .primitives import IDENTITY_QUAT, Part, shape_arguments
from .rotations import Vector

PHYSICS_HZ = 240
GRAVITY_M_S2 = 9.81
ROLLING_FRICTION = 0.0005
BODY_STATE_SIZE = 13
"""Position 3, quaternion 4, linear velocity 3, angular velocity 3."""


@dataclass(frozen=True)
class Pose:
    """Where a body or link is, in the frame of the robot's base."""

    position: Vector
    """Metres, [3]."""
    quat: Vector
    """Unit quaternion xyzw, [4]."""


class NotCopied:
    """Holds a physics world, which a copy or a pickle would share: both are refused."""

    def __reduce__(self) -> str:
        raise TypeError(
            f"a {type(self).__name__} cannot be copied or pickled: the copy would move the same "
            "physics world. snapshot() and restore() go back to a moment of an episode; another "
            "environment with the same keywords, seed and actions is the same bit for bit"
        )


class World(NotCopied):
    """One headless physics client; bodies have names, and dynamic ones have a recorded state."""

    def __init__(self) -> None:
        self._client: int = pybullet.connect(pybullet.DIRECT)
        self.bodies: dict[str, int] = {}
        self.dynamic: list[str] = []
        self.labels: dict[int, int] = {}
        self.look: Appearance = PLAIN
        """Light, tints and textures; change it by dress()."""
        self.appearance = 0
        """Counts changes, so that a renderer knows when its copy of the shapes is stale."""

    @property
    def client(self) -> int:
        """The id that PyBullet's functions take as physicsClientId."""
        return self._client

    @property
    def is_open(self) -> bool:
        """False after close()."""
        return self._client >= 0

    def close(self) -> None:
        """Disconnect; closing twice is safe."""
        if self.is_open:
            pybullet.disconnect(self._client)
            self._client = -1

    def clear(self) -> None:
        """Remove everything: a rebuilt world repeats bit for bit, a used one does not."""
        pybullet.resetSimulation(physicsClientId=self._client)
        pybullet.setGravity(0, 0, -GRAVITY_M_S2, physicsClientId=self._client)
        pybullet.setPhysicsEngineParameter(
            fixedTimeStep=1 / PHYSICS_HZ,
            deterministicOverlappingPairs=1,
            physicsClientId=self._client,
        )
        self.bodies.clear()
        self.dynamic.clear()
        self.labels.clear()
        self.dress(PLAIN)

    def dress(self, look: Appearance) -> None:
        """Set the appearance of bodies that are added from now on, and the light."""
        self.look = look
        self.appearance += 1

    def add(
        self,
        name: str,
        parts: Sequence[Part],
        position: ArrayLike,
        quat: ArrayLike = IDENTITY_QUAT,
        *,
        mass_kg: float = 0.0,
        friction: float = 0.8,
        rolling_friction: float = ROLLING_FRICTION,
        label: int = 0,
        solid: bool = True,
        material: str | None = None,
    ) -> None:
        """Add a body of `parts` at a position [3] and quat [4]; static when its mass is zero.

        `label` is its class. `material` is the key of its tint in the appearance; the body's own
        name unless given.
        """
        collision, visual = self._shapes(parts, solid, material or name)
        body = pybullet.createMultiBody(
            mass_kg,
            collision,
            visual,
            np.asarray(position, np.float64).tolist(),
            np.asarray(quat, np.float64).tolist(),
            physicsClientId=self._client,
        )
        self.register(name, body, label, dynamic=mass_kg > 0)
        pybullet.changeDynamics(
            body,
            -1,
            lateralFriction=friction,
            rollingFriction=rolling_friction,
            spinningFriction=0.002,
            physicsClientId=self._client,
        )

    def _shapes(self, parts: Sequence[Part], solid: bool, material: str) -> tuple[int, int]:
        """PyBullet's ids of the collision shape, -1 for none, and of the visual shape."""
        shapes, collision = shape_arguments(parts), -1
        offsets = [part.position for part in parts]
        turns = [part.quat for part in parts]
        if solid:
            collision = pybullet.createCollisionShapeArray(
                **shapes,
                collisionFramePositions=offsets,
                collisionFrameOrientations=turns,
                physicsClientId=self._client,
            )
        visual: int = pybullet.createVisualShapeArray(
            **shapes,
            rgbaColors=[(*self.look.colour(material, part.colour), 1.0) for part in parts],
            visualFramePositions=offsets,
            visualFrameOrientations=turns,
            physicsClientId=self._client,
        )
        return collision, visual

    def add_urdf(self, name: str, path: Path, label: int = 0) -> int:
        """Load a URDF with its base fixed at the origin; return its body id.

        PyBullet looks for meshes beside the file only, so `$PYBULLET_DATA` in it is filled in.
        """
        text = path.read_text().replace("$PYBULLET_DATA", pybullet_data.getDataPath())
        with tempfile.NamedTemporaryFile("w", suffix=".urdf") as filled:
            filled.write(text)
            filled.flush()
            body: int = pybullet.loadURDF(
                filled.name,
                useFixedBase=True,
                flags=pybullet.URDF_USE_INERTIA_FROM_FILE,
                physicsClientId=self._client,
            )
        self.register(name, body, label)
        return body

    def register(self, name: str, body: int, label: int, *, dynamic: bool = False) -> None:
        """Give a body of the engine its name and class; a dynamic one has a recorded state."""
        self.bodies[name] = body
        self.labels[body] = label
        if dynamic:
            self.dynamic.append(name)

    def pose(self, name: str) -> Pose:
        """Pose of a body's frame."""
        position, quat = pybullet.getBasePositionAndOrientation(
            self.bodies[name], physicsClientId=self._client
        )
        return Pose(np.array(position), np.array(quat))

    def speed(self, name: str) -> float:
        """Linear speed of a body, m/s."""
        linear, _ = pybullet.getBaseVelocity(self.bodies[name], physicsClientId=self._client)
        return float(np.linalg.norm(linear))

    def touching(self, first: str, second: str, link: int = -2) -> bool:
        """Whether two bodies touch; `link` asks for one link of `first`."""
        points = pybullet.getContactPoints(
            self.bodies[first],
            self.bodies[second],
            *(() if link == -2 else (link,)),
            physicsClientId=self._client,
        )
        return any(point[8] < 1e-3 for point in points or ())

    def find_contacts(self) -> None:
        """Find what touches where the bodies are, without moving them."""
        pybullet.performCollisionDetection(physicsClientId=self._client)

    def step(self) -> None:
        """Advance the physics by one step of 1 / PHYSICS_HZ seconds."""
        pybullet.stepSimulation(physicsClientId=self._client)

    def body_states(self) -> NDArray[np.float64]:
        """Pose and velocity of every dynamic body, flat [13 * bodies] in order of creation."""
        rows = []
        for name in self.dynamic:
            body = self.bodies[name]
            pose = pybullet.getBasePositionAndOrientation(body, physicsClientId=self._client)
            velocity = pybullet.getBaseVelocity(body, physicsClientId=self._client)
            rows.append(np.concatenate([*pose, *velocity]))
        return np.concatenate(rows) if rows else np.empty(0)

    def set_body_states(self, states: NDArray[np.float64]) -> None:
        """Put every dynamic body where body_states() [13 * bodies] says; not for exact replays."""
        for name, row in zip(self.dynamic, states.reshape(-1, BODY_STATE_SIZE), strict=True):
            body = self.bodies[name]
            pybullet.resetBasePositionAndOrientation(
                body, row[:3].tolist(), row[3:7].tolist(), physicsClientId=self._client
            )
            pybullet.resetBaseVelocity(
                body, row[7:10].tolist(), row[10:].tolist(), physicsClientId=self._client
            )

    def place(self, name: str, position: ArrayLike, quat: ArrayLike) -> None:
        """Put a body at rest at a position [3] and quat [4]; for making scenes only."""
        pose = np.concatenate([position, quat]).tolist()
        body = self.bodies[name]
        pybullet.resetBasePositionAndOrientation(
            body, pose[:3], pose[3:], physicsClientId=self._client
        )
        pybullet.resetBaseVelocity(body, (0, 0, 0), (0, 0, 0), physicsClientId=self._client)
