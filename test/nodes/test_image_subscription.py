# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

rclpy = pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")

from fixtures.waiting import wait_for  # noqa: E402
from nodes.conftest import Ros  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
from rclpy.qos import ReliabilityPolicy  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402

from vfrt_ros.nodes import qos  # noqa: E402
from vfrt_ros.nodes.image_subscription import ImageSubscription, wanted_reliability  # noqa: E402

RELIABLE, BEST_EFFORT = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT


@pytest.mark.parametrize(
    ("offered", "wanted"),
    [
        ([], None),
        ([RELIABLE] * 2, RELIABLE),
        ([BEST_EFFORT], BEST_EFFORT),
        ([RELIABLE, BEST_EFFORT], BEST_EFFORT),
    ],
    ids=["nobody", "all reliable", "best effort", "mixed"],
)
def test_what_is_wanted(offered, wanted) -> None:
    assert wanted_reliability(offered) is wanted


def test_it_follows_its_publishers_and_goes_on_hearing(ros: Ros) -> None:
    node, driver = ros.node("listener"), ros.node("driver")
    came: list[str] = []

    def take(image: Image) -> None:
        came.append(image.header.frame_id)

    subscription = ImageSubscription(node, Image, "image", lambda events: take)

    def hears(publisher, name: str) -> None:
        image = Image()
        image.header.frame_id = name

        def heard() -> bool:
            publisher.publish(image)
            return name in came

        wait_for(heard, f"an image of {name}")

    reliable = driver.create_publisher(Image, "image", qos.camera_image("reliable"))
    wait_for(lambda: subscription.reliability is RELIABLE, "a reliable subscription")
    hears(reliable, "reliable")
    other = driver.create_publisher(Image, "image", qos.camera_image())
    wait_for(lambda: subscription.reliability is BEST_EFFORT, "a best-effort subscription")
    hears(other, "best effort")
    hears(reliable, "both")


def test_what_the_person_says_stays(ros: Ros) -> None:
    name = "qos_overrides./image.subscription.reliability"
    node = ros.add(rclpy.create_node("listener", parameter_overrides=[Parameter(name, value="best_effort")]))
    driver = ros.node("driver")
    subscription = ImageSubscription(node, Image, "image", lambda events: lambda image: None)
    driver.create_publisher(Image, "image", qos.camera_image("reliable"))
    wait_for(lambda: node.count_publishers("/image"), "the publisher")
    assert list(node.timers) == []
    assert subscription.reliability is BEST_EFFORT
