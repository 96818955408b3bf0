# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The service `recognise`: what given images show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vfrt_msgs.srv import Recognise
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.errors import FrameError, RequestError
from vfrt_ros.core.types.label import check_images
from vfrt_ros.core.types.region import Region, RegionFault, check_regions
from vfrt_ros.nodes.conversions import Frame, frame_from_image
from vfrt_ros.nodes.messages import given_regions, objects_message
from vfrt_ros.nodes.objects_result import ObjectsResult
from vfrt_ros.nodes.service_context import ServiceContext


def recognise(context: ServiceContext, request: Recognise.Request, response: Recognise.Response) -> str:
    """Say what given images show."""
    if not request.images:
        raise RequestError("Expected at least one image to recognise; got none.")
    if len(request.regions) not in (0, len(request.images)):
        raise RequestError(
            f"Expected no regions, or those of each of {counted(len(request.images), 'image')}; "
            f"got {len(request.regions)}."
        )
    recogniser = context.recogniser
    pictures = given_images(request.images, recogniser.settings, "Nothing was recognised.")
    most = recogniser.settings.max_regions
    regions = [
        _regions(number, message, picture.shape, most)
        for number, (message, picture) in enumerate(zip(request.regions, pictures, strict=False), 1)
    ]
    found = recogniser.recognise_pictures(pictures, regions)
    response.results = [
        objects_message(
            ObjectsResult(
                image.header, image.width, image.height, tuple(objects), recogniser.memory.version, 0.0
            )
        )
        for image, objects in zip(request.images, found, strict=True)
    ]
    objects = sum(len(some) for some in found)
    return f"Recognised {counted(objects, 'object')} in {counted(len(found), 'image')}."


def _regions(number: int, message: Any, shape: Sequence[int], most: int) -> list[Region]:
    """The regions of one image; who asks gets an answer for each, or a refusal."""
    height, width = shape[:2]
    checked = check_regions(given_regions(message), width, height, most)
    faults = [fault for fault in checked.faults if fault is not RegionFault.NO_SCORE]
    if faults:
        fault = faults[0]
        raise RequestError(
            f"A region of image {number} ({width}x{height}) cannot be used: {fault.words}. Nothing was recognised."
        )
    return list(checked.regions)


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
