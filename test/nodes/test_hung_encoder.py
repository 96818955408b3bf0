# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""An encoder that gives no answer: told once, shown in /diagnostics, tried again, and left cleanly."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy")

from fixtures.pictures import picture
from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.recognition_bench import RecognitionBench
from std_msgs.msg import Header

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders.fake import FakeBackbone
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.nodes.conversions import image_from_frame

pytestmark = pytest.mark.ros


class Hanging(FakeBackbone):
    """Hangs while it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.hang = False
        self.entered = 0
        self.go = threading.Event()

    def encode_images(self, images):
        if self.hang:
            self.entered += 1
            assert self.go.wait(60)
        return super().encode_images(images)


@pytest.fixture
def backbone() -> Iterator[Hanging]:
    backbone = Hanging()
    yield backbone
    backbone.go.set()


@pytest.fixture
def bench(ros: Ros, backbone: Hanging, monkeypatch, tmp_path) -> RecognitionBench:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("VFRT_BACKBONE", "fake")
    monkeypatch.setenv("VFRT_ENCODER_TIMEOUT", "0.5")

    def create(settings: RecognitionSettings) -> Recogniser:
        recogniser = Recogniser(settings)
        recogniser.encoders = dataclasses.replace(recogniser.encoders, backbone=backbone)
        return recogniser

    return RecognitionBench(ros, create)


def hang(bench: RecognitionBench, backbone: Hanging, times: int = 1) -> None:
    """Send frames until the encoder hangs in so many threads."""
    bench.show(picture("red"))
    backbone.hang = True
    frame = image_from_frame(picture("red"), Header())
    wait_for(lambda: bench.send(bench.stamped(frame)) or backbone.entered >= times, "a hanging encoder")


def level(bench: RecognitionBench) -> tuple[bytes, str]:
    return (bench.diagnostics[-1].level, bench.diagnostics[-1].message) if bench.diagnostics else (b"", "")


def test_it_is_told_once_shown_tried_again_and_comes_back(bench, backbone, capfd) -> None:
    bench.hear_diagnostics()
    hang(bench, backbone, times=2)
    wait_for(lambda: level(bench)[0] == b"\2", "an error in /diagnostics")
    assert level(bench)[1].startswith("the encoder has given no answer for")
    assert bench.state == "active", "it goes on trying"
    assert bench.call("list_labels").code == 0, "the services go on"
    backbone.hang = False
    assert bench.show(picture("red", 5)).label == "unknown"
    wait_for(lambda: level(bench)[0] == b"\0", "an end of the error")
    backbone.go.set()
    wait_for(
        lambda: not any(worker.alive for worker in bench.node._path.frames._left), "those that woke up late"
    )
    bench.show(picture("red", 6))
    numbers = [found.header.stamp.nanosec for found in bench.recognitions]
    assert numbers == sorted(numbers), "nobody who woke up late has answered"
    logged = capfd.readouterr().err
    assert logged.count("The encoder has given no answer") == 1
    assert logged.count("The encoder answers again.") == 1


def test_a_registration_that_hangs_is_answered(bench, backbone) -> None:
    backbone.hang = True
    response = bench.call("register", label="cup", images=[image_from_frame(picture("red"), Header())])
    assert (response.code, response.stored) == (response.INTERNAL_ERROR, 0)
    assert "gives no answer" in response.message


def test_what_was_answered_as_failed_is_never_stored(bench, backbone) -> None:
    backbone.hang = True
    memory = bench.node._recogniser.memory
    before = memory.version
    response = bench.call("register", label="cup", images=[image_from_frame(picture("red"), Header())])
    assert response.code == response.INTERNAL_ERROR
    hung = bench.node._path.frames._left[0]
    backbone.hang = False
    backbone.go.set()
    wait_for(lambda: not hung.alive, "the end of what hung")
    assert (memory.version, len(memory), memory.log.history()) == (before, 0, [])
    again = bench.call("register", label="cup", images=[image_from_frame(picture("red"), Header())])
    assert (again.code, len(memory)) == (again.OK, 1)


def test_what_hangs_while_it_is_written_is_answered_as_it_ends(bench, backbone, monkeypatch) -> None:
    recogniser = bench.node._recogniser
    commit, entered = recogniser.memory._folded.store.append, threading.Event()

    def slow(*arguments: object) -> object:
        entered.set()
        assert backbone.go.wait(60)
        return commit(*arguments)

    monkeypatch.setattr(recogniser.memory._folded.store, "append", slow)
    answers: list = []
    caller = threading.Thread(target=lambda: answers.append(bench.call("forget", label="cup")))
    monkeypatch.setattr(recogniser.memory, "forget", lambda label: recogniser.set_prompts([label]))
    caller.start()
    assert entered.wait(20)
    wait_for(lambda: bench.node._path.frames.hung > 0, "the watch")
    assert answers == []
    backbone.go.set()
    caller.join(20)
    assert answers[0].code == answers[0].OK
    assert list(recogniser.memory.prompts) == ["cup"]


def test_every_transition_works_while_it_hangs_and_loads_it_anew(bench, backbone) -> None:
    hang(bench, backbone, times=1)
    wait_for(lambda: bench.node._path.frames.hung > 0, "the watch")
    for transition, state in (("deactivate", "inactive"), ("cleanup", "unconfigured")):
        assert bench.change_state(transition)
        assert bench.state == state
    backbone.hang = False
    for transition in ("configure", "activate"):
        assert bench.change_state(transition)
    assert bench.show(picture("red", 5)).label == "unknown"
    assert bench.node._path.frames.hung == 0
    bench.recognitions.clear()
    backbone.go.set()
    bench.show(picture("red", 6))
    assert bench.statistics.counts().refused == {}, "what woke up late did no harm"
