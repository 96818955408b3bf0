# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Refusals of rcl, in one line for people."""

from __future__ import annotations

from vfrt_ros.core.types.errors import VfrtError
from vfrt_ros.core.types.without_password import without_password


class ArgumentsError(VfrtError):
    """ROS does not start as it was told to; the text says why."""


def in_one_line(error: Exception) -> str:
    """The message of rcl, without the places in its sources and without secrets.

    Args:
        error: Of rclpy.

    >>> in_one_line(RuntimeError("failed to initialize rcl: no\\nsuch file, at /x/rcl/init.c:1, at /y.c:2"))
    'no such file'
    """
    words = " ".join(str(error).removeprefix("failed to initialize rcl: ").split())
    return without_password(words.partition(", at /")[0])
