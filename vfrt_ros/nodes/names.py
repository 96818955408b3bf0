# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The names of topics and services, all relative, so that a namespace or a remap moves them."""

from __future__ import annotations

from typing import Protocol

CAMERA_NODE = "camera"
RECOGNITION_NODE = "recognition"

IMAGE_RAW = "camera/image_raw"
CAMERA_INFO = "camera/camera_info"
SET_CAMERA_INFO = "camera/set_camera_info"
COMPRESSED = "compressed"
"""The suffix that image_transport puts behind the name that a topic has after remapping, after a slash."""

IMAGE = "image"
RECOGNITION = "recognition"
OVERLAY = "overlay"
REGIONS = "regions"
DETECTIONS = "detections"
OBJECTS = "objects"
OBJECT_DETECTIONS = "objects/detections"
VISION_INFO = "vision_info"
MEMORY_INFO = "memory_info"
DIAGNOSTICS = "/diagnostics"

DEMO_FRAME = "demo"
"""frame_id of the demo that is shown because no camera was found: it has no place in the robot's tree of frames."""


def of_camera(camera: str, topic: str) -> str:
    """The topic of one of several cameras.

    Args:
        camera: Its name; empty = the only camera, whose topics have no more than their own names.
        topic: One of `IMAGE`, `RECOGNITION`, `OVERLAY`.

    >>> of_camera("front", RECOGNITION), of_camera("", RECOGNITION)
    ('front/recognition', 'recognition')
    """
    return f"{camera}/{topic}" if camera else topic


class _Resolves(Protocol):
    def resolve_topic_name(self, topic: str) -> str: ...


def compressed(node: _Resolves, topic: str) -> str:
    """The compressed topic beside an image topic: it follows that one wherever it was remapped to.

    Args:
        node: Whose namespace and remappings count.
        topic: The image topic as the node calls it.

    Source: image_transport, which joins the resolved name of the base topic and the name of the transport.
    """
    return f"{node.resolve_topic_name(topic)}/{COMPRESSED}"
