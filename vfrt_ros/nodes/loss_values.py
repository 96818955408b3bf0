# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Values in `/diagnostics` about frames that a recognition node lost, and how they are read again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vfrt_ros.nodes.loss_cause import Cause, cure
from vfrt_ros.nodes.loss_watch import LossReport

NODE = "node"
CAMERA = "camera"
RATE = "camera's rate by its stamps [Hz]"
LOST = "lost on the way"
SHARE = "lost on the way, of the last 10 s [%]"
CAUSE = "lost on the way by"
IMAGE_BYTES = "size of an image [bytes]"
REPLACED = "replaced by newer frames before they were taken"


def loss_values(report: LossReport) -> dict[str, object]:
    """The report as values of a status."""
    pace = report.loss.pace
    return {
        RATE: "not known" if pace is None else round(1 / pace.interval, 1),
        LOST: report.loss.lost,
        SHARE: round(100 * report.loss.share, 1),
        CAUSE: report.cause.value,
        IMAGE_BYTES: report.image_bytes,
        REPLACED: report.loss.replaced,
    }


@dataclass(frozen=True, slots=True)
class ToldLoss:
    """The loss that a node told of.

    Attributes:
        share: Of the frames of the last ten seconds, those that were lost, in [0, 1].
        cause: NONE = frames are not lost steadily.
        image_bytes: Size of one.
    """

    share: float
    cause: Cause
    image_bytes: int = 0

    def __str__(self) -> str:
        """A sentence with its cure; empty where nothing is to be told."""
        if self.cause is Cause.NONE:
            return ""
        return f"{self.share:.0%} of the camera's frames get lost on the way: {cure(self.cause, self.image_bytes)}."


def told_loss(statuses: Iterable[Any], address: str) -> ToldLoss | None:
    """The loss that the node of this full name tells of among these diagnostic_msgs/DiagnosticStatus; None = nothing.

    Of several cameras that which loses most.
    """
    told = told_losses(statuses, address).values()
    return max(told, key=lambda loss: (loss.cause is not Cause.NONE, loss.share), default=None)


def told_losses(statuses: Iterable[Any], address: str) -> dict[str, ToldLoss]:
    """The same of each camera, by its name; that of the only one is empty."""
    found = {}
    for status in statuses:
        values = {value.key: value.value for value in status.values}
        if values.get(NODE) == address and SHARE in values and (loss := _read(values)) is not None:
            found[values.get(CAMERA, "")] = loss
    return found


def _read(values: dict[str, str]) -> ToldLoss | None:
    try:
        share, cause = float(values[SHARE]) / 100, Cause(values.get(CAUSE, Cause.NONE.value))
        image_bytes = int(values.get(IMAGE_BYTES, "0"))
    except ValueError:
        return None  # an older or newer node's way to tell it
    return ToldLoss(share, cause, image_bytes)
