# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes and objects as vision_msgs has them, where that is installed."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from rclpy.node import Node

from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.messages import Numbers
from vfrt_ros.nodes.objects_result import ObjectsResult
from vfrt_ros.nodes.qos_mismatch import publisher, publisher_events

try:
    from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose, VisionInfo
except ImportError:
    Detection2DArray = None

INSTALLED = Detection2DArray is not None
MESSAGE = Detection2DArray
_MOST_VERSION = 2**31


def given_regions(message: Any) -> Iterator[Numbers]:
    """The input of `check_regions`, from a Detection2DArray.

    A box that is turned is taken by the upright one around it. An id that is a number is the track; of another text
    the track is a checksum; with an empty one there is no track.

    Args:
        message: A Detection2DArray.
    """
    for detection in message.detections:
        box = detection.bbox
        turned, across, down = box.center.theta, abs(box.size_x), abs(box.size_y)
        if math.isfinite(turned) and turned % math.pi:
            sine, cosine = abs(math.sin(turned)), abs(math.cos(turned))
            across, down = across * cosine + down * sine, across * sine + down * cosine
        x, y = box.center.position.x - across / 2, box.center.position.y - down / 2
        scores = [result.hypothesis.score for result in detection.results]
        yield x, y, across, down, track_of(detection.id), max(scores, default=0.0)


def track_of(name: str) -> int:
    """The number of a track that a sender names by a text; 0 = none.

    >>> track_of("7"), track_of(""), track_of("0"), track_of("person 3") > 0
    (7, 0, 0, True)
    """
    if name.isascii() and name.isdigit() and int(name) < 2**32:
        return int(name)
    return max(1, zlib.crc32(name.encode(errors="replace"))) if name else 0


class DetectionPublishers:
    """Publishes the objects of one camera as detections, and where their labels come from.

    Threads: one thread publishes.

    Args:
        node: Whose topics these are.
        topic: Gives the camera's own topic of a name.
    """

    def __init__(self, node: Node, topic: Callable[[str], str]) -> None:
        found, info = topic(names.OBJECT_DETECTIONS), topic(names.VISION_INFO)
        self._detections = publisher(node, Detection2DArray, found, qos.recognition())
        self._info = node.create_publisher(
            VisionInfo, info, qos.memory_info(), event_callbacks=publisher_events(node, info)
        )
        self._told: tuple[str, str, int] | None = None

    def publish(self, result: ObjectsResult, encoder: str, memory: str) -> None:
        """Publish the objects of a picture, and the source of the labels where it has changed.

        Args:
            result: The objects.
            encoder: Its name.
            memory: Where the memory is; empty = in RAM only.
        """
        self._detections.publish(detections_message(result))
        source = (encoder, memory, result.memory_version % _MOST_VERSION)
        if source != self._told:
            self._told = source
            method, location, version = source
            self._info.publish(
                VisionInfo(
                    header=result.header,
                    method=method,
                    database_location=location,
                    database_version=version,
                )
            )


def detections_message(result: ObjectsResult) -> Any:
    """The objects of a picture as a Detection2DArray, each with its one label or `unknown`."""
    message = Detection2DArray(header=result.header)
    for each in result.objects:
        found = Detection2D(header=result.header, id=str(each.track) if each.track else "")
        found.bbox.center.position.x, found.bbox.center.position.y = map(float, each.box.centre)
        found.bbox.size_x, found.bbox.size_y = float(each.box.width), float(each.box.height)
        hypothesis = ObjectHypothesisWithPose()
        hypothesis.hypothesis.class_id = each.decision.label
        hypothesis.hypothesis.score = float(each.decision.score)
        found.results.append(hypothesis)
        message.detections.append(found)
    return message
