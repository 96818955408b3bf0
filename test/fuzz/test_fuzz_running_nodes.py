# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Raw bytes on every topic that is heard, and values out of every enum: both nodes and the panel's link go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy")

import rclpy
from fixtures.pictures import picture
from fixtures.waiting import wait_for
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from nodes.conftest import Ros
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters
from rcl_interfaces.srv import SetParametersAtomically as SetTogether
from rclpy.serialization import serialize_message
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from tools.private_domain import lent_domain
from vfrt_msgs.msg import MemoryInfo, Recognition
from vfrt_ros.client.ros_client import RosClient
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.camera_node import CameraNode
from vfrt_ros.nodes.conversions import image_from_frame
from vfrt_ros.nodes.recognition_node import RecognitionNode
from vfrt_ros.nodes.services import SERVICES
from vfrt_ros.panel.recognition_feed import RecognitionFeed

pytestmark = pytest.mark.ros

GOOD = {
    names.IMAGE: serialize_message(image_from_frame(picture("red"), Header())),
    "/clock": serialize_message(Clock()),
    names.RECOGNITION: serialize_message(Recognition(label="cup")),
    names.MEMORY_INFO: serialize_message(MemoryInfo(encoder="fake")),
}
TYPES = {
    names.IMAGE: Image, "/clock": Clock, names.RECOGNITION: Recognition, names.MEMORY_INFO: MemoryInfo,
}  # fmt: skip


class Running:
    """Both nodes, a panel's link, and a peer that sends what it likes."""

    def __init__(self) -> None:
        self.ros = Ros()
        self.nodes = [self.ros.add(create([])) for create in (CameraNode, RecognitionNode)]
        for node in self.nodes:
            node.start()
        self.peer = self.ros.node("peer")
        self.link = RosClient().__enter__()
        feed = RecognitionFeed()
        self.link.subscribe(Recognition, names.RECOGNITION, feed.take, qos.recognition())
        self.publishers = {
            topic: self.peer.create_publisher(kind, topic, qos.camera_image("reliable"))
            for topic, kind in TYPES.items()
        }
        self.clients: dict[str, Any] = {}

    def call(self, service: Any, path: str, request: Any) -> Any:
        if path not in self.clients:
            self.clients[path] = self.peer.create_client(service, path)
            wait_for(self.clients[path].service_is_ready, path)
        future = self.clients[path].call_async(request)
        wait_for(future.done, f"an answer of {path}")
        return future.result()

    def all_go_on(self) -> bool:
        """Whether both nodes answer without a fault, and the link of the panel does."""
        states = [
            self.call(GetState, f"{node.get_name()}/get_state", GetState.Request()).current_state.id
            for node in self.nodes
        ]
        faults = [node.faults.bugs() for node in self.nodes]
        return all(states) and not any(faults) and self.link.do(lambda: 42) == 42

    def close(self) -> None:
        self.link.__exit__(None, None, None)
        self.ros.close()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    values = {"BACKBONE": "fake", "MEMORY_PATH": ":memory:", "SOURCE": "demo", "SIZE": "[64, 48]"}
    with lent_domain() as domain, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_DOMAIN_ID", str(domain))
        for name, value in values.items():
            patch.setenv(f"VFRT_{name}", value)
        rclpy.init()
        running = Running()
        yield running
        running.close()
        rclpy.try_shutdown()


def hurt(data: bytes, places: list[tuple[float, int]], end: float) -> bytes:
    """The bytes with some of them changed, cut off at a share of their length."""
    changed = bytearray(data)
    for place, value in places:
        # The fields are in the first hundred bytes; the rest are pixels.
        changed[int(place * min(100, len(changed)))] = value
    return bytes(changed[: int(end * len(changed)) if end < 0.9 else None])


places = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6)
messages = st.sampled_from(list(TYPES)).flatmap(
    lambda topic: st.tuples(
        st.just(topic),
        st.binary(max_size=200) | st.builds(hurt, st.just(GOOD[topic]), places, st.floats(0, 1)),
    )
)


@example([("/clock", serialize_message(Clock())[:4] + b"\xff\xff\xff\xff\0\0\0\0")])
@example([(names.RECOGNITION, bytes(400))])
@given(st.lists(messages, min_size=1, max_size=5))
def test_raw_bytes_on_any_topic(running: Running, sent: list[tuple[str, bytes]]) -> None:
    for topic, data in sent:
        running.publishers[topic].publish(data)
    assert running.all_go_on()


values = st.builds(
    ParameterValue,
    type=st.integers(0, 255),
    bool_value=st.booleans(),
    integer_value=st.integers(-(2**63), 2**63 - 1),
    double_value=st.floats(),
    string_value=st.text(st.characters(codec="utf-8"), max_size=20),
)
known = [
    "k",
    "fuse",
    "source",
    "use_sim_time",
    "autostart",
    "",
    "no_such",
    "qos_overrides./image.subscription.depth",
]
parameter_names = st.sampled_from(known) | st.text(st.characters(codec="utf-8"), max_size=9)
parameters = st.lists(
    st.builds(
        Parameter,
        name=parameter_names,
        value=values,
    ),
    max_size=3,
)
addresses = st.sampled_from(["camera", "recognition"])


@example("camera", [Parameter(name="k", value=ParameterValue(type=77))])
@given(addresses, parameters)
def test_parameters_of_any_type_and_name(running: Running, address: str, sent: list[Parameter]) -> None:
    results = running.call(
        SetParameters, f"{address}/set_parameters", SetParameters.Request(parameters=sent)
    ).results
    assert len(results) == len(sent)
    assert all(result.successful or result.reason for result in results)
    together = SetTogether.Request(parameters=sent)
    result = running.call(SetTogether, f"{address}/set_parameters_atomically", together).result
    assert result.successful or result.reason
    asked = [parameter.name for parameter in sent]
    for service, path in ((GetParameters, "get_parameters"), (DescribeParameters, "describe_parameters")):
        running.call(service, f"{address}/{path}", service.Request(names=asked))
    listing = ListParameters.Request(prefixes=asked, depth=len(asked))
    running.call(ListParameters, f"{address}/list_parameters", listing)
    assert running.all_go_on()


@settings(max_examples=max(20, settings().max_examples // 4))
@given(addresses, st.integers(0, 255), st.sampled_from(["", "configure", "no_such", "activate\n"]))
def test_transitions_that_there_are_not(running: Running, address: str, number: int, label: str) -> None:
    if not label and number in range(1, 10):
        return  # those that there are
    request = ChangeState.Request(transition=Transition(id=number, label=label))
    assert not running.call(ChangeState, f"{address}/change_state", request).success
    assert running.all_go_on()


def test_every_service_answers_an_empty_request_and_pictures_still_are_recognised(running: Running) -> None:
    for name, (service, _) in SERVICES.items():
        assert running.call(service, name, service.Request()).message, name
    recognition = running.nodes[1]
    statistics = recognition._channels[""].statistics
    before = statistics.counts().recognised

    def recognised() -> bool:
        running.publishers[names.IMAGE].publish(GOOD[names.IMAGE])
        return bool(statistics.counts().recognised > before)

    wait_for(recognised, "a recognition")
    assert running.all_go_on()
