# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One recognition node for several cameras: topics of their own, one memory, and none that disturbs another."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("rclpy")

from builtin_interfaces.msg import Time
from fixtures.pictures import picture
from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.recognition_bench import RecognitionBench
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from vfrt_msgs.msg import Recognition
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders.fake import FakeBackbone
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.nodes import names, qos, silence_watch
from vfrt_ros.nodes.camera_channel import Arrival
from vfrt_ros.nodes.conversions import compressed_from_frame, image_from_frame
from vfrt_ros.nodes.object_channel import Boxed
from vfrt_ros.nodes.recognition_node import RecognitionNode
from vfrt_ros.nodes.result import Result

pytestmark = pytest.mark.ros

CAMERAS = ("front", "left", "rear")


class Gate(FakeBackbone):
    """An encoder that can be held; it notes how many pictures it was given at once."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.go.set()
        self.held = threading.Event()
        self.calls: list[int] = []
        self.refuse: Callable[[Any], bool] = lambda image: False

    def encode_images(self, images: Any) -> Any:
        if not self.go.is_set():
            self.held.set()
            assert self.go.wait(60)
        self.calls.append(len(images))
        if any(self.refuse(image) for image in images):
            raise ValueError("a picture that this encoder cannot take")
        return super().encode_images(images)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.go.set()


@pytest.fixture
def start(
    ros: Ros, gate: Gate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., RecognitionBench]:
    """Starts the node with three cameras."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("VFRT_BACKBONE", "fake")
    monkeypatch.setenv("VFRT_TEMPORAL_EMA", "0.0")
    monkeypatch.setenv("VFRT_CAMERAS", ",".join(CAMERAS))
    monkeypatch.setenv("VFRT_SNAPSHOT_DIR", str(tmp_path / "snapshots"))

    def create(settings: RecognitionSettings) -> Recogniser:
        recogniser = Recogniser(settings)
        recogniser.encoders = dataclasses.replace(recogniser.encoders, backbone=gate)
        return recogniser

    return lambda **more: RecognitionBench(ros, create, cameras=CAMERAS, **more)


@pytest.fixture
def bench(start: Callable[..., RecognitionBench]) -> RecognitionBench:
    return start()


@pytest.fixture
def answers(bench: RecognitionBench, monkeypatch: pytest.MonkeyPatch) -> list[Result]:
    """What is published, in its order."""
    answers: list[Result] = []
    for channel in bench.node._channels.values():

        def publish(result: Result, publish: Callable[[Result], None] = channel.publish) -> None:
            publish(result)
            answers.append(result)

        monkeypatch.setattr(channel, "publish", publish)
    return answers


def put(bench: RecognitionBench, camera: str, colour: str = "red") -> None:
    """A frame arrives from a camera, as its subscription hands it over."""
    bench.node._channels[camera]._receive(bench.stamped(image_from_frame(picture(colour), Header())))


def hold(bench: RecognitionBench, gate: Gate, camera: str) -> None:
    """Let the encoder stand in a frame of a camera, which every camera has had its turn before."""
    gate.go.clear()
    for name in (*(other for other in CAMERAS if other != camera), camera):
        gate.held.clear()
        put(bench, name)
        assert gate.held.wait(20)
        if name != camera:
            gate.go.set()
            bench.node._path.frames.submit(gate.go.clear).result(20)
    gate.calls.clear()


def named(answers: list[Result], count: int) -> list[str]:
    """The cameras of the first answers."""
    wait_for(lambda: len(answers) >= count, f"{count} answers")
    return [answer.camera for answer in answers[:count]]


