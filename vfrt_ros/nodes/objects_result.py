# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The objects of one picture, as the worker leaves them for topics, the overlay and services."""

from __future__ import annotations

from dataclasses import dataclass

from std_msgs.msg import Header

from vfrt_ros.core.types.recognised_object import RecognisedObject


@dataclass(frozen=True, slots=True, eq=False)
class ObjectsResult:
    """The objects of one picture.

    Attributes:
        header: Of the source image.
        width, height: Of the picture, in pixels.
        objects: In the order of the regions.
        memory_version: State of memory and prompts that answered.
        latency: Seconds from the stamp to the answer.
        camera: Name of the camera; empty = the only one.
        stamp: Seconds of the picture's stamp; of its arrival where it has none.
    """

    header: Header
    width: int
    height: int
    objects: tuple[RecognisedObject, ...]
    memory_version: int
    latency: float
    camera: str = ""
    stamp: float = 0.0
