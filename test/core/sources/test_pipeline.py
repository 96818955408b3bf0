# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import pytest
from core.sources.fakes import FakeCapture, picture

from vfrt_ros.core.config.settings import CameraSettings
from vfrt_ros.core.sources.open_source import SourceKind, open_source, source_kind
from vfrt_ros.core.sources.pipeline import PipelineSource, has_gstreamer, is_pipeline
from vfrt_ros.core.types.errors import SourceError, UnusableSourceError

JETSON = "nvarguscamerasrc ! nvvidconv ! video/x-raw, format=BGRx ! videoconvert ! appsink"


def pipeline(capture: FakeCapture, spec: str = JETSON) -> PipelineSource:
    return PipelineSource(spec, capture=capture, available=lambda: True)


@pytest.mark.parametrize(
    ("spec", "yes"),
    [(JETSON, True), ("a ! b", True), ("a!b.mp4", False), ("wow!", False), ("rtsp://h/a!b", False)],
)
def test_what_is_one(spec: str, yes: bool) -> None:
    assert is_pipeline(spec) is yes


def test_its_frames_are_read_the_newest_one_each_time() -> None:
    capture = FakeCapture([picture(7)], FPS=30)
    source = pipeline(capture)
    frame = source.read()
    assert frame is not None and (frame.image == 7).all()
    assert (source.live, source.fps, source.name) == (True, 30.0, "pipeline of nvarguscamerasrc")
    assert capture.opened_with == (f"{JETSON} drop=true max-buffers=1", cv2.CAP_GSTREAMER)


def test_what_it_says_of_its_queue_counts() -> None:
    spec = "a ! appsink max-buffers=5"
    capture = FakeCapture([picture()])
    pipeline(capture, spec)
    assert capture.opened_with == (spec, cv2.CAP_GSTREAMER)


def test_no_secret_of_it_is_told() -> None:
    capture = FakeCapture([], opened=False)
    with pytest.raises(SourceError) as caught:
        pipeline(capture, "rtspsrc location=rtsp://a:secret@h user-pw=secret ! appsink")
    assert "secret" not in str(caught.value)
    assert "pipeline of rtspsrc does not start" in str(caught.value)
    assert capture.released


def test_without_an_end_it_is_refused_with_the_cure() -> None:
    with pytest.raises(UnusableSourceError, match="add `! videoconvert ! appsink`"):
        pipeline(FakeCapture([]), "v4l2src ! videoconvert")


@pytest.mark.skipif(has_gstreamer(), reason="this OpenCV has GStreamer")
def test_without_gstreamer_one_line_names_the_way_round() -> None:
    with pytest.raises(
        UnusableSourceError, match=r"no GStreamer: .*camera:=false image:=ITS/TOPIC"
    ) as caught:
        open_source(CameraSettings(source=JETSON))
    assert "\n" not in str(caught.value)


def test_it_is_a_kind_of_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vfrt_ros.core.sources.open_source.check_pipeline", lambda spec: None)
    assert source_kind(JETSON) is SourceKind.PIPELINE