class TestTopics:
    def test_each_camera_has_its_own(self, bench: RecognitionBench) -> None:
        node = bench.node
        published = dict(node.get_publisher_names_and_types_by_node(node.get_name(), "/"))
        heard = dict(node.get_subscriber_names_and_types_by_node(node.get_name(), "/"))
        for camera in CAMERAS:
            assert {f"/{camera}/{name}" for name in ("recognition", "overlay", "overlay/compressed")} <= set(
                published
            )
            assert f"/{camera}/image" in heard
        assert not {"/image", "/recognition", "/overlay", "/overlay/compressed"} & {*published, *heard}
        assert "/memory_info" in published

    def test_an_answer_names_its_camera_and_has_the_header_of_its_frame(
        self, bench: RecognitionBench
    ) -> None:
        for camera in CAMERAS:
            message = image_from_frame(picture("red"), Header())
            answer = bench.answer_to(message, camera)
            assert (answer.camera, answer.header) == (camera, message.header)

    def test_compressed_images(
        self, start: Callable[..., RecognitionBench], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VFRT_IMAGE_TRANSPORT", "compressed")
        bench = start(message=CompressedImage, topic="image/compressed")
        for camera in CAMERAS:
            message = compressed_from_frame(picture("red"), Header())
            assert bench.answer_to(message, camera).camera == camera

    def test_the_overlay_of_the_camera_that_is_watched_alone_is_drawn(self, bench: RecognitionBench) -> None:
        overlays: list[Any] = []
        bench.hear(Image, "left/overlay", qos.overlay(), overlays.append)

        def watched() -> bool:
            bench.show(picture("green"), "front")
            bench.show(picture("red"), "left")
            return bool(overlays)

        wait_for(watched, "an overlay")
        left = {found.header.stamp.nanosec for found in bench.recognitions if found.camera == "left"}
        assert {overlay.header.stamp.nanosec for overlay in overlays} <= left

    BAD: ClassVar = {"no token": "front, 2nd", "twice": "front, left, front"}

    @pytest.mark.parametrize("value", BAD.values(), ids=BAD.keys())
    def test_a_bad_list_of_names_stops_the_start(
        self, ros: Ros, monkeypatch: pytest.MonkeyPatch, value: str
    ) -> None:
        monkeypatch.setenv("VFRT_CAMERAS", value)
        with pytest.raises(SettingError, match="'cameras' must"):
            RecognitionNode([])


class TestServices:
    def test_what_one_camera_is_taught_is_known_to_all(self, bench: RecognitionBench) -> None:
        for variant in range(3):
            bench.show(picture("red", variant), "left")
            bench.show(picture("green", variant), "front")
        done = bench.call("register", label="cup", camera="left")
        assert (done.code, done.stored) == (done.OK, 3)
        for camera in CAMERAS:
            assert bench.show(picture("red", 9), camera).label == "cup"
        assert bench.call("undo").code == 0
        assert {bench.show(picture("red", 9), camera).label for camera in CAMERAS} == {Recognition.UNKNOWN}

    def test_without_a_name_the_first_is_meant(self, bench: RecognitionBench) -> None:
        bench.show(picture("red"), "front")
        bench.show(picture("green"), "left")
        assert bench.call("register", label="cup").stored == 1
        assert bench.show(picture("red", 9), "rear").label == "cup"

    def test_frames_of_a_camera_that_has_gone_are_told_to_be_its_last(self, bench: RecognitionBench) -> None:
        bench.show(picture("red"), "left")
        assert "last" not in bench.call("register", label="cup", camera="left").message
        bench.show(picture("blue"), "left")
        bench.node._channels["left"].silence.told = True
        told = bench.call("register", label="sky", camera="left").message
        assert told.endswith("The camera left gives no pictures now: these were its last ones.")

    def test_explain_and_snapshot_are_of_the_camera(self, bench: RecognitionBench) -> None:
        bench.call("set_prompts", labels=["tomato", "sky"], prompts=["something red", "something blue"])
        bench.show(picture("red"), "front")
        bench.show(picture("blue"), "rear")
        assert bench.call("explain", camera="front").label == "tomato"
        assert bench.call("explain", camera="rear").label == "sky"
        assert bench.call("explain", camera="left").code == bench.call("explain").NO_FRAMES
        path = Path(bench.call("snapshot", camera="rear").path)
        told = json.loads((path / "recognition.json").read_text())
        assert (told["camera"], told["candidates"][0]["label"]) == ("rear", "sky")

    @pytest.mark.parametrize("service", ["register", "explain", "snapshot"])
    def test_a_camera_that_there_is_not_is_refused_with_the_names(
        self, bench: RecognitionBench, service: str
    ) -> None:
        bench.show(picture("red"), "front")
        fields = {"label": "cup"} if service == "register" else {}
        done = bench.call(service, camera="right", **fields)
        assert done.code == done.INVALID_REQUEST
        assert "front, left, rear" in done.message
        assert bench.call("list_labels").labels == []


class TestFairness:
    def test_a_camera_that_floods_costs_the_others_no_turn(
        self, bench: RecognitionBench, gate: Gate, answers: list[Result]
    ) -> None:
        hold(bench, gate, "front")
        for _ in range(20):
            put(bench, "front")
        for camera in ("left", "rear"):
            put(bench, camera)
        gate.go.set()
        assert named(answers, 6)[2:] == ["front", "left", "rear", "front"]
        assert [answer.dropped for answer in answers[2:6]] == [19, 0, 0, 19]

    def test_the_one_that_was_served_longest_ago_comes_first(
        self, bench: RecognitionBench, gate: Gate, answers: list[Result]
    ) -> None:
        hold(bench, gate, "left")
        for camera in ("left", "rear", "front"):
            put(bench, camera)
        gate.go.set()
        assert named(answers, 6)[2:] == ["left", "front", "rear", "left"]

    def test_a_late_frame_is_answered_like_any_other(self, bench: RecognitionBench) -> None:
        late = image_from_frame(picture("red"), Header())
        bench.stamped(late)
        late.header.stamp = Time(sec=late.header.stamp.sec - 60, nanosec=1)
        wait_for(
            lambda: (
                bench.send(late, "left")
                or [found for found in bench.recognitions if found.header.stamp == late.header.stamp]
            ),
            "the late one",
        )
        assert bench.recognitions[-1].latency.sec >= 59
        assert bench.show(picture("red"), "front").latency.sec < 10

    def test_rubbish_is_counted_for_the_camera_that_sends_it(self, bench: RecognitionBench) -> None:
        bad = Image(height=3, width=5, encoding="nonsense", step=1, data=[0])
        refused = bench.node._channels["left"].statistics
        wait_for(lambda: bench.send(bad, "left") or refused.counts().refused, "a refusal")
        assert bench.show(picture("red"), "front").camera == "front"
        assert bench.show(picture("red"), "left").camera == "left"
        assert bench.node._channels["front"].statistics.counts().refused == {}

    def test_a_camera_that_dies_is_told_by_name_and_the_others_go_on(
        self, start: Callable[..., RecognitionBench], monkeypatch: pytest.MonkeyPatch, capfd: Any
    ) -> None:
        monkeypatch.setattr(silence_watch, "SILENCE_S", 1.0)
        monkeypatch.setattr(silence_watch, "PERIODS", 0.0)
        monkeypatch.setattr("vfrt_ros.nodes.diagnostics.SILENCE", 1.0)
        monkeypatch.setattr("vfrt_ros.nodes.diagnostics.PERIODS", 0.0)
        bench = start()
        bench.hear_diagnostics()
        bench.show(picture("red"), "rear")
        expected = {"front": b"\0", "left": b"\0", "rear": b"\1", "recognition": b"\1"}

        def told() -> bool:
            for camera in ("front", "left"):
                bench.show(picture("red"), camera)
            last = {status.name: status for status in bench.diagnostics}
            levels = {name.removeprefix("recognition: "): status.level for name, status in last.items()}
            return levels == expected and "no frames" in last["recognition: rear"].message

        wait_for(told, "the silence of one camera")
        whole = {status.name: status for status in bench.diagnostics}["recognition: recognition"]
        assert whole.message[:15] == "rear: no frames"
        assert "No picture of the camera rear for" in capfd.readouterr().err

    def test_it_stops_and_starts_with_all(self, bench: RecognitionBench) -> None:
        for camera in CAMERAS:
            bench.show(picture("red"), camera)
        assert bench.change_state("deactivate")
        for camera in CAMERAS:
            topic = f"/{names.of_camera(camera, names.IMAGE)}"
            wait_for(
                lambda topic=topic: bench.node.count_subscribers(topic) == 0, "the end of a subscription"
            )
        assert bench.change_state("activate")
        assert [bench.show(picture("red"), camera).camera for camera in CAMERAS] == list(CAMERAS)
        assert bench.call("explain", camera="left").code == 0


class TestTogether:
    @pytest.fixture
    def gate(self, gate: Gate) -> Gate:
        gate.batches = True
        return gate

    def test_all_that_wait_are_encoded_at_once_where_that_is_faster(
        self, bench: RecognitionBench, gate: Gate, answers: list[Result]
    ) -> None:
        hold(bench, gate, "front")
        for camera, colour in zip(CAMERAS, ("red", "green", "blue"), strict=True):
            put(bench, camera, colour)
        gate.go.set()
        assert sorted(named(answers, 6)[3:]) == sorted(CAMERAS)
        assert gate.calls == [1, 3]
        alone = Recogniser(RecognitionSettings(backbone="fake", memory_path=":memory:"))
        for answer in answers[3:]:
            observation = bench.node._recogniser.view(answer.camera).newest(1)[0]
            assert np.array_equal(observation.embedding, alone.observe(answer.frame).embedding), answer.camera

    def test_one_after_another_where_it_is_not(
        self, bench: RecognitionBench, gate: Gate, answers: list[Result]
    ) -> None:
        gate.batches = False
        hold(bench, gate, "front")
        for camera in CAMERAS:
            put(bench, camera)
        gate.go.set()
        named(answers, 6)
        assert gate.calls == [1, 1, 1, 1]

    def test_a_picture_that_the_encoder_cannot_take_costs_its_camera_alone(
        self, bench: RecognitionBench, gate: Gate, answers: list[Result]
    ) -> None:
        hold(bench, gate, "front")
        for camera in CAMERAS:
            put(bench, camera, "blue" if camera == "left" else "red")
        gate.refuse = lambda image: image[..., 2].mean() > image[..., 0].mean() + 30
        gate.go.set()
        assert sorted(named(answers, 5)[3:]) == ["front", "rear"]
        assert bench.node.faults.bugs() == {"ValueError": 1}

    def test_a_box_that_the_encoder_cannot_take_costs_no_frame(
        self, bench: RecognitionBench, gate: Gate, answers: list[Result]
    ) -> None:
        hold(bench, gate, "front")
        for camera in CAMERAS:
            put(bench, camera)
        message = bench.stamped(image_from_frame(picture("red"), Header()))
        arrival = Arrival(bench.node._channels["left"], message, time.time(), time.monotonic())
        bench.node._hand_over_boxes(Boxed(arrival, [(8, 8, 16, 16, 0, 0.5)]))
        gate.refuse = lambda image: len(image) < 20
        gate.go.set()
        assert sorted(named(answers, 6)[3:]) == sorted(CAMERAS)
        assert bench.node.faults.bugs() == {"ValueError": 1}


class TestUnchanged:
    def still(self, bench: RecognitionBench, answers: list[Result], camera: str, count: int = 1) -> Result:
        """The answer to the last of some frames that show the same."""
        for _ in range(count):
            before = len(answers)
            bench.node._channels[camera]._receive(bench.stamped(image_from_frame(picture("red"), Header())))
            wait_for(lambda before=before: len(answers) > before, "an answer")
        return answers[-1]

    def test_they_are_encoded_unless_asked_not_to(
        self, bench: RecognitionBench, gate: Gate, answers: list[Result]
    ) -> None:
        self.still(bench, answers, "front", 3)
        assert len(gate.calls) == 3

    def test_they_are_answered_with_their_own_stamp_and_what_is_known_by_now(
        self, bench: RecognitionBench, gate: Gate, answers: list[Result]
    ) -> None:
        assert bench.set(skip_unchanged=True)[0].successful
        gate.calls.clear()
        last = self.still(bench, answers, "front", 3)
        assert gate.calls == [1]
        assert len({answer.header.stamp.nanosec for answer in answers}) == 3
        assert last.decision.label == Recognition.UNKNOWN
        assert bench.call("register", label="cup", camera="front").code == 0
        assert self.still(bench, answers, "front").decision.label == "cup"
        assert bench.set(skip_unchanged=False)[0].successful
        assert gate.calls == [1]
        self.still(bench, answers, "front")
        assert gate.calls == [1, 1]
        assert bench.node._channels["front"].statistics.counts().repeated == 3

    def test_another_camera_that_shows_the_same_is_encoded(
        self, bench: RecognitionBench, gate: Gate, answers: list[Result]
    ) -> None:
        assert bench.set(skip_unchanged=True)[0].successful
        gate.calls.clear()
        for camera in CAMERAS:
            self.still(bench, answers, camera, 2)
        assert gate.calls == [1, 1, 1]
