# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Doctor's look at the running system: nodes, their states, topics whose ends do not meet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lifecycle_msgs.srv import GetState
from rclpy.node import NodeNameNonExistentError
from rclpy.qos import QoSCompatibility, qos_check_compatible

from vfrt_ros.bringup import full_name, live_command
from vfrt_ros.cli.doctor.check_result import CheckResult, Level, NodeFound
from vfrt_ros.client.camera_topics import camera_of
from vfrt_ros.client.errors import ClientError
from vfrt_ros.client.node_client import NodeClient
from vfrt_ros.launch_arguments import CAMERA
from vfrt_ros.nodes import names
from vfrt_ros.nodes.image_topics import ImageTopic, listed, published_images
from vfrt_ros.nodes.same_service import others_offering

IMAGE_TYPES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
_STATE_SECONDS = 2.0


def check_nodes(client: NodeClient, addresses: list[str]) -> list[CheckResult]:
    """Which of our nodes run, and in which state.

    Args:
        client: Any client; it waits until all nodes are seen, or its patience is over.
        addresses: Full names of the nodes.
    """
    running = client.wait_for_nodes(addresses)
    return [_check_node(client, address, address in running) for address in addresses]


def check_named_cameras(client: NodeClient, namespace: str, cameras: Sequence[str]) -> list[CheckResult]:
    """The states of our camera nodes of several cameras; one that does not run may be another driver's.

    Args:
        client: Any client.
        namespace: Of the recognition node.
        cameras: Their names.
    """
    addresses = [full_name(f"{namespace}/{camera}", CAMERA.name) for camera in cameras]
    there = client.node_names()
    return [_check_node(client, address, True) for address in addresses if address in there]


def _check_node(client: NodeClient, address: str, runs: bool) -> CheckResult:
    if not runs:
        todo = f"`{live_command(address)}` starts it"
        return CheckResult(address, Level.NOTE, "is not running", todo, NodeFound.ABSENT)
    client.turn_to(address)
    state, silence = "", ""
    try:
        state = client.call(GetState, GetState.Request(), seconds=_STATE_SECONDS).current_state.label
    except ClientError as error:
        silence = str(error)
    # Counted last: the second one may be discovered a while after the first.
    level, text, todo, found = Level.OK, f"is {state}", "", NodeFound.OTHERWISE
    if (number := client.how_many()) > 1:
        level, text = Level.BROKEN, f"runs {number} times"
        todo = "end all but one, or give each a --namespace or a ROS_DOMAIN_ID"
    elif silence:
        level, text, todo = Level.NOTE, "runs, but does not tell its state", silence
    elif state == "active":
        found = NodeFound.ACTIVE
    else:
        level, todo = Level.NOTE, f"ros2 lifecycle set {address} activate"
    return CheckResult(address, level, text, todo, found)


def check_shared_services(client: NodeClient) -> list[CheckResult]:
    """Whether another node offers the services of the client's node: a request would reach both."""
    namespace, _, name = client.address.rpartition("/")
    try:
        offered = client.look(lambda node: node.get_service_names_and_types_by_node(name, namespace or "/"))
    except NodeNameNonExistentError:
        return []
    ours = sorted(
        service for service, kinds in offered if any(kind.startswith("vfrt_msgs/") for kind in kinds)
    )
    others = sorted(
        client.look(
            lambda node: {o for service in ours for o in others_offering(node, service, client.address)}
        )
    )
    if not others:
        return []
    text = f"{', '.join(others)} offers {ours[0]} and its other services too: a request would reach both"
    todo = "start one of them in a namespace of its own (-r __ns:=/NAME), or end it"
    return [CheckResult(client.address, Level.BROKEN, text, todo)]


def check_image_topics(client: NodeClient) -> list[CheckResult]:
    """Each image topic that has both ends: whether their QoS lets them meet."""
    topics = client.look(lambda node: node.get_topic_names_and_types())
    pictures = sorted(name for name, kinds in topics if set(kinds) & set(IMAGE_TYPES))
    return client.look(lambda node: [result for name in pictures for result in _check_topic(node, name)])


def check_source(client: NodeClient) -> list[CheckResult]:
    """Whether anybody publishes what the recognition node listens to.

    Args:
        client: Turned to the recognition node.
    """
    heard = dict(_heard(client))
    images = [topic for topic, kinds in heard.items() if set(kinds) & set(IMAGE_TYPES)]
    silent = client.look(
        lambda node: [topic for topic in images if not node.get_publishers_info_by_topic(topic)]
    )
    taken = [_base_of(topic) for topic in images if topic not in silent]
    but = [*silent, *heard, *taken, *(f"{topic}/{names.COMPRESSED}" for topic in taken)]
    there = client.look(lambda node: published_images(node, but=but))
    named = f" (image topics there are: {listed(there)})" if there else ""
    start = f"start a camera (`{live_command(client.address)}`), or start the node with"
    return [
        CheckResult(
            topic,
            Level.BROKEN,
            "has a listener, and nobody publishes it",
            f"{start} {_arguments(client, topic, there)}{named}",
        )
        for topic in silent
    ]


def _arguments(client: NodeClient, topic: str, there: Sequence[ImageTopic]) -> str:
    """Arguments that make the node listen to the first image topic that there is, instead of this one."""
    image = names.of_camera(
        camera_of(_base_of(topic), names.IMAGE, client.address.rpartition("/")[0]), names.IMAGE
    )
    return there[0].arguments(image=image) if there else f"-r {image}:=THE/CAMERA/TOPIC"


def _base_of(topic: str) -> str:
    """The raw topic that a compressed one stands beside; a raw one itself."""
    return topic.removesuffix(f"/{names.COMPRESSED}")


def _heard(client: NodeClient) -> list[tuple[str, list[str]]]:
    """The topics that the client's node subscribes to, with their types."""
    namespace, _, name = client.address.rpartition("/")
    try:
        return client.look(
            lambda node: list(node.get_subscriber_names_and_types_by_node(name, namespace or "/"))
        )
    except NodeNameNonExistentError:
        return []


def _check_topic(node: Any, topic: str) -> list[CheckResult]:
    publishers = node.get_publishers_info_by_topic(topic)
    subscribers = node.get_subscriptions_info_by_topic(topic)
    pairs = [(publisher, subscriber) for publisher in publishers for subscriber in subscribers]
    bad = [result for pair in pairs if (result := _check_pair(topic, *pair))]
    if bad or not pairs:
        return bad
    return [CheckResult(topic, Level.OK, f"{len(publishers)} publishing, {len(subscribers)} listening")]


def _check_pair(topic: str, publisher: Any, subscriber: Any) -> CheckResult | None:
    compatible, reason = qos_check_compatible(publisher.qos_profile, subscriber.qos_profile)
    if compatible != QoSCompatibility.ERROR:
        return None
    text = f"{subscriber.node_name} cannot hear {publisher.node_name}: {reason.strip()}"
    return CheckResult(topic, Level.BROKEN, text, "start the camera with VFRT_RELIABILITY=reliable")
