# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures of several topics of a recording, in the order of their stamps."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from vfrt_ros.core.config.camera_names import is_camera_name
from vfrt_ros.core.sources.bag import BagSource
from vfrt_ros.core.sources.source import Frame, Source

_log = logging.getLogger(__name__)


class BagTopics(Source):
    """Frames of several topics of one recording, each with the name of its camera.

    Args:
        place: A rosbag2 folder, a `.db3`, `.mcap` or `.bag` file.
        topics: Of type Image or CompressedImage, each once.
        warn: Gets one line for what is missing or left out.

    Attributes:
        cameras: By topic the name of its camera; see `camera_names`.

    Raises:
        SourceError: The folder is not a bag, has no such topic, or none of its pictures can be used.
    """

    mixed_sizes = True

    def __init__(
        self, place: Path, topics: Sequence[str], *, warn: Callable[[str], None] = _log.warning
    ) -> None:
        super().__init__(f"{place}#{','.join(topics)}", f"bag {place}")
        self.cameras = dict(zip(topics, camera_names(topics), strict=True))
        with ExitStack() as stack:
            self._topics = {
                name: stack.enter_context(BagSource(place, topic, warn=warn))
                for topic, name in self.cameras.items()
            }
            self._next = {name: source.read() for name, source in self._topics.items()}
            self._stack = stack.pop_all()
        # A topic without a message begins at no time.
        starts = {name: source.start for name, source in self._topics.items()}
        self._begins = {name: start for name, start in starts.items() if start is not None}
        self._begin = min(self._begins.values(), default=0.0)

    def read(self, since: float = 0.0) -> Frame | None:
        """The next picture of any topic, none left out for being late; see `Source.read`."""
        due = {name: self._time(name, frame) for name, frame in self._next.items() if frame is not None}
        if not due:
            return None
        name = min(due, key=lambda camera: due[camera])
        frame, self._next[name] = self._next[name], self._topics[name].read()
        self.left_out = sum((source.left_out for source in self._topics.values()), Counter())
        return frame and replace(frame, time=due[name], camera=name)

    def close(self) -> None:
        """Close the bag."""
        self._stack.close()

    def _time(self, name: str, frame: Frame) -> float:
        return self._begins[name] - self._begin + (frame.time or 0.0)


def camera_names(topics: Sequence[str]) -> list[str]:
    """A name for the camera of each topic: what tells it from the others, as a token of a ROS name.

    Args:
        topics: Each once.

    >>> camera_names(["/front/image_raw", "/left/image_raw"]), camera_names(["/a/image", "/b/color"])
    (['front', 'left'], ['a_image', 'b_color'])
    """
    parts = [topic.strip("/").split("/") for topic in topics]
    ends = zip(*(reversed(entry) for entry in parts), strict=False)
    same = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, ends))
    told = [entry[: len(entry) - min(same, len(entry) - 1)] for entry in parts]
    names = [re.sub(r"_+", "_", "_".join(entry)) for entry in told]
    if len(set(names)) < len(names) or not all(is_camera_name(name) for name in names):
        return [f"camera{number}" for number in range(1, len(names) + 1)]
    return names
