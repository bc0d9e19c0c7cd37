"""Image augmentations for training, which do not change the correct action.

The kinds of vision that learn from images apply them to a batch.
"""

import torch
from torch import Tensor


def shifts(batch: int, pad: int, generator: torch.Generator) -> Tensor:
    """How far to shift each image, (2, B) pixels up and to the left, up to `pad`."""
    return torch.randint(-pad, pad + 1, (2, batch), generator=generator)


def shifted(images: Tensor, by: Tensor) -> Tensor:
    """uint8 (B, H, W, 3) shifted by (2, B) pixels up and to the left, edges repeated.

    Both axes are shifted by one gather.
    """
    batch, height, width, _ = images.shape
    rows = (torch.arange(height) + by[0, :, None]).clamp_(0, height - 1).to(images.device)
    columns = (torch.arange(width) + by[1, :, None]).clamp_(0, width - 1).to(images.device)
    which = torch.arange(batch, device=images.device)
    return images[which[:, None, None], rows[:, :, None], columns[:, None, :]]


def random_shift(images: Tensor, pad: int, generator: torch.Generator) -> Tensor:
    """Shift each image by up to `pad` pixels, edges repeated (DrQ-v2, Yarats 2021, 3.1).

    images: uint8 (B, H, W, 3), the same out.
    """
    return shifted(images, shifts(len(images), pad, generator))


def random_colour(pixels: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """Change each image's brightness, contrast and the strength of each colour by up to `most`.

    pixels: (B, 3, H, W) in [-1, 1], the same out. As in SimCLR (Chen 2020, appendix A), without
    the change of hue, which would turn one named item into another.
    """
    draws = 2 * torch.rand(len(pixels), 5, generator=generator).to(pixels.device) - 1
    brightness, contrast, gain = (most * draws).tensor_split((1, 2), dim=1)
    light = (pixels + 1) * (1 + gain + brightness)[:, :, None, None] - 1
    middle = light.mean((1, 2, 3), keepdim=True)
    changed: Tensor = middle + (light - middle) * (1 + contrast)[:, :, None, None]
    return changed.clamp(-1, 1)
