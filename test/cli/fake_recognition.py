# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A recognition node without recognition: the real services and topics, and notes of what it was asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import rclpy
from lifecycle_msgs.srv import GetState
from rcl_interfaces.msg import FloatingPointRange, ParameterDescriptor, SetParametersResult
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor

from vfrt_msgs import srv
from vfrt_msgs.msg import Candidate, LabelInfo, RecognisedObjects, Recognition
from vfrt_ros.nodes import names, qos

SERVICES = (
    "Register",
    "Forget",
    "ForgetExamples",
    "Relabel",
    "Undo",
    "Redo",
    "ListLabels",
    "ListExamples",
    "Recognise",
    "SetPrompts",
    "Snapshot",
)
MAX_ALPHA = 1.0


def snake(name: str) -> str:
    """`ListLabels` as `list_labels`."""
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")


class FakeRecognition:
    """Answers each service with what `answers` has for it (or makes of it), and keeps the requests in `asked`."""

    def __init__(
        self, namespace: str = "", services: tuple[str, ...] = SERVICES, cameras: tuple[str, ...] = ()
    ) -> None:
        self.answers: dict[str, dict[str, Any] | Callable[[Any], dict[str, Any]]] = {}
        self.asked: dict[str, Any] = {}
        self._context = Context()
        rclpy.init(args=[], context=self._context)
        self.node = rclpy.create_node(names.RECOGNITION_NODE, namespace=namespace, context=self._context)
        for name in services:
            self.node.create_service(getattr(srv, name), snake(name), self._answer(name))
        self._publishers: dict[str, Any] = {}
        for camera in cameras or ("",):
            self.offer_topic(camera)
        self._declare()
        self.node.declare_parameter("cameras", list(cameras) or [""])
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def offer_topic(self, camera: str) -> None:
        """Publish the recognitions of a camera."""
        topic = names.of_camera(camera, names.RECOGNITION)
        self._publishers[camera] = self.node.create_publisher(Recognition, topic, qos.recognition())

    def forget_topic(self, camera: str) -> None:
        """Publish them no more."""
        self.node.destroy_publisher(self._publishers.pop(camera))

    def publish_always(self, recognition: Recognition, seconds: float = 0.02) -> None:
        """Publish this again and again, as of the camera that it names."""
        publisher = self._publishers[recognition.camera]
        self.node.create_timer(seconds, lambda: publisher.publish(recognition))

    def publish_objects(self, message: RecognisedObjects, seconds: float = 0.02) -> None:
        """Publish these objects again and again."""
        publisher = self.node.create_publisher(RecognisedObjects, names.OBJECTS, qos.recognition())
        self.node.create_timer(seconds, lambda: publisher.publish(message))

    def publish_in_turn(self, *recognitions: Recognition, seconds: float) -> None:
        """Publish each for so long, then the next one, and the last one for ever."""
        began = time.monotonic()

        def publish() -> None:
            turn = int((time.monotonic() - began) / seconds)
            self._publishers[""].publish(recognitions[min(turn, len(recognitions) - 1)])

        self.node.create_timer(0.02, publish)

    def offer_state(self, label: str) -> None:
        """Tell this lifecycle state to who asks for it."""

        def answer(_: Any, response: Any) -> Any:
            response.current_state.label = label
            return response

        self.node.create_service(GetState, f"{names.RECOGNITION_NODE}/get_state", answer)

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown(timeout_sec=2.0)
        self._thread.join(2.0)
        self.node.destroy_node()
        self._context.try_shutdown()

    def _answer(self, name: str) -> Any:
        def answer(request: Any, response: Any) -> Any:
            self.asked[name] = request
            told = self.answers.get(name, {})
            told = told(request) if callable(told) else told
            for field, value in {"message": f"{name} done.", **told}.items():
                setattr(response, field, value)
            return response

        return answer

    def _declare(self) -> None:
        unit = FloatingPointRange(from_value=0.0, to_value=MAX_ALPHA)
        self.node.declare_parameter("alpha_fusion", 0.7, ParameterDescriptor(floating_point_range=[unit]))
        self.node.declare_parameter("backbone", "auto", ParameterDescriptor(read_only=True))
        self.node.declare_parameter("offset", 0.0)
        self.node.declare_parameter("open_set", True)
        self.node.declare_parameter("open_set_threshold", 0.05)
        self.node.declare_parameter("fuse", "calibrated")
        self.node.declare_parameter("k", 8)
        self.node.declare_parameter("prompt_templates", ["a photo of a {label}"])
        self.node.add_on_set_parameters_callback(self._check)

    def _check(self, parameters: list[Any]) -> SetParametersResult:
        wrong = [entry for entry in parameters if entry.name == "k" and entry.value < 1]
        return SetParametersResult(successful=not wrong, reason="k must be at least 1" if wrong else "")


def known_cat(camera: str = "") -> Recognition:
    """A frame in which the cat was recognised."""
    message = Recognition(label="cat", score=0.9, threshold=0.5, reason=Recognition.KNOWN, fps=15.0)
    message.camera = camera
    message.latency.nanosec = 60_000_000
    message.candidates = [Candidate(label="cat", score=0.9, image_score=float("nan"), text_score=0.3)]
    return message


def unknown_rocket(camera: str = "") -> Recognition:
    """A frame whose best label is too far away."""
    message = Recognition(label=Recognition.UNKNOWN, score=0.2, threshold=0.5, camera=camera)
    message.reason = Recognition.UNKNOWN_LOW_SCORE
    message.candidates = [Candidate(label="rocket", score=0.2)]
    return message


def two_labels() -> list[LabelInfo]:
    """Two rows of a list of labels."""
    return [
        LabelInfo(label="cat", examples=5, negatives=1, prompts=0, threshold=0.5),
        LabelInfo(label="cup of coffee", prompts=2, threshold=0.25),
    ]
