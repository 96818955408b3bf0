# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What is kept of a frame."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from fixtures.pictures import picture

from vfrt_ros.core.frames.observe import check_frame, look
from vfrt_ros.core.frames.recent_frames import RecentFrames
from vfrt_ros.core.frames.shrink import shrink
from vfrt_ros.core.memory.accept import check_picture
from vfrt_ros.core.types.errors import FrameError

UNIT = np.float32([1.0, 0.0])

BAD_FRAMES = {
    "None": None,
    "a list": [[[0, 0, 0]]],
    "grey": np.zeros((4, 4), np.uint8),
    "four channels": np.zeros((4, 4, 4), np.uint8),
    "one channel": np.zeros((4, 4, 1), np.uint8),
    "floats": np.zeros((4, 4, 3), np.float32),
    "signed": np.zeros((4, 4, 3), np.int8),
    "no rows": np.zeros((0, 4, 3), np.uint8),
    "no columns": np.zeros((4, 0, 3), np.uint8),
    "a batch": np.zeros((1, 4, 4, 3), np.uint8),
}


@pytest.mark.parametrize("frame", BAD_FRAMES.values(), ids=BAD_FRAMES.keys())
def test_check_frame_refuses_what_is_no_picture(frame) -> None:
    with pytest.raises(FrameError, match=r"must be \(H, W, 3\) uint8 BGR") as caught:
        check_frame(frame)
    assert caught.value.kind == "shape"


@pytest.mark.parametrize("shape", [(1, 1, 3), (480, 640, 3), (3, 2000, 3)])
def test_check_frame_takes_every_size(shape) -> None:
    frame = np.full(shape, 7, np.uint8)
    check_frame(frame)
    assert frame.shape == shape and (frame == 7).all()


SIZES = {
    "smaller stays": ((100, 200), (100, 200)),
    "exactly 256 stays": ((256, 300), (256, 300)),
    "wide": ((480, 640), (256, 341)),
    "tall": ((1024, 512), (512, 256)),
    "a line": ((1, 5000), (1, 5000)),
    "a panorama": ((256, 20000), (58, 4525)),
    "a long line": ((1, 70000), (1, 8192)),
    "a tall line": ((70000, 3), (8192, 1)),
}


@pytest.mark.parametrize(("size", "expected"), SIZES.values(), ids=SIZES.keys())
def test_shrink_brings_the_short_side_to_256_at_most(size, expected) -> None:
    assert shrink(np.zeros((*size, 3), np.uint8)).shape == (*expected, 3)


PANORAMAS = [(256, 20000), (20000, 256), (1, 70000), (70000, 1), (1, 1), (2000, 9000), (3, 3)]


@pytest.mark.parametrize("size", PANORAMAS)
def test_a_picture_of_any_shape_is_kept_as_a_small_jpeg(size) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    seen = look(noise).encoded(np.ones(1, np.float32), None)
    assert seen.thumbnail()
    check_picture(seen.thumbnail())
    RecentFrames().add(seen)


def test_shrink_gives_a_copy_since_the_frame_may_be_used_again() -> None:
    frame = picture("red")
    shrink(frame)[:] = 0
    assert frame.any()


def test_observe_measures_and_keeps_a_picture_that_can_be_stored() -> None:
    observation = look(picture("red", size=(640, 480))).encoded(UNIT, 1.5)
    assert observation.quality.rejection() is None
    assert observation.stamp == 1.5
    stored = cv2.imdecode(np.frombuffer(observation.thumbnail(), np.uint8), cv2.IMREAD_COLOR)
    assert stored.shape == (256, 341, 3)
    assert abs(stored.astype(float) - observation.small).mean() < 12
