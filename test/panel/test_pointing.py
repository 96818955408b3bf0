# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What a gesture in the picture means, and how objects are listed beside it."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")
pytest.importorskip("streamlit")

from sensor_msgs.msg import RegionOfInterest

from vfrt_msgs.msg import RecognisedObject, RecognisedObjects, Recognition
from vfrt_ros.core.types.region import Box
from vfrt_ros.panel import now
from vfrt_ros.panel.pointing import choose
from vfrt_ros.panel.recognition_feed import FRESH_SECONDS, ObjectsFeed


def thing(track: int, x: int, y: int, side: int, label: str = "cup") -> RecognisedObject:
    box = RegionOfInterest(x_offset=x, y_offset=y, width=side, height=side)
    reason = Recognition.UNKNOWN_LOW_SCORE if label == "unknown" else Recognition.KNOWN
    return RecognisedObject(track=track, label=label, score=0.8, reason=reason, box=box)


OBJECTS = RecognisedObjects(objects=[thing(1, 0, 0, 200), thing(2, 50, 50, 60), thing(3, 300, 0, 50)])


@pytest.mark.parametrize(
    ("pointed", "meant"),
    [
        pytest.param({"x": 10.4, "y": 20.6, "width": 30.0, "height": 40.0}, Box(10, 21, 30, 40), id="a drag"),
        pytest.param({"x": 60, "y": 60}, 2, id="a click takes the smallest"),
        pytest.param({"x": 5, "y": 5, "width": 0, "height": 0}, 1, id="a click beside the smallest"),
        pytest.param({"x": 500, "y": 5}, None, id="a click on nothing"),
        pytest.param({"x": float("nan"), "y": 5}, None, id="no number"),
        pytest.param({"x": 1e300, "y": 5, "width": 1, "height": 1}, None, id="no place in a picture"),
        pytest.param({}, 1, id="nothing said is the corner"),
    ],
)
def test_what_a_gesture_means(pointed: dict[str, float], meant: Box | int | None) -> None:
    assert choose(pointed, OBJECTS) == meant


def test_a_click_without_objects_means_nothing() -> None:
    assert choose({"x": 5, "y": 5}, None) is None


def test_objects_are_in_view_while_they_come() -> None:
    time = [0.0]
    feed = ObjectsFeed(lambda: time[0])
    assert feed.newest() is None
    feed.take(OBJECTS)
    time[0] = FRESH_SECONDS
    assert feed.newest() is OBJECTS
    time[0] += 0.1
    assert feed.newest() is None


def test_objects_are_listed_with_their_labels_escaped() -> None:
    html = now.objects(
        RecognisedObjects(objects=[thing(7, 0, 0, 9, "<b>cup</b>"), thing(8, 0, 0, 9, "unknown")])
    )
    assert "&lt;b&gt;cup" in html
    assert html.count("<tr") == 2
    assert 'class="unknown"><td>#8' in html
    assert "<table" not in now.objects(None)
