# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The check of what a memory takes of an example, whoever brings it: whatever it takes, it can give to another one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from vfrt_ros.core.frames.image_size import read_header
from vfrt_ros.core.memory.payload_values import read_text
from vfrt_ros.core.types.errors import RequestError
from vfrt_ros.core.types.example import Prompts
from vfrt_ros.core.types.label import PROMPT_LENGTH, check_source, check_text

LARGEST_THUMBNAIL = 2**20
"""Bytes of an example's picture at most."""
MOST_PIXELS = 4.0
"""Megapixels of an example's picture at most; ours have 0.26."""
LAST_SECOND = 2**31 - 1
"""The last time that a ROS message can say, in seconds since the epoch."""
MOST_MEASURES = 20
LONGEST_MEASURE = 40


def check_parts(quality: Any, thumbnail: bytes, source: str) -> None:
    """Refuse an example whose parts could not be given to another memory.

    Args:
        quality: Measures by name, each a number.
        thumbnail: A small JPEG; empty = none.
        source: Where it comes from, in words; empty = shown to a robot.

    Raises:
        RequestError: Says which part, and why.
    """
    try:
        check_picture(thumbnail)
        checked_quality(quality)
        check_source(source)
    except (RequestError, ValueError, TypeError, OverflowError) as error:
        raise RequestError(f"An example cannot be stored: {error}.") from error


def checked_prompts(texts: Sequence[str]) -> Prompts:
    """The prompts of a label, empty ones left out.

    Args:
        texts: As somebody gave them.

    Raises:
        RequestError: One is too long or no text.
    """
    checked = tuple(check_text("A prompt", text, PROMPT_LENGTH) for text in texts)
    return tuple(text for text in checked if text)


def check_picture(data: bytes) -> None:
    """Refuse anything but a small JPEG; empty = no picture, which is accepted.

    Args:
        data: Bytes of a file.

    Raises:
        RequestError: It is something else, cut off, or large once it is decoded.
    """
    if not data:
        return
    header = read_header(data[:LARGEST_THUMBNAIL]) if len(data) <= LARGEST_THUMBNAIL else None
    if header is None or header.format != "jpeg" or not header.complete:
        raise RequestError("its thumbnail is no small JPEG")
    if header.megapixels > MOST_PIXELS:
        raise RequestError(f"its thumbnail has {header.megapixels:.3g} megapixels; at most {MOST_PIXELS:g}")


def checked_time(value: Any) -> float:
    """Seconds since the epoch.

    Args:
        value: A number of any type, as a file gives it.

    Raises:
        RequestError: No ROS message can say it.
        ValueError, TypeError, OverflowError: Not a number.
    """
    seconds = float(value)
    if not 0 <= seconds <= LAST_SECOND:
        raise RequestError(f"it was created at {seconds:g} s; expected 0 to {LAST_SECOND}")
    return seconds


def checked_quality(entries: Any) -> Mapping[str, float]:
    """The measures of the quality gate, by name, checked.

    Args:
        entries: Measures by name, as a file gives them.

    Raises:
        RequestError: They are too many, a name is not a text, or a measure is not finite.
        ValueError, TypeError, OverflowError: Not a mapping of names to numbers.
    """
    measures = {_measure(name): float(value) for name, value in dict(entries).items()}
    if len(measures) > MOST_MEASURES or not all(math.isfinite(value) for value in measures.values()):
        raise RequestError(f"its quality must be at most {MOST_MEASURES} finite numbers")
    return measures


def _measure(name: Any) -> str:
    text = read_text(name)[:LONGEST_MEASURE]
    check_text("The name of a measure", text, LONGEST_MEASURE)
    return text
