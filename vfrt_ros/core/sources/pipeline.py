# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""GStreamer pipelines, for cameras that only their maker's elements can read, such as those of a Jetson."""

from __future__ import annotations

import re
from collections.abc import Callable

import cv2

from vfrt_ros.core.sources.capture import OpenCapture, open_capture
from vfrt_ros.core.sources.next_frame import next_frame
from vfrt_ros.core.sources.source import Frame, Source
from vfrt_ros.core.types.errors import SourceError, UnusableSourceError

_LINK = re.compile(r"\s!\s")
WAY_ROUND = (
    "install one that has it (apt's python3-opencv, as a sourced ROS 2 uses it), or let a driver publish the pictures "
    "(ros2 run gscam gscam_node) and start with camera:=false image:=ITS/TOPIC"
)


def is_pipeline(spec: str) -> bool:
    """Whether a text is a GStreamer pipeline: elements linked by `!`.

    >>> is_pipeline("nvarguscamerasrc ! nvvidconv ! appsink"), is_pipeline("what!.mp4")
    (True, False)
    """
    return _LINK.search(spec) is not None


def has_gstreamer() -> bool:
    """Whether this OpenCV was built with GStreamer, or finds its plug-in for it."""
    return bool(cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER))


class PipelineSource(Source):
    """Frames of the pipeline's `appsink`, the newest one each time.

    Raises:
        UnusableSourceError: This OpenCV has no GStreamer, or the pipeline has no `appsink`; says what to do.
        SourceError: The pipeline does not start.
    """

    live = True

    def __init__(
        self,
        spec: str,
        *,
        capture: OpenCapture = open_capture,
        available: Callable[[], bool] = has_gstreamer,
    ) -> None:
        super().__init__(spec, f"pipeline of {_LINK.split(spec.strip())[0].split()[0]}")
        check_pipeline(spec, available)
        self._capture = capture(_newest_only(spec), cv2.CAP_GSTREAMER)
        if not self._capture.isOpened():
            self.close()
            raise SourceError(f"The {self.name} does not start: try it with gst-launch-1.0.")
        self.fps = max(0.0, self._capture.get(cv2.CAP_PROP_FPS))

    def read(self, since: float = 0.0) -> Frame | None:
        """The next frame; see `Source.read`."""
        return Frame(next_frame(self._capture, f"The {self.name}"))

    def close(self) -> None:
        """End the pipeline."""
        self._capture.release()


def check_pipeline(spec: str, available: Callable[[], bool] = has_gstreamer) -> None:
    """Refuse a pipeline that can never give a frame here.

    Raises:
        UnusableSourceError: This OpenCV has no GStreamer, or the pipeline has no `appsink`.
    """
    if not available():
        raise UnusableSourceError(
            f"Source is a GStreamer pipeline, and this OpenCV {cv2.__version__} has no GStreamer: {WAY_ROUND}."
        )
    if "appsink" not in spec:
        raise UnusableSourceError(
            "Source is a GStreamer pipeline without an end: add `! videoconvert ! appsink`."
        )


def _newest_only(spec: str) -> str:
    """The pipeline with an `appsink` that keeps no queue, unless it says itself what it keeps."""
    if re.search(r"\b(drop|max-buffers)\s*=", spec):
        return spec
    return re.sub(r"\bappsink\b", "appsink drop=true max-buffers=1", spec, count=1)
