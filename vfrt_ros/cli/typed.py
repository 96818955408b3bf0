# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes, tracks and labels with prompts, as people type them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from vfrt_ros.cli.command import UsageError
from vfrt_ros.core.types.region import Box

HELP = "X,Y,W,H in pixels of the picture"


def box_of(text: str) -> Box:
    """A box that was typed; argparse's type of an option.

    >>> str(box_of("100,80,60,90"))
    '100,80,60,90'
    """
    try:
        x, y, width, height = (int(part) for part in text.split(","))
    except ValueError:
        x = y = width = height = 0
    if min(x, y) < 0 or min(width, height) <= 0 or max(x + width, y + height) >= 2**31:
        raise argparse.ArgumentTypeError(
            f"expected X,Y,WIDTH,HEIGHT in pixels, like 100,80,60,90; got '{text}'"
        )
    return Box(x, y, width, height)


def track_of(text: str) -> int:
    """The number of a track that was typed; argparse's type of an option.

    >>> track_of("7")
    7
    """
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**32):
        raise argparse.ArgumentTypeError(f"expected the number of an object in view; got '{text}'")
    return int(text)


def message_of_box(box: Box, scale: float = 1.0) -> Any:
    """A box as a sensor_msgs/RegionOfInterest.

    Args:
        box: As it was typed.
        scale: By which the picture was made smaller.
    """
    from sensor_msgs.msg import RegionOfInterest

    x, y = int(box.x * scale), int(box.y * scale)  # not rounded up, out of the picture
    right, bottom = round(box.right * scale), round(box.bottom * scale)
    return RegionOfInterest(x_offset=x, y_offset=y, width=max(1, right - x), height=max(1, bottom - y))


def split_prompts(entries: Sequence[str]) -> tuple[list[str], list[str]]:
    """Labels and prompts, one prompt for each label or none at all.

    Raises:
        UsageError: a label or a prompt is empty, or only some of the labels have a prompt.

    >>> split_prompts(["cat", "rocket"])
    (['cat', 'rocket'], [])
    >>> split_prompts(["cat=a photo of a cat"])
    (['cat'], ['a photo of a cat'])
    """
    pairs = [entry.partition("=") for entry in entries]
    labels = [label.strip() for label, _, _ in pairs]
    prompts = [prompt.strip() for _, equals, prompt in pairs if equals]
    for entry, label in zip(entries, labels, strict=True):
        if not label or entry.rstrip().endswith("="):
            raise UsageError(f"Expected LABEL or LABEL=PROMPT; got '{entry}'.")
    if prompts and len(prompts) != len(labels):
        raise UsageError("Either every label has a prompt (LABEL=PROMPT) or none has: use two commands.")
    return labels, prompts
