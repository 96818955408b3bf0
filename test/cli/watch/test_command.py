# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt watch`: what is printed for each recognition, and when it ends."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console
from sensor_msgs.msg import RegionOfInterest

from vfrt_msgs.msg import Candidate, RecognisedObject, RecognisedObjects, Recognition
from vfrt_ros.cli.watch.objects_table import ObjectsScreen, objects_table
from vfrt_ros.cli.watch.recognition_line import line
from vfrt_ros.cli.watch.recognition_screen import RecognitionScreen
from vfrt_ros.cli.watch.recognition_table import table
from vfrt_ros.client.node_client import NodeClient

from ..fake_recognition import FakeRecognition, known_cat, unknown_rocket

pytestmark = pytest.mark.ros


def test_json_lines_up_to_the_count(fake: FakeRecognition, vfrt: Any) -> None:
    fake.publish_always(known_cat())
    outcome = vfrt("watch", "--json", "--count", "3")
    assert outcome.status == 0
    rows = [json.loads(row) for row in outcome.out.splitlines()]
    assert len(rows) == 3
    assert (rows[0]["label"], rows[0]["reason"], rows[0]["score"]) == ("cat", "KNOWN", 0.9)
    assert rows[0]["candidates"][0]["image_score"] is None


def test_the_reason_of_unknown_has_a_name(fake: FakeRecognition, vfrt: Any) -> None:
    fake.publish_always(unknown_rocket())
    outcome = vfrt("watch", "--json", "--count", "1")
    assert json.loads(outcome.out)["reason"] == "UNKNOWN_LOW_SCORE"


def test_plain_lines_without_a_terminal(fake: FakeRecognition, vfrt: Any) -> None:
    fake.publish_always(unknown_rocket())
    outcome = vfrt("watch", "--count", "2")
    assert outcome.status == 0
    assert [row.split()[0] for row in outcome.out.splitlines()] == ["unknown", "unknown"]


def test_the_end_of_the_node_is_status_1(vfrt: Any) -> None:
    node = FakeRecognition()
    node.publish_always(known_cat())
    ending = threading.Timer(1.0, node.close)
    ending.start()
    outcome = vfrt("watch")
    ending.join()
    assert outcome.status == 1
    assert "/recognition has ended" in outcome.err


def test_a_silent_node_is_said_to_be_silent(vfrt: Any) -> None:
    node = FakeRecognition()
    ending = threading.Timer(4.0, node.close)
    ending.start()
    outcome = vfrt("watch")
    ending.join()
    assert "/recognition is silent on /recognition" in outcome.err


def test_a_known_line_has_label_score_rate_and_delay() -> None:
    text = line(known_cat())
    for part in ("cat ", "0.90", "15.0 fps", "60 ms"):
        assert part in text
    assert "?" not in text


def test_an_unknown_line_says_why_and_what_came_close() -> None:
    text = line(unknown_rocket())
    for part in ("unknown ", "score too low", "rocket?"):
        assert part in text


def test_plain_lines_are_left_out_while_nothing_changes() -> None:
    out, now = io.StringIO(), [0.0]
    screen = RecognitionScreen(Console(file=out, width=200), seconds=1.0, clock=lambda: now[0])
    for moment, message in (
        (0.0, known_cat()),
        (0.5, known_cat()),
        (0.6, unknown_rocket()),
        (1.7, unknown_rocket()),
    ):
        now[0] = moment
        screen.show(message)
    assert [row.split()[0] for row in out.getvalue().splitlines()] == ["cat", "unknown", "unknown"]


def test_a_terminal_gets_one_line_that_is_rewritten() -> None:
    out = io.StringIO()
    with RecognitionScreen(Console(file=out, width=80, force_terminal=True)) as screen:
        screen.show(known_cat())
        screen.show(unknown_rocket())
    assert "\x1b[2K" in out.getvalue()
    assert "rocket?" in out.getvalue()


