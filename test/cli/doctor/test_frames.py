# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt doctor` and what the nodes' diagnostics say of frames that get lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

from vfrt_ros.cli.doctor.check_result import Level
from vfrt_ros.cli.doctor.command import next_step
from vfrt_ros.cli.doctor.frames import check_frames, judge_frames
from vfrt_ros.client.node_client import NodeClient
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.loss_values import CAUSE, NODE, SHARE
from vfrt_ros.nodes.status import status_message

from ..fake_recognition import FakeRecognition

ADDRESS, CAMERA = "/recognition", "/camera"


def status(address: str = ADDRESS, **values: object) -> DiagnosticStatus:
    return status_message(DiagnosticStatus.OK, "recognition", "", {NODE: address, **values})


LOSSY = status(**{SHARE: 46.7, CAUSE: "socket limit"})
STATUSES: dict[str, tuple[list[DiagnosticStatus], list[tuple[Level, str, str]]]] = {
    "lossy": ([LOSSY], [(Level.NOTE, "47% get lost on the way", "sysctl -w net.core.rmem_max=")]),
    "well": ([status(**{SHARE: 0.0, CAUSE: "none"})], [(Level.OK, "none get lost on the way", "")]),
    "an older node": ([status()], []),
    "another robot's": ([status("/robot2/recognition", **{SHARE: 46.7, CAUSE: "network"})], []),
    "silence": ([], []),
}


@pytest.mark.parametrize(("statuses", "expected"), STATUSES.values(), ids=STATUSES)
def test_what_is_said(statuses: list[DiagnosticStatus], expected: list[tuple[Level, str, str]]) -> None:
    found = judge_frames(statuses, ADDRESS)
    assert [(finding.level, finding.text) for finding in found] == [entry[:2] for entry in expected]
    for finding, (*_, todo) in zip(found, expected, strict=True):
        assert todo in finding.todo


def test_it_is_what_to_do_next() -> None:
    assert next_step(judge_frames([LOSSY], ADDRESS)).startswith(
        "Next: frames: 47% get lost on the way: `sudo sysctl"
    )


@pytest.fixture
def telling(fake: FakeRecognition) -> Iterator[FakeRecognition]:
    """Nodes that lose frames, and whose camera is black."""
    publisher = fake.node.create_publisher(DiagnosticArray, names.DIAGNOSTICS, qos.diagnostics())
    black = status_message(DiagnosticStatus.WARN, "camera", "the picture is black", {NODE: CAMERA})
    fake.node.create_timer(0.05, lambda: publisher.publish(DiagnosticArray(status=[LOSSY, black])))
    return fake


def test_the_running_nodes_are_heard(telling: FakeRecognition, monkeypatch: Any) -> None:
    monkeypatch.setattr("vfrt_ros.cli.doctor.frames.SECONDS", 20.0)
    with NodeClient(ADDRESS) as client:
        lossy, black = check_frames(client, ADDRESS, [CAMERA])
    assert (lossy.name, lossy.level) == ("frames", Level.NOTE)
    assert (black.name, black.level, black.text) == (CAMERA, Level.NOTE, "the picture is black")
