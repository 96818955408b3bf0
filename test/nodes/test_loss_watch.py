# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Frames that get lost between a foreign driver and the node are told in diagnostics and the log, with the cure."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy")

from fixtures.pictures import picture
from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.recognition_bench import RecognitionBench

from vfrt_ros.nodes.loss_cause import Cause
from vfrt_ros.nodes.loss_values import LOST, RATE, REPLACED, ToldLoss, told_loss
from vfrt_ros.nodes.transport import PROFILES, TRANSPORTS

DRIVER = """
import array, rclpy, sys
from sensor_msgs.msg import Image
from rclpy.qos import qos_profile_sensor_data as sensor

rclpy.init()
node = rclpy.create_node("driver")
publisher = node.create_publisher(Image, "image", sensor)
message = Image(height=480, width=640, step=1920, encoding="rgb8", data=array.array("B", bytes(921600)))

def send():
    message.header.stamp = node.get_clock().now().to_msg()
    publisher.publish(message)

node.create_timer(1 / float(sys.argv[1]), send)
rclpy.spin(node)
"""


@pytest.fixture
def bench(ros: Ros, monkeypatch: pytest.MonkeyPatch) -> RecognitionBench:
    for name in (TRANSPORTS, *PROFILES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VFRT_BACKBONE", "fake")
    monkeypatch.setenv("VFRT_MEMORY_PATH", ":memory:")
    bench = RecognitionBench(ros)
    bench.hear_diagnostics()
    return bench


@pytest.fixture
def driver(bench: RecognitionBench) -> Iterator[None]:
    """A camera driver with Fast DDS as it comes: its shared memory is smaller than one of its images."""
    process = subprocess.Popen([sys.executable, "-c", DRIVER, "20"], env=dict(os.environ))
    yield
    process.kill()
    process.wait(10.0)


def told(bench: RecognitionBench) -> ToldLoss | None:
    return told_loss(bench.diagnostics[-1:], "/recognition")


def values(bench: RecognitionBench) -> dict[str, str]:
    return {value.key: value.value for value in bench.diagnostics[-1].values}


@pytest.mark.e2e
@pytest.mark.usefixtures("driver")
def test_a_driver_whose_images_do_not_fit_its_memory(bench: RecognitionBench, capfd: Any) -> None:
    wait_for(lambda: (found := told(bench)) and found.cause is not Cause.NONE, "a cause", 60.0)
    found = told(bench)
    assert found is not None
    assert found.cause is Cause.SENDER_MEMORY
    assert found.share >= 0.05
    assert int(values(bench)[LOST]) > 0
    log = capfd.readouterr().err
    assert log.count("get lost on the way: start the camera's driver with FASTRTPS_DEFAULT_") == 1


def test_where_everything_arrives_nothing_is_told(bench: RecognitionBench) -> None:
    for _ in range(5):
        bench.show(picture("red"))
    bench.diagnostics.clear()
    wait_for(lambda: told(bench), "diagnostics")
    assert told(bench) == ToldLoss(0.0, Cause.NONE, picture("red").nbytes)
    assert (values(bench)[LOST], values(bench)[RATE]) == ("0", "not known")
    assert int(values(bench)[REPLACED]) >= 0
