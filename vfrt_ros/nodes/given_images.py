# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The images of a request as pictures, within its limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.types.errors import FrameError, RequestError
from vfrt_ros.core.types.label import check_images
from vfrt_ros.nodes.conversions import Frame, frame_from_image


def given_images(images: Sequence[Any], settings: RecognitionSettings, outcome: str) -> list[Frame]:
    """Read the images of a request.

    Args:
        images: sensor_msgs/Image each.
        settings: With the limits of a request.
        outcome: What a refusal says of what was not done.

    Returns:
        (H, W, 3) uint8 BGR each.

    Raises:
        RequestError: There are too many, they are too large, or one cannot be read.
    """
    sizes = [(image.width, image.height) for image in images]
    check_images(sizes, most=settings.max_images, megapixels=settings.max_request_megapixels)
    pictures = []
    for number, image in enumerate(images, 1):
        try:
            pictures.append(frame_from_image(image, max_megapixels=settings.max_megapixels))
        except FrameError as error:
            raise RequestError(f"Image {number} cannot be read: {error} {outcome}") from error
    return pictures
