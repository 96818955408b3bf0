# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A node that hears no picture says which image topics there are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy")

from fixtures.waiting import wait_for
from nodes.recognition_bench import RecognitionBench
from sensor_msgs.msg import CompressedImage, Image

from vfrt_ros.nodes import qos, silence_watch
from vfrt_ros.nodes.image_topics import COMPRESSED, RAW, explain_silence, published_images


class Graph:
    """A graph with these image topics; those in `silent` have no publisher."""

    def __init__(self, *topics: tuple[str, str], silent: tuple[str, ...] = ()) -> None:
        self._topics, self._silent = topics, silent

    def get_topic_names_and_types(self) -> list[tuple[str, list[str]]]:
        return [(name, [kind]) for name, kind in (*self._topics, ("/rosout", "rcl_interfaces/msg/Log"))]

    def count_publishers(self, topic: str) -> int:
        return int(any(name == topic for name, _ in self._topics) and topic not in self._silent)

    def get_publishers_info_by_topic(self, topic: str) -> list[Any]:
        entry = SimpleNamespace(node_namespace="/front", node_name="usb_cam")
        return [entry] * self.count_publishers(topic)


USB, JPEG = ("/usb_cam/image_raw", RAW), ("/usb_cam/image_raw/compressed", COMPRESSED)
GRAPHS = {
    "none": (Graph(), "there is no other image topic: start a camera"),
    "a driver": (
        Graph(USB),
        "there are: /usb_cam/image_raw. Start this node with -r image:=/usb_cam/image_raw.",
    ),
    "raw before compressed": (Graph(JPEG, USB), "there are: /usb_cam/image_raw. Start"),
    "compressed alone": (
        Graph(JPEG),
        "Start this node with -r image:=/usb_cam/image_raw -p image_transport:=compressed.",
    ),
    "a topic that nobody publishes": (Graph(USB, silent=(USB[0],)), "there is no other image topic"),
    "overlays are no cameras": (
        Graph(("/overlay", RAW), ("/robot1/overlay/compressed", COMPRESSED)),
        "there is no other image topic",
    ),
    "the topic itself": (Graph(("/image", RAW)), "/image is published by /front/usb_cam, and nothing comes"),
    "many": (Graph(*((f"/camera{n}/image", RAW) for n in range(30))), "and 22 more. Start"),
}


LISTENING_COMPRESSED = {
    "both": (
        Graph(JPEG, USB),
        "/usb_cam/image_raw/compressed. Start this node with -r image:=/usb_cam/image_raw.",
    ),
    "raw alone": (Graph(USB), "Start this node with -r image:=/usb_cam/image_raw -p image_transport:=raw."),
    "raw where it listens": (Graph(("/image", RAW)), "with -r image:=/image -p image_transport:=raw."),
}


@pytest.mark.parametrize(("graph", "words"), LISTENING_COMPRESSED.values(), ids=LISTENING_COMPRESSED)
def test_why_no_compressed_picture_comes(graph: Any, words: str) -> None:
    assert words in explain_silence(graph, "/image/compressed")


@pytest.mark.parametrize(("graph", "words"), GRAPHS.values(), ids=GRAPHS)
def test_why_nothing_comes(graph: Any, words: str) -> None:
    text = explain_silence(graph, "/image")
    assert words in text
    assert "\n" not in text


def test_what_was_said_to_be_left_out_is() -> None:
    assert published_images(Graph(USB), but=(USB[0],)) == []


@pytest.mark.ros
def test_the_node_says_so_in_log_and_diagnostics(
    ros: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VFRT_BACKBONE", "fake")
    monkeypatch.setattr(silence_watch, "SILENCE_S", 0.2)
    driver = ros.node("usb_cam")
    driver.create_publisher(Image, "/usb_cam/image_raw", qos.camera_image())
    driver.create_publisher(CompressedImage, "/usb_cam/image_raw/compressed", qos.camera_image())
    wait_for(lambda: driver.count_publishers("/usb_cam/image_raw"), "the driver")
    bench = RecognitionBench(ros, topic="/elsewhere")
    bench.hear_diagnostics()
    words = "Nobody publishes /image. Image topics there are: "
    wait_for(
        lambda: any(words in status.message for status in bench.diagnostics if "recognition" in status.name),
        "the reason in /diagnostics",
    )
    logged = capfd.readouterr().err
    assert logged.count("No picture for") == 1
    assert "/usb_cam/image_raw" in logged.partition(words)[2]
