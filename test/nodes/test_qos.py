# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("rclpy")

import rclpy
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Empty

from vfrt_ros.nodes import qos

BEST_EFFORT, RELIABLE = ReliabilityPolicy.BEST_EFFORT, ReliabilityPolicy.RELIABLE
VOLATILE, TRANSIENT_LOCAL = DurabilityPolicy.VOLATILE, DurabilityPolicy.TRANSIENT_LOCAL


@pytest.mark.parametrize(
    ("profile", "reliability", "depth", "durability"),
    [
        (qos.camera_image, BEST_EFFORT, 1, VOLATILE),
        (lambda: qos.camera_image("reliable"), RELIABLE, 1, VOLATILE),
        (qos.recognition, RELIABLE, 10, VOLATILE),
        (qos.overlay, RELIABLE, 1, VOLATILE),
        (qos.memory_info, RELIABLE, 1, TRANSIENT_LOCAL),
        (qos.diagnostics, RELIABLE, 10, VOLATILE),
    ],
    ids=["camera image", "reliable camera image", "recognition", "overlay", "memory info", "diagnostics"],
)
def test_profiles_are_as_promised(
    profile: Callable[[], QoSProfile],
    reliability: ReliabilityPolicy,
    depth: int,
    durability: DurabilityPolicy,
) -> None:
    made = profile()
    assert made.history == HistoryPolicy.KEEP_LAST
    assert (made.reliability, made.depth) == (reliability, depth)
    assert made.durability in (durability, DurabilityPolicy.SYSTEM_DEFAULT)


def test_each_call_gives_its_own_profile() -> None:
    qos.camera_image().depth = 7
    assert qos.camera_image().depth == 1


@pytest.mark.ros
def test_parameters_override_a_profile(ros) -> None:  # type: ignore[no-untyped-def]
    node = rclpy.create_node(
        "overridden",
        parameter_overrides=[
            Parameter("qos_overrides./frames.publisher.reliability", value="reliable"),
            Parameter("qos_overrides./frames.publisher.depth", value=3),
        ],
    )
    ros.add(node)
    node.create_publisher(Empty, "frames", qos.camera_image(), qos_overriding_options=qos.overridable())
    (found,) = node.get_publishers_info_by_topic("/frames")
    assert found.qos_profile.reliability == RELIABLE
    assert node.get_parameter("qos_overrides./frames.publisher.depth").value == 3
