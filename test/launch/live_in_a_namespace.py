# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Run by `launch_test`: live.launch.py with arguments, against variables and a parameter file that disagree."""

from __future__ import annotations

import os
import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import launch_testing.actions
import launch_testing.asserts
import rclpy
from launch.actions import IncludeLaunchDescription, SetEnvironmentVariable
from rcl_interfaces.srv import GetParameters
from sensor_msgs.msg import Image

from launch import LaunchDescription
from vfrt_msgs.msg import Recognition
from vfrt_msgs.srv import ListLabels
from vfrt_ros.bringup import full_name
from vfrt_ros.nodes import names, qos

LAUNCH_FILE = Path(__file__).parents[2] / "launch" / "live.launch.py"
NAMESPACE = "robot1"
SECONDS = 30.0
FILE = """\
/**:
  ros__parameters:
    fps: 3.0
    loop: false
    k: 3
    seed: 7
"""


def generate_test_description() -> LaunchDescription:
    """The live system in a namespace, and nothing that it needs from this machine."""
    home = Path(tempfile.mkdtemp())
    params_file = home / "own.yaml"
    params_file.write_text(FILE, encoding="utf-8")
    arguments = {
        "namespace": NAMESPACE,
        "source": "demo",
        "size": "320x240",
        "fps": "12",
        "backbone": "fake",
        "labels": "red,green",
        "params_file": str(params_file),
        "rqt": "true" if os.environ.get("DISPLAY") else "false",
    }
    return LaunchDescription(
        [
            SetEnvironmentVariable("ROS_HOME", str(home)),
            SetEnvironmentVariable("VFRT_FPS", "4"),
            SetEnvironmentVariable("VFRT_K", "5"),
            IncludeLaunchDescription(str(LAUNCH_FILE), launch_arguments=arguments.items()),
            launch_testing.actions.ReadyToTest(),
        ]
    )


def here(name: str) -> str:
    """A name in the namespace of the test."""
    return full_name(NAMESPACE, name)


class TestLiveSystem(unittest.TestCase):
    """What runs once everything was started."""

    @classmethod
    def setUpClass(cls) -> None:
        rclpy.init()
        cls.node = rclpy.create_node("tester")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.node.destroy_node()
        rclpy.shutdown()

    def wait(self, condition: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"no {what} within {SECONDS:.0f} s")
            rclpy.spin_once(self.node, timeout_sec=0.1)

    def call(self, kind: Any, name: str, request: Any) -> Any:
        client = self.node.create_client(kind, name)
        self.assertTrue(client.wait_for_service(SECONDS), f"no service {name}")
        future = client.call_async(request)
        self.wait(future.done, f"answer of {name}")
        return future.result()

    def parameters(self, node: str, *wanted: str) -> list[Any]:
        request = GetParameters.Request(names=list(wanted))
        values = self.call(GetParameters, f"{here(node)}/get_parameters", request).values
        return [rclpy.parameter.parameter_value_to_python(value) for value in values]

    def test_frames_become_recognitions(self) -> None:
        heard: list[Recognition] = []
        self.node.create_subscription(Recognition, here(names.RECOGNITION), heard.append, qos.recognition())
        self.wait(lambda: heard, "recognition")
        self.assertEqual({candidate.label for candidate in heard[0].candidates}, {"red", "green"})

    def test_the_camera_has_the_size_asked_for(self) -> None:
        heard: list[Image] = []
        self.node.create_subscription(Image, here(names.IMAGE_RAW), heard.append, qos.camera_image())
        self.wait(lambda: heard, "image")
        self.assertEqual((heard[0].width, heard[0].height), (320, 240))

    def test_the_recognition_node_hears_the_camera(self) -> None:
        self.wait(lambda: self.node.count_publishers(here(names.IMAGE_RAW)), "camera")
        subscribers = self.node.get_subscriptions_info_by_topic(here(names.IMAGE_RAW))
        self.assertIn(names.RECOGNITION_NODE, [entry.node_name for entry in subscribers])

    def test_argument_over_variable_over_file(self) -> None:
        self.assertEqual(self.parameters(names.CAMERA_NODE, "fps", "loop"), [12.0, False])
        self.assertEqual(self.parameters(names.RECOGNITION_NODE, "k", "seed"), [5, 7])

    def test_the_labels_are_there(self) -> None:
        labels = self.call(ListLabels, here("list_labels"), ListLabels.Request()).labels
        self.assertEqual([info.label for info in labels], ["green", "red"])


@launch_testing.post_shutdown_test()
class TestEnd(unittest.TestCase):
    """What the processes left."""

    def test_all_ended_cleanly(self, proc_info: Any) -> None:
        launch_testing.asserts.assertExitCodes(proc_info)
        self.assertEqual(len(proc_info.process_names()), 2)

    def test_no_traceback(self, proc_output: Any) -> None:
        for name in ("camera_node", "recognition_node"):
            texts = [io.text.decode() for io in proc_output if name in io.process_name]
            self.assertTrue(texts)
            self.assertNotIn("Traceback", "".join(texts))
