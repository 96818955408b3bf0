# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The image topics that there are, for somebody whose node hears none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vfrt_ros.nodes import names

RAW, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
OURS = frozenset({names.OVERLAY, f"{names.OVERLAY}/{names.COMPRESSED}"})
MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class ImageTopic:
    """An image topic that somebody publishes.

    Attributes:
        name: Absolute.
        compressed: Its type is CompressedImage.
    """

    name: str
    compressed: bool

    @property
    def base(self) -> str:
        """The name to remap `image` to."""
        return self.name.removesuffix(f"/{names.COMPRESSED}") if self.compressed else self.name

    def arguments(self, compressed: bool = False, image: str = names.IMAGE) -> str:
        """The arguments for a node so that it listens there, if it takes raw or `compressed` pictures now.

        Args:
            compressed: It takes compressed ones.
            image: What it calls its image topic.
        """
        other = "compressed" if self.compressed else "raw"
        transport = f" -p image_transport:={other}" if self.compressed != compressed else ""
        return f"-r {image}:={self.base}{transport}"


def published_images(node: Any, but: Iterable[str] = (), *, compressed: bool = False) -> list[ImageTopic]:
    """The image topics of the graph that have a publisher, each camera once.

    Args:
        node: Whose view of the graph is asked.
        but: Absolute names to leave out; overlays are left out always.
        compressed: Which of the raw and the compressed topic of a camera is wanted, and stands first.
    """
    left_out = set(but)
    found = [
        ImageTopic(name, COMPRESSED in kinds)
        for name, kinds in node.get_topic_names_and_types()
        if {RAW, COMPRESSED} & set(kinds) and name not in left_out and not _is_overlay(name)
    ]
    alive = [topic for topic in found if node.count_publishers(topic.name)]
    wanted = {topic.base for topic in alive if topic.compressed == compressed}
    return sorted(
        (topic for topic in alive if topic.compressed == compressed or topic.base not in wanted),
        key=lambda topic: (topic.compressed != compressed, topic.name),
    )


def explain_silence(node: Any, topic: str, image: str = names.IMAGE, but: Iterable[str] = ()) -> str:
    """Why no picture comes on a topic, as far as the graph tells, and what to do.

    Args:
        node: Whose view of the graph is asked.
        topic: Absolute name of the image topic that it listens to.
        image: What the node calls it, before remapping.
        but: Absolute names of topics that it listens to besides.
    """
    publishers = node.get_publishers_info_by_topic(topic)
    if publishers:
        who = ", ".join(
            sorted({f"{entry.node_namespace.rstrip('/')}/{entry.node_name}" for entry in publishers})
        )
        return f"{topic} is published by {who}, and nothing comes: its log says why, or its QoS does not fit."
    compressed = topic.endswith(f"/{names.COMPRESSED}")
    others = published_images(node, but=(topic, *but), compressed=compressed)
    if not others:
        return (
            f"Nobody publishes {topic}, and there is no other image topic: start a camera "
            "(ros2 run vfrt_ros camera_node, or your driver)."
        )
    todo = others[0].arguments(compressed, image)
    return f"Nobody publishes {topic}. Image topics there are: {listed(others)}. Start this node with {todo}."


def listed(topics: list[ImageTopic]) -> str:
    """Their names, the first ones of many."""
    shown = [topic.name for topic in topics[:MOST_NAMED]]
    more = [f"and {len(topics) - MOST_NAMED} more"] if len(topics) > MOST_NAMED else []
    return ", ".join([*shown, *more])


def _is_overlay(name: str) -> bool:
    return any(name.endswith(f"/{own}") for own in OURS)
