# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from core.sources.fakes import FakeCapture, picture

from vfrt_ros.core.sources.video import VideoSource, without_password
from vfrt_ros.core.types.errors import SourceError

FRAMES, FPS = 10, 20
URL = "rtsp://me:secret@camera/live"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (64, 48))
    for number in range(FRAMES):
        writer.write(np.full((48, 64, 3), 20 * number, np.uint8))
    writer.release()
    return str(path)


def read_values(source: VideoSource, *since: float) -> list[int]:
    frames = [source.read(moment) for moment in since]
    return [-1 if frame is None else round(float(frame.image.mean()) / 20) for frame in frames]


def test_a_file_is_read_to_its_end(clip: str) -> None:
    with VideoSource(clip, loop=False) as source:
        assert not source.live
        assert source.fps == FPS
        assert read_values(source, *[0.0] * (FRAMES + 2)) == [*range(FRAMES), -1, -1]


def test_a_loop_starts_again_and_time_goes_on(clip: str) -> None:
    with VideoSource(clip, loop=True) as source:
        frames = [source.read() for _ in range(2 * FRAMES + 1)]
    times = [frame.time for frame in frames if frame]
    assert times == pytest.approx([number / FPS for number in range(2 * FRAMES + 1)], abs=0.002)
    again = frames[FRAMES]
    assert again is not None and again.image.mean() < 5


def test_frames_that_are_over_are_passed_over(clip: str) -> None:
    with VideoSource(clip, loop=False) as source:
        assert read_values(source, 0.0, 0.2, 0.39, 9.0) == [0, 4, 8, -1]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no video file .*gone\.mp4"):
        VideoSource(str(tmp_path / "gone.mp4"), loop=True)


def test_a_file_that_is_no_video(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.mp4").write_text("no video " * 1000)
    with pytest.raises(SourceError, match=r"text\.mp4 is no video"):
        VideoSource(str(tmp_path / "text.mp4"), loop=True)


def test_a_video_without_frames_does_not_loop_forever(clip: str) -> None:
    with pytest.raises(SourceError, match="has no frame"):
        VideoSource(clip, loop=True, capture=FakeCapture([], FPS=20, FRAME_COUNT=5)).read()


def test_a_loop_whose_file_cannot_rewind_is_an_error(clip: str) -> None:
    capture = FakeCapture([picture()], FPS=20, FRAME_COUNT=1)
    source = VideoSource(clip, loop=True, capture=capture)
    source.read()
    capture.frames = []
    with pytest.raises(SourceError, match="cannot be started again"):
        source.read()


@pytest.mark.parametrize("rate", [0.0, float("nan"), -1.0], ids=["zero", "nan", "negative"])
def test_a_file_without_a_rate_still_goes_forward(clip: str, rate: float) -> None:
    capture = FakeCapture([picture()] * 3, FPS=rate, FRAME_COUNT=3)
    capture.get = lambda prop: rate if prop == cv2.CAP_PROP_FPS else 0.0
    source = VideoSource(clip, loop=False, capture=capture)
    times = [frame.time for frame in (source.read(), source.read(), source.read()) if frame and frame.time]
    assert times == sorted(set(times))


def test_a_stream_is_live_and_its_end_is_an_error() -> None:
    source = VideoSource(URL, loop=True, capture=FakeCapture([picture()], FRAME_COUNT=-1))
    assert source.live
    frame = source.read()
    assert frame is not None and frame.time is None
    with pytest.raises(SourceError, match="no more frames"):
        source.read()


def test_a_frame_that_a_stream_loses_closes_nothing() -> None:
    source = VideoSource(URL, loop=True, capture=FakeCapture([picture(1), None, picture(2)], FRAME_COUNT=-1))
    frames = [source.read(), source.read()]
    assert [frame.image[0, 0, 0] for frame in frames if frame] == [1, 2]


def test_a_password_reaches_the_library_as_it_reads_it() -> None:
    capture = FakeCapture([picture()], FRAME_COUNT=-1)
    VideoSource("rtsp://me:se/cret@camera/live", loop=True, capture=capture)
    assert capture.opened_with == ("rtsp://me:se%2Fcret@camera/live", cv2.CAP_FFMPEG)


def test_a_file_behind_a_url_is_played_as_a_file() -> None:
    source = VideoSource(
        "http://host/clip.mp4", loop=False, capture=FakeCapture([picture()], FPS=20, FRAME_COUNT=1)
    )
    assert not source.live
    assert source.read() is not None
    assert source.read() is None


def test_a_password_stands_in_no_message() -> None:
    assert without_password(URL) == "rtsp://***@camera/live"
    assert "secret" not in VideoSource(URL, loop=True, capture=FakeCapture([], FRAME_COUNT=0)).name
    with pytest.raises(SourceError) as caught:
        VideoSource(URL, loop=True, capture=FakeCapture([], opened=False))
    assert "secret" not in str(caught.value)


def test_opencv_raising_is_our_error(clip: str) -> None:
    with pytest.raises(SourceError, match="has failed"):
        VideoSource(clip, loop=True, capture=FakeCapture([cv2.error("broken")], FRAME_COUNT=2)).read()


def test_opencv_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video " * 1000)
    code = (
        "from vfrt_ros.core.types.errors import SourceError\nfrom vfrt_ros.core.sources.video import VideoSource\n"
        f"try: VideoSource({str(tmp_path / 'text.mp4')!r}, loop=True)\nexcept SourceError as e: print(e)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.stdout.endswith("is no video that OpenCV can play.\n")
    assert run.stderr == ""
