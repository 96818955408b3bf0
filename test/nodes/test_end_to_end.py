# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Demo camera in, recognitions out: two processes over real DDS, through one round of the demo.

What is recognised is collected from the first frame on, while the shorter tests ask this and that.
"""

from __future__ import annotations

import json
import math
import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy")

from fixtures.waiting import wait_for
from nodes.conftest import Ros, spinning
from nodes.node_process import NodeProcess
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from sensor_msgs.msg import Image

from tools.private_domain import private_domain
from vfrt_msgs.msg import MemoryInfo, Recognition
from vfrt_ros.core.sources.demo import SECONDS_PER_PHOTO, SHOTS, demo_folder, view
from vfrt_ros.core.sources.images import load_image
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.conversions import frame_from_image
from vfrt_ros.nodes.services import SERVICES

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

LABELS = ("cat", "cup of coffee", "rocket", "motorcycle")
SIZE = (640, 480)
RIGHT_AT_LEAST = 0.95
RECOGNITION = f"/{names.RECOGNITION_NODE}"
ROUND = SECONDS_PER_PHOTO * len(SHOTS)


def signature(bgr: np.ndarray) -> np.ndarray:
    """A small grey picture, zero mean and unit variance."""
    grey = cv2.cvtColor(cv2.resize(bgr, (32, 24), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    values = grey.astype(np.float32) - grey.mean()
    return values / max(float(values.std()), 1.0)


def references() -> list[tuple[str, np.ndarray]]:
    """What the demo shows of each subject, far and near."""
    return [
        (shot.subject, signature(view(load_image(demo_folder() / shot.file), shot, nearness, SIZE)))
        for shot in SHOTS
        for nearness in (0.0, 0.5, 1.0)
    ]


class System:
    """Camera and recognition, and all that they publish."""

    def __init__(self, ros: Ros, folder: Path) -> None:
        self.folder = folder
        self.answers: list[tuple[float, Recognition]] = []
        self.infos: list[MemoryInfo] = []
        self._subjects: dict[tuple[int, int], str] = {}
        self._references = references()
        self.ros = ros
        self.node = ros.node("tester")
        self.hear(Recognition, names.RECOGNITION, qos.recognition(), self._note)
        self.hear(MemoryInfo, names.MEMORY_INFO, qos.memory_info(), self.infos.append)
        self.hear(Image, names.IMAGE_RAW, qos.camera_image(), self._look)
        self.recognition = NodeProcess(
            folder, "recognition_node", "-r", f"image:={names.IMAGE_RAW}", "-p", "backbone:=embedded",
            "-p", f"init_labels:=[{', '.join(LABELS)}]",
        )  # fmt: skip
        # Only then is the first frame of the round seen.
        self.recognition.wait_for_output("Ready in")
        self.camera = NodeProcess(folder, "camera_node", "-p", "source:=demo", "-p", "fps:=8.0")

    def hear(self, message: type, topic: str, profile: Any, callback: Callable[[Any], object]) -> None:
        self.node.create_subscription(message, topic, callback, profile)

    def _note(self, answer: Recognition) -> None:
        self.answers.append((time.monotonic(), answer))

    def _look(self, image: Image) -> None:
        seen = signature(frame_from_image(image))
        subject, _ = max(self._references, key=lambda known: float((seen * known[1]).mean()))
        self._subjects[image.header.stamp.sec, image.header.stamp.nanosec] = subject

    def subject(self, answer: Recognition) -> str:
        """What its frame shows; empty where the tester has not seen the frame."""
        return self._subjects.get((answer.header.stamp.sec, answer.header.stamp.nanosec), "")

    def by_subject(self, until: float = math.inf) -> dict[str, Counter[str]]:
        """How often which label was the answer to which subject."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for came, answer in list(self.answers):
            if came < until and (subject := self.subject(answer)):
                found[subject][answer.label] += 1
        return found

    def wait_for_answer(
        self, fits: Callable[[Recognition], bool], what: str, timeout: float = 20.0
    ) -> Recognition:
        """The next answer that fits."""
        start = len(self.answers)

        def fitting() -> list[Recognition]:
            return [answer for _, answer in list(self.answers)[start:] if fits(answer)]

        wait_for(fitting, f"{what}\n{self.recognition.output}\n{self.camera.output}", timeout)
        return fitting()[0]

    def call(self, name: str, /, **fields: Any) -> Any:
        return self.ros.call(self.node, RECOGNITION, SERVICES[name][0], name, **fields)

    def set(self, name: str, value: Any) -> Any:
        parameters = [Parameter(name, value=value).to_parameter_msg()]
        path = "recognition/set_parameters"
        return self.ros.call(self.node, RECOGNITION, SetParameters, path, parameters=parameters).results[0]

    def close(self) -> None:
        self.camera.kill()
        self.recognition.kill()


@pytest.fixture(scope="module")
def domain() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_DOMAIN_ID", str(private_domain()))
        yield