def drawn(message: Any, width: int = 100) -> list[str]:
    """The lines of the table."""
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as capture:
        console.print(table(message))
    return [line.rstrip() for line in capture.get().splitlines()]


@pytest.mark.parametrize("is_terminal", [True, False], ids=["a terminal", "a pipe"])
def test_a_remark_stands_behind_each_recognition_until_it_is_taken_back(is_terminal: bool) -> None:
    out = io.StringIO()
    with RecognitionScreen(Console(file=out, width=200, force_terminal=is_terminal)) as screen:
        screen.remark("47% of the frames get lost")
        screen.show(known_cat())
        assert "47% of the frames get lost" in out.getvalue()
        out.truncate(0)
        screen.remark("")
        screen.show(known_cat())
    assert "lost" not in out.getvalue()


def test_the_table_has_the_answer_each_candidate_and_the_pace() -> None:
    answer, head, cat, facts = drawn(known_cat())
    assert answer == "cat   score 0.90 ≥ threshold 0.50"
    assert head.split() == ["candidate", "score", "image", "text", "examples"]
    assert (cat.split()[0], cat.split()[2:]) == ("cat", ["0.90", "–", "0.30", "0"])
    assert facts.startswith("15.0 frames a second   60 ms   0 dropped")


def test_the_table_says_why_it_is_unknown() -> None:
    assert drawn(unknown_rocket())[0] == "unknown   score 0.20 < threshold 0.50   score too low"


def test_labels_are_shown_as_they_are_and_a_narrow_terminal_is_no_trouble() -> None:
    message = known_cat()
    message.label = message.candidates[0].label = "[bold]x[/bold] " + "y" * 200
    for width in (30, 200):
        lines = drawn(message, width)
        assert len(lines) == 4 and all(len(line) <= width for line in lines)
    assert "[bold]x" in drawn(message, 200)[2]


def test_a_terminal_gets_the_table_redrawn() -> None:
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True)
    with RecognitionScreen(console, draw=table) as screen:
        screen.show(known_cat())
        screen.show(unknown_rocket())
    assert "\x1b[2K" in out.getvalue() and "memory version" in out.getvalue()


def cup_and_stranger() -> RecognisedObjects:
    cup = RecognisedObject(track=7, label="cup", score=0.9, reason=Recognition.KNOWN)
    cup.box = RegionOfInterest(x_offset=10, y_offset=20, width=30, height=40)
    stranger = RecognisedObject(track=8, label="unknown", score=0.2, reason=Recognition.UNKNOWN_LOW_SCORE)
    stranger.candidates = [Candidate(label="pen", score=0.2)]
    return RecognisedObjects(camera="left", objects=[cup, stranger])


def test_objects_have_a_line_each(fake: FakeRecognition, vfrt: Any) -> None:
    fake.publish_objects(cup_and_stranger())
    outcome = vfrt("watch", "--objects", "--count", "1")
    assert outcome.status == 0
    cup, stranger = outcome.out.splitlines()
    assert cup.split() == ["left", "#7", "cup", "━━━━━━━━━━━─", "0.90", "10,20,30,40"]
    assert stranger.endswith("pen?")


def test_objects_in_json(fake: FakeRecognition, vfrt: Any) -> None:
    fake.publish_objects(cup_and_stranger())
    (row,) = vfrt("watch", "--objects", "--json", "--count", "1").out.splitlines()
    assert [(each["track"], each["reason"]) for each in json.loads(row)["objects"]] == [
        (7, "KNOWN"),
        (8, "UNKNOWN_LOW_SCORE"),
    ]


def test_objects_are_a_table_on_a_terminal() -> None:
    drawn = io.StringIO()
    Console(file=drawn, width=100).print(objects_table(cup_and_stranger()))
    text = drawn.getvalue()
    assert "2 in view, left" in text
    assert [row.split()[0] for row in text.splitlines()[2:]] == ["7", "8"]


