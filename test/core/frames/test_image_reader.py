# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The reader of a topic: either message, one remark for what is assumed, one range for deep pictures."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from fixtures.picture_messages import Compressed, Message, message_of, scene

from vfrt_ros.core.frames.image_reader import ImageReader
from vfrt_ros.core.types.errors import FrameError

SCENE = scene()


def thermal(high: int) -> Message:
    counts = np.linspace(7800, high, 64 * 48).reshape(48, 64).astype("<u2")
    return Message("mono16", 64, 48, 128, counts.tobytes())


def test_raw_and_compressed_messages_are_read() -> None:
    reader = ImageReader()
    np.testing.assert_array_equal(reader.read(message_of("bgr8", SCENE)), SCENE)
    png = Compressed(cv2.imencode(".png", SCENE)[1].tobytes(), "png")
    np.testing.assert_array_equal(reader.read(png), SCENE)


def test_what_an_untyped_encoding_is_taken_as_is_told_once() -> None:
    told: list[str] = []
    reader = ImageReader(told.append)
    message = message_of("8UC3", SCENE)
    for other in (message, message, replace(message, encoding="8uc3 "), message_of("bgr8", SCENE)):
        reader.read(other)
    assert len(told) == 1
    assert "8UC3" in told[0]
    assert "bgr8" in told[0]


def test_a_topic_keeps_its_range_and_another_one_has_its_own() -> None:
    reader = ImageReader()
    first = reader.read(thermal(8200))
    again = reader.read(thermal(8500))
    assert np.abs(again.astype(int) - ImageReader().read(thermal(8500))).max() > 50
    assert np.abs(reader.read(thermal(8200)).astype(int) - first).max() <= 12


def test_the_limit_is_the_callers() -> None:
    with pytest.raises(FrameError, match=r"limit of 0\.001 megapixels"):
        ImageReader().read(message_of("bgr8", SCENE), max_megapixels=0.001)
