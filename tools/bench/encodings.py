# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The cost of each picture encoding beside bgr8: from the bytes of a message to a frame."""

from __future__ import annotations

import array
import time
from typing import Any

import numpy as np

from tools.bench.row import BenchRow
from vfrt_ros.bench.isolated import isolated
from vfrt_ros.bench.spread import spread

WIDTH, HEIGHT = 1280, 720
TARGET = 1.5
NAME = "yuyv against bgr8, 1280x720, take and convert"


def measure(quick: bool) -> list[BenchRow]:
    """The row, with a table of every encoding."""
    found = isolated(profile, rounds=30 if quick else 200)
    ratio = found["yuyv"]["of bgr8"]
    return [
        BenchRow(
            NAME,
            f"≤ {TARGET:g} times bgr8",
            f"{ratio:.2f} ({found['yuyv']['ms']:.2f} ms against {found['bgr8']['ms']:.2f} ms; dearest: "
            f"{_dearest(found)})",
            ratio <= TARGET,
            {"bgr8 to yuyv": 1 / ratio},
            {"encodings": found},
        )
    ]


def profile(rounds: int) -> dict[str, dict[str, float]]:
    """Deserialise and convert one message of each encoding, in turns.

    Args:
        rounds: Of each encoding.

    Returns:
        By encoding the median `ms`, and `of bgr8`: the median of its ratios to bgr8 in the same round.
    """
    from rclpy.serialization import deserialize_message, serialize_message
    from sensor_msgs.msg import Image

    from vfrt_ros.core.frames.encodings import ENCODINGS
    from vfrt_ros.core.frames.image_reader import ImageReader

    raw = {name: serialize_message(_message(name)) for name in ENCODINGS}
    readers = {name: ImageReader() for name in ENCODINGS}
    took: dict[str, list[float]] = {name: [] for name in ENCODINGS}
    for _ in range(rounds):
        for name, data in raw.items():
            start = time.perf_counter()
            readers[name].read(deserialize_message(data, Image))
            took[name].append(time.perf_counter() - start)
    plain = np.array(took["bgr8"])
    return {
        name: {
            "ms": round(1e3 * spread(times).median, 3),
            "of bgr8": round(float(np.median(np.array(times) / plain)), 3),
        }
        for name, times in took.items()
    }


def _message(name: str) -> Any:
    """Noise as this encoding carries it."""
    from sensor_msgs.msg import Image

    from vfrt_ros.core.frames.encodings import ENCODINGS

    encoding = ENCODINGS[name]
    step = WIDTH * encoding.pixel_bytes
    data = np.random.default_rng(0).integers(0, 256, encoding.rows(HEIGHT) * step, dtype=np.uint8)
    return Image(encoding=name, width=WIDTH, height=HEIGHT, step=step, data=array.array("B", data.tobytes()))


def _dearest(found: dict[str, dict[str, float]], count: int = 3) -> str:
    ordered = sorted(found, key=lambda name: -found[name]["ms"])
    return ", ".join(f"{name} {found[name]['ms']:.1f} ms" for name in ordered[:count])
