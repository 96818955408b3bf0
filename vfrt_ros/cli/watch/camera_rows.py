# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The newest Recognition of each of several cameras, a row each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.table import Table
from rich.text import Text

from vfrt_ros.cli.watch.recognition_line import markup


def camera_rows(recognitions: Iterable[Any]) -> Table:
    """A table of a row for each camera, sorted by its name.

    Args:
        recognitions: vfrt_msgs/Recognition, one of each camera.
    """
    rows = Table(box=None, pad_edge=False, show_header=False)
    rows.add_column(no_wrap=True, style="bold")
    rows.add_column(no_wrap=True, overflow="ellipsis")
    for recognition in sorted(recognitions, key=lambda one: one.camera):
        rows.add_row(Text(recognition.camera), markup(recognition))
    return rows
