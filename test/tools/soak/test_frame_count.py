# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Frames counted at both ends, by what the nodes tell."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy")

from tools.soak.frame_count import FrameCount, Frames
from vfrt_ros.nodes.camera_diagnostics import PUBLISHED
from vfrt_ros.nodes.loss_values import REPLACED


def status(values: dict[str, int]) -> Any:
    return SimpleNamespace(
        values=[SimpleNamespace(key=key, value=str(value)) for key, value in values.items()]
    )


def camera(published: int) -> Any:
    return status({PUBLISHED: published})


def recognition(received: int, replaced: int = 0) -> Any:
    return status(
        {
            "frames received": received,
            "recognitions": received - 15,
            "dropped for newer frames": 4,
            "held back by publish_rate_limit": 3,
            REPLACED: replaced,
            "left out, step": 7,
            "faults": 1,
            "faults, ValueError": 1,
            "labels": 99,
        }
    )


def counted(*reports: Any) -> Frames | None:
    """What is settled once these came."""
    count = FrameCount()
    found: list[Frames | None] = []
    thread = threading.Thread(target=lambda: found.append(count.settled(0.5)))
    thread.start()
    # The first thing it does is to forget what came before.
    while thread.is_alive():
        for report in reports:
            count.take([report])
    return found[0]


def test_both_ends() -> None:
    found = counted(camera(1800), recognition(1700, replaced=90))
    assert found == Frames(sent=1800, received=1790, accounted=1790)
    assert found.since(Frames(100, 90, 90)) == Frames(1700, 1700, 1700)


def test_nothing_is_settled_while_it_changes_or_one_is_silent() -> None:
    assert counted(camera(1800), camera(1801), recognition(1700)) is None
    assert counted(camera(1800)) is None
    assert counted(recognition(1700)) is None