def test_objects_of_each_camera_stay_on_a_terminal() -> None:
    out = io.StringIO()
    with ObjectsScreen(Console(file=out, width=100, force_terminal=True)) as screen:
        screen.show(RecognisedObjects(camera="right"))
        screen.show(cup_and_stranger())
        out.truncate(0)
        screen.show(cup_and_stranger())
    text = out.getvalue()
    assert text.index("2 in view, left") < text.index("0 in view, right")


class TestCameras:
    @pytest.fixture
    def several(self, patient: None) -> Iterator[FakeRecognition]:
        """A node with two cameras."""
        node = FakeRecognition(cameras=("front", "left"))
        node.publish_always(known_cat("front"))
        node.publish_always(unknown_rocket("left"))
        yield node
        node.close()

    def test_lines_in_a_pipe_begin_with_the_camera(self, several: FakeRecognition, vfrt: Any) -> None:
        outcome = vfrt("watch", "--count", "20")
        assert {tuple(row.split()[:2]) for row in outcome.out.splitlines()} == {
            ("front", "cat"),
            ("left", "unknown"),
        }

    def test_one_of_them_alone(self, several: FakeRecognition, vfrt: Any) -> None:
        outcome = vfrt("watch", "--json", "--count", "5", "--camera", "left")
        assert {json.loads(row)["camera"] for row in outcome.out.splitlines()} == {"left"}

    def test_one_that_there_is_not_is_one_line(self, several: FakeRecognition, vfrt: Any) -> None:
        outcome = vfrt("watch", "--camera", "lefd")
        assert outcome.status == 1
        assert "There is no camera 'lefd', only front, left. Did you mean 'left'?" in outcome.err

    def test_a_name_for_the_only_camera_is_one_line(self, fake: FakeRecognition, vfrt: Any) -> None:
        outcome = vfrt("watch", "--camera", "front")
        assert outcome.status == 1
        assert "there is one camera, which has no name" in outcome.err

    def test_their_names_are_asked_for_in_their_order(self, several: FakeRecognition) -> None:
        with NodeClient("/recognition") as client:
            assert client.cameras() == ["front", "left"]
            assert client.topics(Recognition) == ["/front/recognition", "/left/recognition"]

    def test_a_terminal_gets_a_row_for_each(self) -> None:
        out = io.StringIO()
        console = Console(file=out, width=100, force_terminal=True, color_system=None)
        with RecognitionScreen(console, draw=table) as screen:
            for message in (unknown_rocket("left"), known_cat("front"), known_cat("left")):
                screen.show(message)
        *_, first, second = [row.strip() for row in out.getvalue().splitlines() if "fps" in row]
        assert "front" in first and "cat" in first
        assert "left" in second and "cat" in second

    def test_a_line_is_left_out_while_its_camera_says_the_same(self) -> None:
        out = io.StringIO()
        screen = RecognitionScreen(Console(file=out, width=200), seconds=1.0, clock=lambda: 0.0)
        for message in (
            known_cat("front"),
            unknown_rocket("left"),
            known_cat("front"),
            unknown_rocket("left"),
        ):
            screen.show(message)
        assert [row.split()[0] for row in out.getvalue().splitlines()] == ["front", "left"]

    def test_one_whose_topic_is_heard_of_late_is_waited_for(self, patient: None) -> None:
        node = FakeRecognition(cameras=("front", "left"))
        node.forget_topic("left")
        heard: list[str] = []
        with NodeClient("/recognition") as client:
            later = threading.Timer(1.5, node.offer_topic, ["left"])
            later.start()
            client.subscribe(Recognition, lambda message: heard.append(message.camera))
            later.join()
            node.publish_always(known_cat("front"))
            node.publish_always(known_cat("left"))
            assert client.spin(lambda: set(heard) == {"front", "left"}, 20.0)
        node.close()
