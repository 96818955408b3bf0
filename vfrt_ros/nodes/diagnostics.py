# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`/diagnostics` of the recognition node, once a second: one status, and one more for each of several cameras."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node

from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.nodes.faults import Faults, Recent, judge_faults
from vfrt_ros.nodes.fleet_values import fleet_values
from vfrt_ros.nodes.loss_values import CAMERA, NODE, ToldLoss, loss_values
from vfrt_ros.nodes.loss_watch import LossReport
from vfrt_ros.nodes.result import Result
from vfrt_ros.nodes.silence_watch import PERIODS
from vfrt_ros.nodes.statistics import Counts, NodeStatistics
from vfrt_ros.nodes.status import StatusPublisher, status_message

if TYPE_CHECKING:
    from vfrt_ros.fleet.status import FleetStatus

SILENCE = 2.0
"""Seconds without a recognition after which an active node is said to see nothing."""


@dataclass(frozen=True, slots=True)
class Work:
    """The state of the node, and of one camera of it.

    Attributes:
        recogniser: None before it is configured.
        result: The newest answer of this camera; None before the first.
        active: The lifecycle state is active.
        dropped: Frames of this camera replaced by a newer one before they were looked at.
        hung: Seconds for which the encoder has owed an answer beyond its time; 0 = it answers.
        silence: Why no picture comes from this camera, where none does; empty = not yet known.
        period: Seconds between its last two pictures; 0 = not yet known.
        loss: What its image topic loses; None = not known.
        rivals: Other nodes that offer the same services, in words; empty = none.
        fleet: How the exchange with the fleet stands; None = there is none.
        boxes: How many boxes of this camera had which fault; see `ObjectChannel.faults`.
    """

    recogniser: Recogniser | None
    result: Result | None
    active: bool
    dropped: int = 0
    hung: float = 0.0
    silence: str = ""
    period: float = 0.0
    loss: LossReport | None = None
    rivals: str = ""
    fleet: FleetStatus | None = None
    boxes: Mapping[str, int] = field(default_factory=dict)


class CameraStatus:
    """How one camera does; rates are those since the last look.

    Args:
        statistics: Of the camera.
        started: When the node started, in seconds of the monotonic clock.
    """

    def __init__(self, statistics: NodeStatistics, started: float) -> None:
        self._statistics = statistics
        self._started = started
        self._before: tuple[float, Counts] = (started, statistics.counts())
        self._seen = Recent()
        self.trouble: tuple[bytes, str] | None = None
        """Level and message of what is wrong with the camera; None = nothing."""
        self.values: dict[str, object] = {}
        self.sums: dict[str, float] = {}
        """The values that add up over the cameras."""

    def look(self, work: Work, now: float) -> None:
        """Bring trouble and values up to date, `now` in seconds of the monotonic clock."""
        counts = self._statistics.counts()
        (then, before), self._before = self._before, (now, counts)
        silent = now - (self._started if counts.last is None else counts.last)
        self.trouble = _trouble(work, silent, self._seen.of(counts.refused, now))
        span = max(now - then, 1e-3)
        self.sums = {
            "input rate [Hz]": round((counts.received - before.received) / span, 1),
            "recognition rate [Hz]": round((counts.recognised - before.recognised) / span, 1),
            "frames received": counts.received,
            "recognitions": counts.recognised,
            "dropped for newer frames": work.dropped,
        }
        self.values = {
            **self.sums,
            "age of the last result [ms]": "none yet" if counts.last is None else round(1e3 * silent),
            "unknown among the last 100 [%]": round(100 * counts.unknown, 1),
            **({} if work.loss is None else loss_values(work.loss)),
            "held back by publish_rate_limit": counts.held_back,
            **({"not encoded, as unchanged": counts.repeated} if counts.repeated else {}),
            **{f"left out, {kind}": count for kind, count in sorted(counts.refused.items())},
            **{f"boxes, {kind}": count for kind, count in sorted(work.boxes.items())},
        }
        if work.result is not None:
            self.values["latency [ms]"] = round(1e3 * work.result.pace.latency, 1)


