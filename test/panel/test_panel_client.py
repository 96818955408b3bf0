# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The client of the panel against a real node: what it hears, asks and changes."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.recognition_bench import RecognitionBench
from rclpy.executors import SingleThreadedExecutor

from vfrt_ros.client.errors import ClientError
from vfrt_ros.core.types.errors import OperationFault
from vfrt_ros.fleet.status import FleetStatus
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.fleet_values import fleet_values
from vfrt_ros.nodes.loss_cause import Cause
from vfrt_ros.nodes.loss_values import CAUSE, NODE, SHARE
from vfrt_ros.nodes.recognition_node import RecognitionNode
from vfrt_ros.nodes.status import status_message
from vfrt_ros.panel.node_watch import NodeState
from vfrt_ros.panel.panel_client import PanelClient

pytestmark = pytest.mark.ros

ADDRESS = "/recognition"
RED = np.full((48, 64, 3), (40, 40, 220), np.uint8)


def test_recognitions_and_the_memory_reach_it(bench: RecognitionBench, met) -> None:
    bench.show(RED)
    wait_for(met.feed.newest, "a recognition")
    assert met.feed.newest().label == "unknown"
    assert met.call("SetPrompts", labels=["red"]).code == 0
    wait_for(lambda: met.labels == ["red"], "the new label")
    assert met.memory.encoder_id == "fake"


