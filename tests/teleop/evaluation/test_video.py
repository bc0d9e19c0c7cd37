"""Videos come out small, playable and faithful to the frames that went in."""

import io

import av
import numpy as np
import pytest

from sidestick.sim_envs.errors import BadValue, SidestickError
from sidestick.teleop.evaluation.video import (
    ENCODINGS,
    Encoding,
    available_encoding,
    encode,
    enlarge,
    jpeg,
)

GREY = np.full((32, 48, 3), 120, np.uint8)


def moving_bar(count: int) -> list[np.ndarray]:
    frames = [GREY.copy() for _ in range(count)]
    for index, frame in enumerate(frames):
        frame[:, index : index + 6] = (230, 159, 0)
    return frames


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda encoding: encoding.codec)
def test_every_frame_comes_back_at_its_rate(encoding: Encoding) -> None:
    """Decoding gives as many frames, of the same size and nearly the same colours."""
    frames = moving_bar(24)
    video = encode(frames, fps=20, encoding=encoding)
    with av.open(io.BytesIO(video.data)) as container:
        rate = container.streams.video[0].average_rate
        decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert rate == 20
    assert len(decoded) == len(frames)
    error = np.abs(np.stack(decoded).astype(int) - np.stack(frames)).mean()
    assert error < 12


def test_h264_is_preferred_and_declared_as_mp4() -> None:
    """PyPI's wheel has libx264, which every phone plays."""
    assert available_encoding().codec == "libx264"
    assert encode([GREY]).mime == "video/mp4"


def test_the_next_encoder_is_taken_when_one_is_missing() -> None:
    """An encoder that this build lacks is passed over; none at all raises a clear error."""
    missing = Encoding("no_such_codec", "mp4", "video/mp4", ())
    assert available_encoding((missing, ENCODINGS[1])) is ENCODINGS[1]
    with pytest.raises(SidestickError, match="no_such_codec"):
        available_encoding((missing,))


def test_same_frames_same_bytes() -> None:
    """A report made twice from the same workspace does not change."""
    assert encode(moving_bar(10)) == encode(moving_bar(10))


@pytest.mark.parametrize("dtype_and_shape", [(np.float32, (32, 48, 3)), (np.uint8, (32, 48))])
def test_a_frame_of_another_kind_is_refused(dtype_and_shape: tuple[type, tuple[int, ...]]) -> None:
    """The message names the frame, what was expected and what came."""
    dtype, shape = dtype_and_shape
    with pytest.raises(BadValue, match="frame: expected"):
        encode([np.zeros(shape, dtype)])


def test_odd_sides_are_made_even() -> None:
    """Any size can be encoded; the picture keeps its place at the top left."""
    with av.open(io.BytesIO(encode([GREY[:31, :47]] * 3).data)) as container:
        decoded = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert decoded.shape == (32, 48, 3)
    assert np.abs(decoded.astype(int) - 120).max() < 12


def test_no_frames_are_refused() -> None:
    """An empty video is a mistake of the caller, not a file of zero bytes."""
    with pytest.raises(BadValue, match="at least one frame"):
        encode([])


def test_enlarging_keeps_the_picture() -> None:
    """Four times larger, the same mean colour."""
    image = np.random.default_rng(0).integers(0, 255, (24, 24, 3), np.uint8)
    larger = enlarge(image, 4)
    assert larger.shape == (96, 96, 3)
    assert abs(float(larger.mean()) - float(image.mean())) < 3


def test_a_jpeg_is_a_jpeg() -> None:
    """It opens with JPEG's magic number and decodes to the same size."""
    data = jpeg(GREY)
    assert data[:3] == b"\xff\xd8\xff"
    with av.open(io.BytesIO(data)) as container:
        decoded = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert decoded.shape == GREY.shape
    assert np.abs(decoded.astype(int) - GREY).mean() < 3
