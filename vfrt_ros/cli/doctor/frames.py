# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Doctor's reading of the nodes' own diagnostics: frames that get lost, a camera that does not do well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

from vfrt_ros.cli.doctor.check_result import CheckResult, Level
from vfrt_ros.client.node_client import NodeClient
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.loss_cause import Cause, cure
from vfrt_ros.nodes.loss_values import NODE, told_losses

NAME = "frames"
SECONDS = 2.5
"""The nodes tell once a second."""


def check_frames(client: NodeClient, recognition: str, cameras: Sequence[str]) -> list[CheckResult]:
    """Listen to `/diagnostics` for a moment.

    Args:
        client: Any client.
        recognition: Full name of the node.
        cameras: Those of the camera nodes, which may be other drivers' or not there.
    """
    heard: dict[tuple[str, str], Any] = {}

    def take(message: DiagnosticArray) -> None:
        for status in message.status:
            address = next((value.value for value in status.values if value.key == NODE), "")
            if address in (recognition, *cameras):
                heard[address, status.name] = status

    def is_told_by_all() -> bool:
        return {address for address, _ in heard} >= {recognition, *cameras}

    subscription = client.hear(DiagnosticArray, names.DIAGNOSTICS, take, qos.diagnostics())
    client.spin(is_told_by_all, SECONDS)
    client.end_hearing(subscription)
    return judge_frames(heard.values(), recognition) + [
        CheckResult(address, Level.NOTE, status.message, "its log says more")
        for (address, _), status in heard.items()
        if address != recognition and status.level != DiagnosticStatus.OK
    ]


def judge_frames(statuses: Iterable[Any], recognition: str) -> list[CheckResult]:
    """Conclude from what the recognition node tells of its frames; no result where it tells nothing.

    Args:
        statuses: diagnostic_msgs/DiagnosticStatus.
        recognition: Full name of the node.
    """
    told = told_losses(statuses, recognition)
    lossy = {camera: loss for camera, loss in told.items() if loss.cause is not Cause.NONE}
    if told and not lossy:
        return [CheckResult(NAME, Level.OK, "none get lost on the way")]
    return [
        CheckResult(
            NAME,
            Level.NOTE,
            f"{f'{camera}: ' if camera else ''}{loss.share:.0%} get lost on the way",
            cure(loss.cause, loss.image_bytes),
        )
        for camera, loss in lossy.items()
    ]