def test_each_of_several_cameras_has_its_feed_its_overlay_and_its_node(
    ros: Ros, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VFRT_CAMERAS", "front,left")
    bench = RecognitionBench(ros, cameras=("front", "left"))
    with PanelClient(ADDRESS) as client:
        wait_for(lambda: client.cameras == ["front", "left"], "their names")
        bench.show(RED, "left")
        wait_for(lambda: bench.show(RED, "left") and client.feed_of("left").newest(), "a recognition")
        assert client.feed_of("left").newest().camera == "left"
        assert client.feed_of("front").newest() is None
        news = threading.Event()
        with client.pictures_of("left").watch(news.set):
            wait_for(lambda: bench.show(RED, "left") and news.is_set(), "an overlay")
        assert not client.pictures_of("front").watched
        assert client.camera_of("left").address == "/left/camera"
        assert client.camera_of("left") is client.camera_of("left")


@pytest.mark.parametrize("call", ["end_pictures", "_came"])
def test_a_camera_may_be_looked_at_for_the_first_time_while_all_are_told(
    call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = PanelClient(ADDRESS)
    monkeypatch.setattr(client, "_settle", lambda: None)
    for told in ("end", "settle"):
        monkeypatch.setattr(client.pictures, told, lambda: client.pictures_of("left"))
    getattr(client, call)()
    assert not client.pictures_of("left").ended


def test_frames_that_get_lost_are_told_while_they_do(bench: RecognitionBench, met) -> None:
    publisher = bench.tester.create_publisher(DiagnosticArray, names.DIAGNOSTICS, qos.diagnostics())

    def tell(share: float, cause: Cause, address: str = ADDRESS) -> None:
        values = {NODE: address, SHARE: share, CAUSE: cause.value}
        publisher.publish(DiagnosticArray(status=[status_message(b"\1", "recognition", "", values)]))

    assert met.lost == ""
    timer = bench.tester.create_timer(0.05, lambda: tell(47.0, Cause.NETWORK))
    words = "47% of the camera's frames get lost on the way: a smaller size"
    wait_for(lambda: met.lost.startswith(words), "the loss")
    bench.tester.destroy_timer(timer)
    bench.tester.create_timer(0.05, lambda: tell(90.0, Cause.NETWORK, "/robot2/recognition"))
    wait_for(lambda: not met.lost, "what the node itself tells: nothing is lost")


def test_how_the_fleet_stands_is_told_in_sentences(bench: RecognitionBench, met) -> None:
    publisher = bench.tester.create_publisher(DiagnosticArray, names.DIAGNOSTICS, qos.diagnostics())
    refused = {OperationFault.BROKEN: 2}
    status = FleetStatus(
        "lab", "desk", "nats://a:4222", "", 3, 1, refused, "an operation of robot mad", ("b1",), 7
    )
    values = {NODE: ADDRESS, **fleet_values(status)}
    sent = DiagnosticArray(status=[status_message(b"\1", "recognition: fleet", "connected", values)])
    assert met.fleet == []
    bench.tester.create_timer(0.05, lambda: publisher.publish(sent))
    wait_for(lambda: met.fleet, "the fleet")
    assert met.fleet[0] == "robot desk of the fleet lab: connected"
    assert met.fleet[1] == "nats://a:4222; robots: 7; to be read: 3; to be published: 1"
    assert "refused: 2" in met.fleet[2] and "robot mad" in met.fleet[2] and "b1" in met.fleet[3]


def test_the_parameters_are_those_of_the_node_in_its_own_order(bench: RecognitionBench, met) -> None:
    names = [entry.name for entry in met.parameters.entries()]
    assert names == list(bench.node.settings.parameters())
    alpha = met.parameters.entries()[0]
    assert (alpha.name, alpha.value) == ("alpha_fusion", 0.7)
    assert alpha.descriptor.floating_point_range[0].to_value == 1.0


def test_a_parameter_is_set_and_a_refusal_is_the_nodes_own_reason(bench: RecognitionBench, met) -> None:
    assert met.parameters.set("alpha_fusion", 0.25) == ""
    assert bench.node.settings.alpha_fusion == 0.25
    assert met.parameters.value("alpha_fusion") == 0.25
    assert "must be a number in [0, 1)" in met.parameters.set("temporal_ema", 1.0)
    assert met.parameters.value("temperature") == 0.9
    assert "no parameter" in met.parameters.set("alpha", 0.5)


def test_a_change_made_elsewhere_is_followed(bench: RecognitionBench, met) -> None:
    bench.set(k=3, prompt_templates=["a {label}", "one {label}"])
    wait_for(lambda: met.parameters.value("k") == 3, "the other k")
    wait_for(lambda: met.parameters.value("prompt_templates") == ["a {label}", "one {label}"], "the texts")


def test_a_parameter_that_is_new_appears_by_itself(bench: RecognitionBench, met) -> None:
    bench.node.declare_parameter("brand_new", 5)
    wait_for(lambda: met.parameters.value("brand_new") == 5, "the new parameter")


def test_pictures_are_drawn_only_while_somebody_watches(bench: RecognitionBench, met) -> None:
    watched = bench.channel._small_overlays.get_subscription_count
    assert watched() == 0
    news = threading.Event()
    with met.pictures.watch(news.set):
        wait_for(watched, "the subscription")

        def came() -> bool:
            bench.show(RED)
            return news.is_set()

        wait_for(came, "a picture")
        assert met.pictures.newest.startswith(b"\xff\xd8")
    wait_for(lambda: watched() == 0, "the end of the subscription")
    assert not met.pictures.watched


def test_it_stops_and_starts_the_node(bench: RecognitionBench, met) -> None:
    met.recognition.turn(False)
    wait_for(lambda: met.recognition.state is NodeState.INACTIVE and not met.recognition.doing, "the stop")
    assert bench.state == "inactive"
    assert met.call("ListLabels").code == met.call("ListLabels").NOT_ACTIVE
    met.recognition.turn(True)
    wait_for(lambda: met.recognition.state is NodeState.ACTIVE and not met.recognition.doing, "the start")
    assert met.recognition.fault == ""


def test_without_the_node_it_says_what_to_start(ros: Ros, client) -> None:
    assert client.recognition.state is NodeState.ABSENT
    assert "`vfrt live`" in client.what_to_do()
    with pytest.raises(ClientError, match="There is no node /recognition"):
        client.call("Undo")


def test_a_node_in_another_namespace_is_named(ros: Ros, client) -> None:
    ros.add(rclpy.create_node("recognition", namespace="robot1"))
    wait_for(lambda: "`vfrt panel --node /robot1/recognition`" in client.what_to_do(), "the other node")


class Alone:
    """A recognition node that a test can end, and start again."""

    def __init__(self) -> None:
        self._node = RecognitionNode([])
        self._node.start()
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._node.end()
        self._executor.shutdown(2.0)
        self._thread.join(5.0)
        self._node.destroy_node()


def test_a_node_that_ends_is_missed_and_the_next_one_is_taken_up(ros: Ros, client) -> None:
    first = Alone()
    wait_for(lambda: client.parameters.value("k") == 8, "the first node")
    assert client.parameters.set("k", 3) == ""
    first.end()
    wait_for(lambda: not client.recognition.answers, "its end")
    assert (client.memory, client.labels) == (None, [])
    second = Alone()
    try:
        wait_for(lambda: client.recognition.answers, "the second node")
        wait_for(lambda: client.parameters.value("k") == 8, "its own k")
        wait_for(lambda: client.memory is not None, "its memory")
    finally:
        second.end()