@pytest.fixture(scope="module")
def spun(domain: None) -> Iterator[Ros]:
    """The tester's own context."""
    with spinning() as ros:
        yield ros


@pytest.fixture(scope="module")
def system(spun: Ros, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    system = System(spun, tmp_path_factory.mktemp("system"))
    yield system
    system.close()


def test_recognitions_come_and_are_well_formed(system) -> None:
    answer = system.wait_for_answer(lambda answer: True, "the first recognition")
    assert answer.header.frame_id == "camera_optical_frame"
    assert 0 <= answer.score <= 1
    assert 0 <= answer.threshold <= 1
    assert sorted(found.label for found in answer.candidates) == sorted(LABELS)
    assert [found.score for found in answer.candidates] == sorted(
        (c.score for c in answer.candidates), reverse=True
    )
    assert all(math.isnan(found.image_score) and -1 <= found.text_score <= 1 for found in answer.candidates)
    assert 0 <= answer.latency.sec + answer.latency.nanosec / 1e9 < 5


def test_quality_of_service_is_as_promised(system) -> None:
    system.wait_for_answer(lambda answer: True, "a recognition")
    reliable, best_effort = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT
    volatile, transient = DurabilityPolicy.VOLATILE, DurabilityPolicy.TRANSIENT_LOCAL
    promised = {
        names.IMAGE_RAW: (best_effort, volatile),
        names.RECOGNITION: (reliable, volatile),
        names.OVERLAY: (reliable, volatile),
        names.MEMORY_INFO: (reliable, transient),
    }
    for topic, expected in promised.items():
        wait_for(lambda topic=topic: system.node.get_publishers_info_by_topic(topic), topic)
        found = [info.qos_profile for info in system.node.get_publishers_info_by_topic(topic)]
        assert [(profile.reliability, profile.durability) for profile in found] == [expected], topic
    subscribers = system.node.get_subscriptions_info_by_topic(names.IMAGE_RAW)
    ours = [info.qos_profile for info in subscribers if info.node_name == "recognition"]
    assert [profile.reliability for profile in ours] == [best_effort]


def test_parameters_live(system) -> None:
    assert system.set("alpha_fusion", 0.5).successful
    assert system.set("alpha_fusion", 0.7).successful
    refused = system.set("alpha_fusion", 1.5)
    assert not refused.successful
    assert "0.0" in refused.reason
    assert "1.0" in refused.reason
    unknown = system.set("alfa_fusion", 0.5)
    assert "Did you mean 'alpha_fusion'?" in unknown.reason
    assert system.set("k_candidates", 2).successful
    system.wait_for_answer(lambda answer: len(answer.candidates) == 2, "two candidates")
    assert system.set("k_candidates", 5).successful
    system.wait_for_answer(lambda answer: len(answer.candidates) == len(LABELS), "all candidates")


def test_a_snapshot_is_on_disk(system) -> None:
    system.wait_for_answer(lambda answer: True, "a recognition")
    response = system.call("snapshot", name="desk")
    path = Path(response.path)
    assert path == system.folder / "ros_home" / "vfrt" / "snapshots" / "desk"
    assert cv2.imread(str(path / "frame.png")).shape == (SIZE[1], SIZE[0], 3)
    assert (cv2.imread(str(path / "overlay.png")) != cv2.imread(str(path / "frame.png"))).any()
    told = json.loads((path / "recognition.json").read_text())
    assert {candidate["label"] for candidate in told["candidates"]} == set(LABELS)


def test_an_overlay_comes_to_who_watches(system) -> None:
    overlays: list[Image] = []
    system.hear(Image, names.OVERLAY, qos.overlay(), overlays.append)
    wait_for(lambda: overlays, "an overlay")
    assert frame_from_image(overlays[0]).shape == (SIZE[1], SIZE[0], 3)
    stamps = [answer.header.stamp for _, answer in system.answers]
    assert overlays[0].header.stamp in stamps


def test_one_round_of_the_demo_and_a_lesson_in_it(system) -> None:
    system.wait_for_answer(lambda answer: system.subject(answer) == "astronaut", "the astronaut", ROUND + 20)
    # The camera goes near and back: half the time shows every view there is.
    half = time.monotonic() + SECONDS_PER_PHOTO / 2
    wait_for(lambda: time.monotonic() > half, "half of the astronaut's time")
    found = system.by_subject()
    done = system.call("register", label="astronaut")
    assert (done.code, done.stored >= 1) == (done.OK, True), done.message

    def after(version: int) -> Recognition:
        return system.wait_for_answer(
            lambda answer: answer.memory_version >= version, f"version {version}", 5.0
        )

    known = after(done.memory_version)
    assert (known.label, known.reason) == ("astronaut", Recognition.KNOWN)
    again = system.call("undo")
    undone = after(again.memory_version)
    assert again.what.startswith("registered ")
    redone = system.call("redo")
    assert after(redone.memory_version).label == "astronaut"
    wait_for(lambda: system.infos[-1].version == redone.memory_version, "news of the memory")
    examples = {info.label: info.examples for info in system.infos[-1].labels}
    assert examples == {"astronaut": done.stored, **dict.fromkeys(LABELS, 0)}

    told = {subject: dict(counter) for subject, counter in found.items()}
    right = {
        shot.subject: found[shot.subject][shot.subject if shot.subject in LABELS else Recognition.UNKNOWN]
        / max(1, found[shot.subject].total())
        for shot in SHOTS
    }
    assert {subject: share for subject, share in right.items() if share < RIGHT_AT_LEAST} == {}, told
    assert undone.label == Recognition.UNKNOWN


def test_both_end_by_a_signal(system) -> None:
    system.camera.send(signal.SIGINT)
    system.recognition.send(signal.SIGTERM)
    for process in (system.camera, system.recognition):
        assert process.status() == 0, process.output
        assert "Traceback" not in process.output
        assert not process.left_behind


ENDS = {
    "camera, SIGTERM": ("camera_node", ("-p", "source:=demo"), "Source:", signal.SIGTERM),
    "recognition, SIGINT": ("recognition_node", ("-p", "backbone:=fake"), "Ready in", signal.SIGINT),
    "recognition, while it loads": (
        "recognition_node", ("-p", "backbone:=embedded"), "Loading the encoder", signal.SIGINT,
    ),
    "recognition, not configured": (
        "recognition_node", ("-p", "autostart:=false"), "Waiting to be configured", signal.SIGTERM,
    ),
}  # fmt: skip


@pytest.mark.usefixtures("domain")
def test_every_node_ends_by_every_signal(tmp_path) -> None:
    started = {
        name: NodeProcess(tmp_path / str(number), module, *arguments)
        for number, (name, (module, arguments, _, _)) in enumerate(ENDS.items())
    }
    try:
        for name, (_, _, words, number) in ENDS.items():
            started[name].wait_for_output(words)
            started[name].send(number)
        for name, process in started.items():
            assert process.status() == 0, (name, process.output)
            assert "Traceback" not in process.output, name
            assert not process.left_behind, name
    finally:
        for process in started.values():
            process.kill()


STARTS = {
    "unknown name": (
        ("-p", "alfa_fusion:=0.5"), {}, "Unknown parameter 'alfa_fusion'. Did you mean 'alpha_fusion'?",
    ),
    "wrong value": (
        ("-p", "alpha_fusion:=1.5"), {}, "Parameter 'alpha_fusion' must be a number in [0, 1]; got 1.5.",
    ),
    "wrong value in the environment": (
        (), {"VFRT_ALPHA_FUSION": "1.5"}, "Parameter 'alpha_fusion' must be a number in [0, 1]; got 1.5.",
    ),
    "a mapping where a text belongs": (
        ("--params-file", "mapping.yaml"), {},
        "Parameter 'backbone' must be a text; got a mapping with the key 'name'.",
    ),
}  # fmt: skip
TWO_LEVELS = "/**:\n  ros__parameters:\n    {}\n"


@pytest.mark.usefixtures("domain")
def test_a_wrong_start_is_one_line_and_status_1(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mapping.yaml").write_text(TWO_LEVELS.format("backbone: {name: fake}"))
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    )
    started = [
        NodeProcess(tmp_path / str(number), "recognition_node", *arguments, **environment)
        for number, (arguments, environment, _) in enumerate(STARTS.values())
    ]
    ended = {
        name: (process.status(60.0), process.output.strip())
        for name, process in zip(STARTS, started, strict=True)
    }
    assert ended == {name: (1, line) for name, (_, _, line) in STARTS.items()}


PRECEDENCE = {
    "file": (False, False, 0.2),
    "the environment over the file": (True, False, 0.3),
    "-p over both": (True, True, 0.4),
}


def test_precedence_at_the_start(spun, tmp_path) -> None:
    (tmp_path / "file.yaml").write_text(TWO_LEVELS.format("alpha_fusion: 0.2"))
    started = []
    for number, (by_environment, typed, _) in enumerate(PRECEDENCE.values()):
        arguments = ["-p", "autostart:=false", "-r", f"__ns:=/n{number}"]
        arguments += ["--params-file", str(tmp_path / "file.yaml")]
        arguments += ["-p", "alpha_fusion:=0.4"] if typed else []
        environment = {"VFRT_ALPHA_FUSION": "0.3"} if by_environment else {}
        started.append(NodeProcess(tmp_path / str(number), "recognition_node", *arguments, **environment))
    try:
        node = spun.node("asker")
        addresses = [f"/n{number}/recognition" for number in range(len(PRECEDENCE))]
        found = [
            spun.call(node, address, GetParameters, f"{address}/get_parameters", names=["alpha_fusion"])
            for address in addresses
        ]
        expected = [alpha for _, _, alpha in PRECEDENCE.values()]
        assert [answer.values[0].double_value for answer in found] == expected
    finally:
        for process in started:
            process.kill()
