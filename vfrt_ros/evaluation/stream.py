# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A recording through the whole recogniser, frame by frame, as it would have been recognised live."""

from __future__ import annotations

import csv
import glob
import json
import logging
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from vfrt_ros.core.config.leftovers import remove_leftovers
from vfrt_ros.core.config.own_files import check_own
from vfrt_ros.core.config.settings import CameraSettings
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.sources.bag import BagSource
from vfrt_ros.core.sources.bag_files import is_bag
from vfrt_ros.core.sources.bag_topics import BagTopics
from vfrt_ros.core.sources.open_source import SourceKind, open_source, source_kind
from vfrt_ros.core.sources.source import Frame, Source
from vfrt_ros.core.types.decision import Decision
from vfrt_ros.core.types.errors import SourceError, words_of
from vfrt_ros.core.types.without_password import without_password
from vfrt_ros.evaluation.dataset import DatasetError

_log = logging.getLogger(__name__)

COLUMNS = (
    "frame", "stamp", "label", "score", "threshold", "reason", "candidates", "memory_version", "latency_ms",
    "label_unsmoothed", "score_unsmoothed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FrameRow:
    """One frame and what it was recognised as.

    Attributes:
        frame: Its number, from 0.
        stamp: Seconds since the first frame.
        smoothed: The recogniser's answer.
        plain: Its answer without smoothing and hysteresis.
        latency: Seconds that encoding and deciding took.
        camera: Its name in a recording of several; else empty.
    """

    frame: int
    stamp: float
    smoothed: Decision
    plain: Decision
    latency: float
    camera: str = ""

    def as_csv(self) -> tuple[object, ...]:
        """The values of `COLUMNS`, and the camera of one of several; candidates are JSON."""
        answer = self.smoothed.as_dict()
        return (
            self.frame, f"{self.stamp:.6f}", answer["label"], answer["score"], answer["threshold"],
            answer["reason"], json.dumps(answer["candidates"], ensure_ascii=False), answer["memory_version"],
            f"{1000 * self.latency:.3f}", self.plain.label, round(self.plain.score, 6),
            *([self.camera] if self.camera else []),
        )  # fmt: skip


def open_recording(
    place: str,
    *,
    topic: str | Sequence[str] = "",
    fps: float = 30.0,
    size: tuple[int, int] = (640, 480),
    warn: Callable[[str], None] = _log.warning,
) -> Source:
    """Open what can be replayed: a bag, a video, pictures, or the demo.

    Args:
        place: A rosbag2 folder or file, a ROS 1 bag, a video file, a folder or glob of pictures, or `demo`.
        topic: Of a bag, or several; empty = its only topic of pictures.
        fps: Of pictures and the demo, which have no time of their own.
        size: Width and height of the demo.
        warn: Gets one line for what is missing or left out.

    Raises:
        SourceError: `place` is neither a video, a bag, a folder nor `demo`.
    """
    path = Path(place).expanduser()
    topics = [topic] if isinstance(topic, str) else list(topic)
    if is_bag(path):
        several = len(topics) > 1
        return BagTopics(path, topics, warn=warn) if several else BagSource(path, "".join(topics), warn=warn)
    if any(topics):
        raise SourceError(f"A topic was named, but {without_password(place)} is no rosbag2 recording.")
    if source_kind(place) is SourceKind.AUTO:  # without a camera it would be a demo that has no end
        raise SourceError("The source auto is live: only a recording can be replayed.")
    source = open_source(CameraSettings(source=place, fps=fps, size=size, loop=False), warn=warn)
    if source.live:
        source.close()
        raise SourceError(f"The {source.name} is live: only a recording can be replayed.")
    return source


def frames_of(source: Source, seconds: float = math.inf) -> Iterator[Frame]:
    """The frames of a recording in order, up to a time."""
    while (frame := source.read()) is not None and (frame.time or 0.0) < seconds:
        yield frame


def with_noise(frames: Iterable[Frame], deviation: float, seed: int) -> Iterator[Frame]:
    """The frames as a camera in the dark gives them: with noise that is another one in each frame.

    Args:
        frames: Pictures (h, w, 3) uint8.
        deviation: Standard deviation of the noise in grey levels; 0 = none.
        seed: The same seed gives the same noise.
    """
    random = np.random.default_rng(seed)
    for frame in frames:
        if deviation > 0:
            noise = random.standard_normal(frame.image.shape, np.float32) * np.float32(deviation)
            frame = replace(frame, image=np.clip(np.rint(frame.image + noise), 0, 255).astype(np.uint8))
        yield frame


def replay(recogniser: Recogniser, frames: Iterable[Frame]) -> Iterator[FrameRow]:
    """Recognise frames in order; each is encoded once and decided twice, with and without smoothing.

    Args:
        recogniser: Looks at the frames as it would live; its views are restarted first. Its setting `cameras` has
            those of the frames.
        frames: With their times.
    """
    settings = recogniser.settings.replace(temporal_ema=0.0)
    plain = Recogniser(settings, encoders=recogniser.encoders, memory=recogniser.memory)
    for camera in recogniser.settings.cameras or ("",):
        recogniser.restart_view(camera)
    for number, frame in enumerate(frames):
        stamp = frame.time or 0.0
        began = time.perf_counter()
        observation = recogniser.observe(frame.image, stamp)
        smoothed = recogniser.decide(observation, frame.camera)
        latency = time.perf_counter() - began
        yield FrameRow(
            number, stamp, smoothed, plain.decide(observation, frame.camera), latency, frame.camera
        )


def write_rows(rows: Iterable[FrameRow], path: Path) -> list[FrameRow]:
    """Write one line of CSV for each row as it comes, and give all of them back.

    Args:
        rows: As `replay` gives them.
        path: Made with its folders; it is there only when all is written.

    Raises:
        DatasetError: It cannot be written.
        RequestError: It is somebody else's file.
    """
    check_own({path: ",".join(COLUMNS)})
    remove_leftovers(path.parent, f".{glob.escape(path.name)}.*.part")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", newline="", encoding="utf-8") as file:
            kept = _write(rows, csv.writer(file))
        part.replace(path)
    except OSError as error:
        raise DatasetError(f"{path} cannot be written: {words_of(error)}.") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return kept


def _write(rows: Iterable[FrameRow], writer: Any) -> list[FrameRow]:
    kept: list[FrameRow] = []
    for row in rows:
        if not kept:
            writer.writerow((*COLUMNS, "camera") if row.camera else COLUMNS)
        writer.writerow(row.as_csv())
        kept.append(row)
    if not kept:
        writer.writerow(COLUMNS)
    return kept


def changes(labels: Sequence[str]) -> int:
    """How often the label differs from that of the frame before.

    >>> changes(["cat", "cat", "unknown", "cat"])
    2
    """
    return sum(one != other for one, other in pairwise(labels))


def summarise_cameras(rows: Sequence[FrameRow]) -> dict[str, Any]:
    """Sum up a replay of several cameras: frames in all, and of each camera by its name as `summarise` says."""
    names = sorted({row.camera for row in rows})
    return {
        "frames": len(rows),
        "cameras": {name: summarise([row for row in rows if row.camera == name]) for name in names},
    }


def summarise(rows: Sequence[FrameRow]) -> dict[str, Any]:
    """Sum up a replay of one camera in numbers.

    Returns:
        frames; seconds (from the first frame to the end of the last); changes and changes_per_minute of the
        label, unsmoothed and smoothed; shares: of the frames, by label; latency_ms: median and 95th
        percentile; a figure that too few frames can't give is None.
    """
    smoothed, plain = [row.smoothed.label for row in rows], [row.plain.label for row in rows]
    seconds = _duration(rows)
    latencies = sorted(1000 * row.latency for row in rows)
    return {
        "frames": len(rows),
        "seconds": seconds,
        "changes_unsmoothed": changes(plain),
        "changes_smoothed": changes(smoothed),
        "changes_per_minute_unsmoothed": _per_minute(changes(plain), seconds),
        "changes_per_minute_smoothed": _per_minute(changes(smoothed), seconds),
        "shares": {label: smoothed.count(label) / len(rows) for label in sorted(set(smoothed))},
        "latency_ms_median": latencies[len(rows) // 2] if rows else None,
        "latency_ms_95": latencies[min(len(rows) - 1, int(0.95 * len(rows)))] if rows else None,
    }


def _duration(rows: Sequence[FrameRow]) -> float:
    """Seconds up to the end of the last frame, each frame lasting as long as they do on average."""
    if len(rows) < 2:
        return 0.0
    return (rows[-1].stamp - rows[0].stamp) * len(rows) / (len(rows) - 1)


def _per_minute(count: int, seconds: float) -> float | None:
    return 60 * count / seconds if seconds > 0 else None
