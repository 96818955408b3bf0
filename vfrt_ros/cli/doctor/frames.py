# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Doctor's reading of the nodes' own diagnostics: frames that get lost, a camera that does not do well."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

from vfrt_ros.cli.doctor.finding import Finding, Level
from vfrt_ros.client.node_client import NodeClient
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.loss_cause import Cause, cure
from vfrt_ros.nodes.loss_values import NODE, told_loss

NAME = "frames"
SECONDS = 2.5
"""The nodes tell once a second."""


def check_frames(client: NodeClient, recognition: str, camera: str) -> list[Finding]:
    """Listen to `/diagnostics` for a moment.

    Args:
        client: Any client.
        recognition, camera: Full names of the two nodes; the camera may be another driver's, or not there.
    """
    heard: dict[str, Any] = {}

    def take(message: DiagnosticArray) -> None:
        for status in message.status:
            address = next((value.value for value in status.values if value.key == NODE), "")
            if address in (recognition, camera):
                heard[address] = status

    subscription = client.node.create_subscription(
        DiagnosticArray, names.DIAGNOSTICS, take, qos.diagnostics()
    )
    client.spin(lambda: len(heard) == 2, SECONDS)
    client.node.destroy_subscription(subscription)
    return judge_frames(heard.values(), recognition) + [
        Finding(camera, Level.NOTE, status.message, "its log says more")
        for status in (heard.get(camera),)
        if status is not None and status.level != DiagnosticStatus.OK
    ]


def judge_frames(statuses: Iterable[Any], recognition: str) -> list[Finding]:
    """What the recognition node tells of its frames; nothing, where it tells nothing.

    Args:
        statuses: diagnostic_msgs/DiagnosticStatus.
        recognition: Full name of the node.
    """
    told = told_loss(statuses, recognition)
    if told is None:
        return []
    if told.cause is Cause.NONE:
        return [Finding(NAME, Level.OK, "none get lost on the way")]
    text = f"{told.share:.0%} get lost on the way"
    return [Finding(NAME, Level.NOTE, text, cure(told.cause, told.image_bytes))]
