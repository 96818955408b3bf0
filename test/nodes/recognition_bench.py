# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A recognition node with the fake encoder in this process, and what a test needs to speak with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from fixtures.waiting import wait_for
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from nodes.conftest import Ros
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image

from vfrt_msgs.msg import MemoryInfo, Recognition
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.camera_channel import CameraChannel
from vfrt_ros.nodes.conversions import Frame, image_from_frame
from vfrt_ros.nodes.recognition_node import RecognitionNode
from vfrt_ros.nodes.services import SERVICES
from vfrt_ros.nodes.statistics import NodeStatistics

TRANSITIONS = {
    "configure": Transition.TRANSITION_CONFIGURE,
    "activate": Transition.TRANSITION_ACTIVATE,
    "deactivate": Transition.TRANSITION_DEACTIVATE,
    "cleanup": Transition.TRANSITION_CLEANUP,
    "shutdown": Transition.TRANSITION_UNCONFIGURED_SHUTDOWN,
}


class RecognitionBench:
    """The node `/recognition`, started, and a tester beside it.

    Args:
        ros: The context that spins both.
        create: Makes the recogniser.
        message: Type of the image messages.
        topic: The image topic; of each camera its own.
        cameras: Names of several cameras, as the node was told; none = one.
    """

    def __init__(
        self,
        ros: Ros,
        create: Callable[[RecognitionSettings], Recogniser] = Recogniser,
        message: type = Image,
        topic: str = names.IMAGE,
        cameras: Sequence[str] = (),
    ) -> None:
        self.node = ros.add(RecognitionNode([], create))
        self.node.start()
        self.tester = ros.node()
        self.recognitions: list[Recognition] = []
        self.infos: list[MemoryInfo] = []
        self.diagnostics: list[Any] = []
        self._images: dict[str, Any] = {}
        for camera in cameras or ("",):
            image, recognition = (names.of_camera(camera, name) for name in (topic, names.RECOGNITION))
            self._images[camera] = self.tester.create_publisher(message, image, qos.camera_image("reliable"))
            self.hear(Recognition, recognition, qos.recognition(), self.recognitions.append)
        self.hear(MemoryInfo, names.MEMORY_INFO, qos.memory_info(), self.infos.append)
        self._number = 0
        self._clients: dict[str, Any] = {}

    def hear(self, message: type, topic: str, profile: Any, callback: Callable[[Any], object]) -> Any:
        """Subscribe."""
        return self.tester.create_subscription(message, topic, callback, profile)

    def hear_diagnostics(self) -> None:
        """Collect the statuses that come from now on."""
        self.hear(
            DiagnosticArray,
            names.DIAGNOSTICS,
            qos.diagnostics(),
            lambda message: self.diagnostics.extend(message.status),
        )

    def send(self, message: Any, camera: str = "") -> None:
        """Publish an image message."""
        self._images[camera].publish(message)

    def stamped(self, message: Any) -> Any:
        """The message with a stamp that no other one has."""
        self._number += 1
        message.header.stamp.sec = int(time.time())
        message.header.stamp.nanosec = self._number
        message.header.frame_id = "camera_optical_frame"
        return message

    def show(self, frame: Frame, camera: str = "") -> Recognition:
        """The answer to a frame of a camera."""
        from std_msgs.msg import Header

        return self.answer_to(image_from_frame(frame, Header()), camera)

    def answer_to(self, message: Any, camera: str = "") -> Recognition:
        """The answer to an image message, which gets a stamp of its own."""
        self.stamped(message)
        again = 0.0

        def answers() -> list[Recognition]:
            nonlocal again
            # Until both ends have found each other a best-effort message may be lost.
            if time.monotonic() > again:
                self.send(message, camera)
                again = time.monotonic() + 0.3
            return [found for found in self.recognitions if found.header.stamp == message.header.stamp]

        wait_for(answers, "a recognition")
        return answers()[0]

    def send_what_is_refused(self, message: Any, what: str) -> None:
        """Send an image message until the node has counted it as refused; on a busy machine one may be lost."""
        before, again = self._refusals(), 0.0

        def counted() -> bool:
            nonlocal again
            if time.monotonic() > again:
                self.send(message)
                again = time.monotonic() + 5.0
            return self._refusals() > before

        wait_for(counted, what, timeout=30.0)

    def _refusals(self) -> int:
        return sum(self.statistics.counts().refused.values())

    @property
    def channel(self) -> CameraChannel:
        """Of the node's only camera, or its first."""
        return next(iter(self.node._channels.values()))

    @property
    def statistics(self) -> NodeStatistics:
        """Of that camera."""
        return self.channel.statistics

    def call(self, name: str, /, **fields: Any) -> Any:
        """The response of one of our services."""
        return self._call(SERVICES[name][0], name, **fields)

    def set(self, **values: Any) -> list[Any]:
        """Set parameters one by one; the results."""
        parameters = [Parameter(name, value=value).to_parameter_msg() for name, value in values.items()]
        return self._call(SetParameters, "recognition/set_parameters", parameters=parameters).results

    def set_together(self, **values: Any) -> Any:
        """Set parameters all together; the one result."""
        parameters = [Parameter(name, value=value).to_parameter_msg() for name, value in values.items()]
        path = "recognition/set_parameters_atomically"
        return self._call(SetParametersAtomically, path, parameters=parameters).result

    def change_state(self, name: str) -> bool:
        """Ask for a lifecycle transition; whether it succeeded."""
        transition = Transition(id=TRANSITIONS[name])
        path = "recognition/change_state"
        return self._call(ChangeState, path, transition=transition).success

    def _call(self, service: type, path: str, /, **fields: Any) -> Any:
        if path not in self._clients:
            self._clients[path] = self.tester.create_client(service, path)
        wait_for(self._clients[path].service_is_ready, f"the service {path}")
        future = self._clients[path].call_async(service.Request(**fields))
        wait_for(future.done, f"an answer of {path}")
        return future.result()

    @property
    def state(self) -> str:
        """The lifecycle state's name."""
        return self._call(GetState, "recognition/get_state").current_state.label
