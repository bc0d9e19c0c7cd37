"""These tests compare the gripper's dimensions with the arm's model."""

import xml.etree.ElementTree as ET
from importlib import resources

import numpy as np
import pytest

from sidestick.sim_envs.arm import FINGER_LINKS
from sidestick.sim_envs.gripper import PANDA
from sidestick.sim_envs.kinematics import TOOL_M


@pytest.fixture(scope="module")
def model() -> ET.Element:
    return ET.fromstring((resources.files("sidestick.sim_envs.assets") / "panda.urdf").read_text())


def numbers(element: ET.Element | None, attribute: str) -> np.ndarray:
    assert element is not None
    return np.array([float(number) for number in element.attrib[attribute].split()])


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_fingers_are_where_the_model_has_them(model: ET.Element, side: str) -> None:
    """Opening, middle when open, and reach beyond the end effector agree with the URDF."""
    (joint,) = (j for j in model.iter("joint") if side in j.attrib["name"])
    (link,) = (part for part in model.iter("link") if part.attrib["name"] == f"{side}_finger")
    assert numbers(joint.find("limit"), "upper")[0] == PANDA.finger_open_m
    thick = numbers(link.find("collision/geometry/box"), "size")
    middle = numbers(link.find("collision/origin"), "xyz")
    assert PANDA.finger_at_m == pytest.approx(PANDA.finger_open_m + abs(middle[1]))
    reach = numbers(joint.find("origin"), "xyz")[2] + middle[2] + thick[2] / 2
    assert PANDA.tip_m == pytest.approx(reach - TOOL_M, abs=5e-4)
    assert PANDA.lowest_m > PANDA.tip_m


def test_the_opening_is_that_of_both_fingers() -> None:
    """The opening is twice a finger's travel."""
    assert PANDA.opening_m == len(FINGER_LINKS) * PANDA.finger_open_m