class Diagnostics:
    """Publishes what an operator asks first: does it see, how fast, and what went wrong.

    One camera without a name: one status. Several: one of the node, with sums and the first trouble, and one each. A
    robot of a fleet has one of the exchange besides.

    Args:
        node: Publishes it.
        statistics: Of each camera, by its name.
        faults: Of the node.
        work: What it is doing, as of a camera by its name.
    """

    def __init__(
        self,
        node: Node,
        statistics: Mapping[str, NodeStatistics],
        faults: Faults,
        work: Callable[[str], Work],
    ) -> None:
        self._faults = faults
        self._work = work
        started = time.monotonic()
        self._cameras = {camera: CameraStatus(counts, started) for camera, counts in statistics.items()}
        self._bugs_seen = Recent()
        self._name = node.get_name()
        self._address = node.get_fully_qualified_name()
        self._publisher = StatusPublisher(node, self.statuses)

    def statuses(self, now: float) -> list[DiagnosticStatus]:
        """The statuses at `now`, seconds of the monotonic clock; rates are those since the last call."""
        works = {camera: self._work(camera) for camera in self._cameras}
        for camera, status in self._cameras.items():
            status.look(works[camera], now)
        work = next(iter(works.values()))
        faults = self._bugs_seen.of(self._faults.bugs(), now)
        trouble = _node_trouble(work, faults) or self._first_trouble() or _copy_trouble(work)
        level, message = trouble or (DiagnosticStatus.OK, "recognising")
        values: dict[str, object] = {NODE: self._address, **self._common(), **self._faults.values()}
        if work.recogniser is not None:
            values |= _encoder(work.recogniser) | _memory(work.recogniser)
        own = status_message(level, f"{self._name}: recognition", message, values)
        cameras = (self._of(camera, works[camera]) for camera in self._cameras if camera)
        return [own, *cameras, *([self._of_fleet(work.fleet)] if work.fleet is not None else [])]

    def _common(self) -> dict[str, object]:
        """The values of the only camera, or the sums over several."""
        if "" in self._cameras:
            return self._cameras[""].values
        every = [status.sums for status in self._cameras.values()]
        return {name: round(sum(one[name] for one in every), 1) for name in every[0]}

    def _first_trouble(self) -> tuple[bytes, str] | None:
        troubles = ((camera, status.trouble) for camera, status in self._cameras.items())
        camera, trouble = next(((c, t) for c, t in troubles if t is not None), ("", None))
        return (trouble[0], f"{camera}: {trouble[1]}") if trouble and camera else trouble

    def _of(self, camera: str, work: Work) -> DiagnosticStatus:
        status = self._cameras[camera]
        calm = DiagnosticStatus.OK, "recognising" if work.active else "not active"
        level, message = status.trouble or calm
        values = {NODE: self._address, CAMERA: camera, **status.values}
        return status_message(level, f"{self._name}: {camera}", message, values)

    def _of_fleet(self, fleet: FleetStatus) -> DiagnosticStatus:
        level = DiagnosticStatus.WARN if fleet.trouble else DiagnosticStatus.OK
        message = fleet.trouble or ("connected" if fleet.server else "connecting")
        return status_message(
            level, f"{self._name}: fleet", message, {NODE: self._address, **fleet_values(fleet)}
        )


def _node_trouble(work: Work, faults: list[str]) -> tuple[bytes, str] | None:
    """The trouble of all cameras; a node that is not active has no other."""
    if work.hung:
        return DiagnosticStatus.ERROR, f"the encoder has given no answer for {work.hung:.0f} s"
    if judged := judge_faults(faults):
        return judged
    if work.rivals:
        return DiagnosticStatus.ERROR, f"{work.rivals} offers the same services: see the log"
    if not work.active:
        return DiagnosticStatus.OK, "not active"
    if work.recogniser is not None and work.recogniser.memory.failures:
        return DiagnosticStatus.ERROR, "the memory cannot be written: check the disk; what it has is in use"
    return None


def _trouble(work: Work, silent: float, recent: list[str]) -> tuple[bytes, str] | None:
    """The trouble of one camera."""
    if not work.active:
        return None
    if recent:
        return DiagnosticStatus.WARN, f"some frames could not be used ({', '.join(recent)})"
    if silent > max(SILENCE, PERIODS * work.period):
        why = work.silence or "is the camera running, and does its QoS fit?"
        return DiagnosticStatus.WARN, f"no frames: {why}"
    if work.loss is not None and work.loss.loss.is_lossy:
        return DiagnosticStatus.WARN, str(
            ToldLoss(work.loss.loss.share, work.loss.cause, work.loss.image_bytes)
        ).rstrip(".")
    return None


def _copy_trouble(work: Work) -> tuple[bytes, str] | None:
    if work.recogniser is not None and _is_copy_behind(work.recogniser):
        return DiagnosticStatus.WARN, "the memory's second file cannot be written: check the disk"
    return None


def _encoder(recogniser: Recogniser) -> dict[str, object]:
    choice = getattr(recogniser.encoders.backbone, "choice", None)
    return {
        "encoder": recogniser.encoders.note,
        "runtime": getattr(choice, "runtime", "the encoder's own"),
    }


def _memory(recogniser: Recogniser) -> dict[str, object]:
    memory = recogniser.memory
    values: dict[str, object] = {
        "examples": len(memory),
        "labels": len(memory.labels),
        "memory version": memory.version,
    }
    if memory.faults:
        values["faults survived after a change"] = memory.faults
    if memory.path is not None:
        size, saved = _on_disk(memory.path)
        if memory.failures:
            values["changes that could not be saved"] = memory.failures
        if _is_copy_behind(recogniser):
            values["second file of the memory"] = "behind"
        values["memory on disk [kB]"] = round(size / 1000, 1)
        values["last save [s ago]"] = "never" if saved is None else round(max(0.0, time.time() - saved), 1)
    return values


def _is_copy_behind(recogniser: Recogniser) -> bool:
    return recogniser.memory.path is not None and not recogniser.memory.has_copy


def _on_disk(path: Path) -> tuple[int, float | None]:
    """Bytes of the memory's file with its write-ahead log, and when the later of them was written."""
    stats = []
    for file in (path, path.with_name(f"{path.name}-wal")):
        try:
            stats.append(file.stat())
        except OSError:
            continue
    return sum(s.st_size for s in stats), max((s.st_mtime for s in stats), default=None)
