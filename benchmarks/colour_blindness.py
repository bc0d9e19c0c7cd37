"""This benchmark tells how far apart the window's colours are for people who see fewer of them.

    python -m benchmarks.colour_blindness [--picture FILE OUT]

Colours are turned into what a protanope, a deuteranope and a tritanope see by the matrices of
G. M. Machado, M. M. Oliveira and L. A. F. Fernandes, "A Physiologically-based Model for Simulation
of Color Vision Deficiency", IEEE TVCG 15(6), 2009 (severity 1, on linear RGB). It prints JSON: for
each group of colours that must be told apart, the nearest pair and its distance in CIELAB (CIE76).
With `--picture` it draws a screenshot three times, as each of them sees it.
"""

import argparse
import json
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sidestick.datasets.step import Driver
from sidestick.sim_envs.making import make_task_env
from sidestick.sim_envs.tasks import TASKS
from sidestick.teleop.session.driver_styles import DRIVER_STYLES
from sidestick.teleop.ui.palette import FAINT, GREEN, MINT, TEXT, VERMILION, YELLOW

SEEN_BY: Mapping[str, NDArray[np.float64]] = {
    "everybody else": np.eye(3),
    "protanopes": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopes": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopes": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
"""From linear sRGB, white D65."""
WHITE = TO_XYZ.sum(axis=1)
LINEAR_BELOW, LAB_LINEAR_BELOW = 0.04045, (6 / 29) ** 3


def linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear RGB of sRGB values in [0, 1], [..., 3]."""
    return np.where(srgb <= LINEAR_BELOW, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def srgb(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of `linear`, cut to [0, 1]."""
    cut = np.clip(light, 0.0, 1.0)
    return np.where(cut <= LINEAR_BELOW / 12.92, cut * 12.92, 1.055 * cut ** (1 / 2.4) - 0.055)


def lab(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIELAB [..., 3] of linear RGB."""
    share = np.clip(light, 0.0, 1.0) @ TO_XYZ.T / WHITE
    curved = np.where(share > LAB_LINEAR_BELOW, np.cbrt(share), share * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(curved, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def groups() -> dict[str, dict[str, tuple[float, ...]]]:
    """The colours that must be told apart, by what they mean; sRGB in [0, 255]."""
    found: dict[str, dict[str, tuple[float, ...]]] = {
        "who drives": {
            **{driver.name.lower(): DRIVER_STYLES[driver].colour for driver in Driver},
            "help or stall": VERMILION,
        },
        "ring": {"holds what is wanted": MINT, "holds another": VERMILION, "holds nothing": TEXT},
        "stage light": {"done": MINT, "now": YELLOW, "to come": FAINT},
        "cards": {"good": GREEN, "bad": VERMILION, "plain": FAINT},
    }
    for task in TASKS:
        env = make_task_env(task, image_size=16)
        env.build(0)
        boxes = {item.container.name: item.container.colour for item in env.task.objects}
        env.close()
        if len(boxes) > 1:
            found[f"chips of {task}"] = {
                name: tuple(255 * part for part in colour[:3]) for name, colour in boxes.items()
            }
    return found


def nearest(colours: Mapping[str, tuple[float, ...]]) -> dict[str, list[object]]:
    """The pair that is hardest to tell apart, and its distance, for each kind of eye."""
    found: dict[str, list[object]] = {}
    for eye, matrix in SEEN_BY.items():
        places = {
            name: lab(linear(np.array(colour) / 255) @ matrix.T) for name, colour in colours.items()
        }
        apart = {
            pair: float(np.linalg.norm(places[pair[0]] - places[pair[1]]))
            for pair in combinations(places, 2)
        }
        closest = min(apart, key=lambda pair: apart[pair])
        found[eye] = [*closest, round(apart[closest], 1)]
    return found


def draw(picture: Path, out: Path) -> None:
    """Save a screenshot as each kind of eye sees it, one below the other."""
    pixels = np.asarray(Image.open(picture).convert("RGB"), np.float64) / 255
    seen = [srgb(linear(pixels) @ matrix.T) for eye, matrix in SEEN_BY.items() if eye[-1] == "s"]
    Image.fromarray((np.concatenate(seen) * 255).round().astype(np.uint8)).save(out)


def main() -> None:
    """Print every group, or draw a picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=Path, nargs=2, metavar=("FILE", "OUT"))
    asked = parser.parse_args()
    if asked.picture:
        draw(*asked.picture)
        return
    for what, colours in groups().items():
        print(json.dumps({"colours": what, **nearest(colours)}), flush=True)


if __name__ == "__main__":
    main()
