# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which topic of a node belongs to which of its cameras, by the name that it has where nothing was remapped."""

from __future__ import annotations

from collections.abc import Iterable

from vfrt_ros.core.config.camera_names import choose_camera


def camera_of(topic: str, usual: str, namespace: str = "") -> str:
    """The camera that a topic belongs to; empty = the only one, or it was remapped.

    Args:
        topic: Absolute name.
        usual: What the node calls it, without the camera.
        namespace: Of the node.

    >>> camera_of("/robot1/front/overlay", "overlay", "/robot1"), camera_of("/robot1/overlay", "overlay", "/robot1")
    ('front', '')
    """
    begin, end = f"{namespace.rstrip('/')}/", f"/{usual}"
    if not (topic.startswith(begin) and topic.endswith(end)):
        return ""
    camera = topic[len(begin) : -len(end)]
    return "" if "/" in camera else camera


def topics_of(camera: str, topics: Iterable[str], usual: str, namespace: str = "") -> list[str]:
    """The topics of one camera.

    Args:
        camera: Its name; empty = all topics.
        topics: Absolute names, of one type.
        usual, namespace: As for `camera_of`.

    Raises:
        RequestError: None of them belongs to that camera.
    """
    if not camera:
        return list(topics)
    of = {camera_of(topic, usual, namespace): topic for topic in topics}
    return [of[choose_camera(camera, sorted(name for name in of if name))]]
