"""This module writes and reads weights as safetensors, atomically and without pickle.

Policies, perception networks and the states of trainings are stored by it.
"""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from ...datasets.files.decoding import parsed_json
from ...sim_envs.errors import PolicyError
from .json_files import write_bytes
from .weights_file import require_weights

Tensors = dict[str, Tensor]
Metadata = dict[str, Any]
HEADER = "sidestick"
"""Key of our metadata in the file's header."""
CHECKSUM = "crc32"
"""Key in our metadata of the checksum: the format itself does not notice a flipped bit."""


def checksum(tensors: Mapping[str, Tensor]) -> str:
    """CRC32 over names and bytes of all tensors, as eight hexadecimal digits."""
    crc = 0
    for name in sorted(tensors):
        flat = tensors[name].detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        crc = zlib.crc32(flat.numpy().data, zlib.crc32(name.encode(), crc))
    return f"{crc:08x}"


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Metadata) -> None:
    """Replace `path` by a safetensors file with a checksum and `metadata`, JSON, in its header.

    The metadata has one key: the format does not order several, and equal weights must give
    equal files.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    ours = json.dumps({**metadata, CHECKSUM: checksum(plain)}, sort_keys=True)
    write_bytes(path, save(plain, {HEADER: ours}))


def read_tensors(path: Path) -> tuple[Tensors, Metadata]:
    """Tensors and metadata that `write_tensors` wrote; PolicyError for any other file."""
    try:
        require_weights(path)
        with safe_open(path, framework="pt") as file:
            header = (file.metadata() or {}).get(HEADER, "null")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = parsed_json(header, "metadata")
    except (SafetensorError, OSError, ValueError) as error:
        raise PolicyError(f"{path}: damaged or not a safetensors file ({error})") from None
    if not isinstance(metadata, dict) or CHECKSUM not in metadata:
        raise PolicyError(f"{path}: not written by Sidestick (no checksum in its header)")
    if metadata[CHECKSUM] != checksum(tensors):
        raise PolicyError(f"{path}: damaged, its weights do not match their checksum")
    return tensors, metadata


def load_state(module: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Copy `tensors` into `module`; PolicyError names `path` if names or shapes differ."""
    try:
        module.load_state_dict(dict(tensors), strict=True)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise PolicyError(f"{path}: weights do not fit the network ({reason[:300]})") from None
