# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Many lifecycle transitions of each node: handles, threads and memory stay as they are."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")

from nodes.conftest import Ros
from rclpy.lifecycle import TransitionCallbackReturn

from vfrt_ros.nodes.camera_node import CameraNode
from vfrt_ros.nodes.recognition_node import RecognitionNode

pytestmark = [
    pytest.mark.ros,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc"),
]

ROUNDS = int(os.environ.get("TRANSITIONS", "100")) // 4
"""`TRANSITIONS=1000 make test TESTS=test/nodes/test_transitions.py` is the whole trial, two minutes long."""
WARM_UP = ROUNDS // 5
MORE_MB = 12.0


def held() -> tuple[int, int, float]:
    """Handles, threads and resident megabytes of this process."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return (
        len(list(Path("/proc/self/fd").iterdir())),
        threading.active_count(),
        pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
    )


NODES: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "recognition": (RecognitionNode, {"BACKBONE": "fake"}),
    "camera": (CameraNode, {"SOURCE": "demo", "SIZE": "[64, 48]"}),
}


@pytest.mark.parametrize(("create", "parameters"), NODES.values(), ids=NODES.keys())
def test_transitions_leave_nothing_behind(
    ros: Ros, monkeypatch, tmp_path, create: Callable[..., Any], parameters: dict[str, str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name, value in {"AUTOSTART": "false", **parameters}.items():
        monkeypatch.setenv(f"VFRT_{name}", value)
    node = create([])
    before = None
    try:
        for number in range(ROUNDS):
            for step in ("configure", "activate", "deactivate", "cleanup"):
                done = getattr(node, f"trigger_{step}")()
                assert done is TransitionCallbackReturn.SUCCESS, (number, step, node.fault)
            if number == WARM_UP:
                before = held()
        after = held()
    finally:
        node.end()
        node.destroy_node()
    assert before is not None
    assert after[0] <= before[0] + 1, f"handles {before[0]} -> {after[0]}"
    assert after[1] <= before[1], f"threads {before[1]} -> {after[1]}"
    assert after[2] - before[2] < MORE_MB, f"memory {before[2]:.1f} -> {after[2]:.1f} MB"
    print(f"{4 * ROUNDS} transitions: {before} -> {after}")
