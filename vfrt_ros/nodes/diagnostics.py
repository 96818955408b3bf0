# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`/diagnostics` of the recognition node, once a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node

from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.nodes.faults import Faults, Recent, judge_faults
from vfrt_ros.nodes.loss_values import NODE, ToldLoss, loss_values
from vfrt_ros.nodes.loss_watch import LossReport
from vfrt_ros.nodes.result import Result
from vfrt_ros.nodes.silence_watch import PERIODS
from vfrt_ros.nodes.statistics import Counts, Statistics
from vfrt_ros.nodes.status import StatusPublisher, status_message

SILENCE = 2.0
"""Seconds without a recognition after which an active node is said to see nothing."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the node is doing.

    Attributes:
        recogniser: None before it is configured.
        result: The newest answer; None before the first.
        active: The lifecycle state is active.
        dropped: Frames replaced by a newer one before they were looked at.
        hung: Seconds for which the encoder has owed an answer beyond its time; 0 = it answers.
        silence: Why no picture comes, where none does; empty = not yet known.
        period: Seconds between the last two pictures; 0 = not yet known.
        loss: What the image topic loses; None = not known.
        rivals: Full names of other nodes that offer the same services.
    """

    recogniser: Recogniser | None
    result: Result | None
    active: bool
    dropped: int = 0
    hung: float = 0.0
    silence: str = ""
    period: float = 0.0
    loss: LossReport | None = None
    rivals: Sequence[str] = ()


class Diagnostics:
    """Publishes a status with what an operator asks first: does it see, how fast, and what went wrong."""

    def __init__(self, node: Node, statistics: Statistics, faults: Faults, work: Callable[[], Work]) -> None:
        self._statistics = statistics
        self._faults = faults
        self._work = work
        self._started = time.monotonic()
        self._before: tuple[float, Counts] = (self._started, statistics.counts())
        self._seen, self._bugs_seen = Recent(), Recent()
        self._name = f"{node.get_name()}: recognition"
        self._address = node.get_fully_qualified_name()
        self._publisher = StatusPublisher(node, self.status)

    def status(self, now: float) -> DiagnosticStatus:
        """The status at `now`, seconds of the monotonic clock; rates are those since the last call."""
        work, counts = self._work(), self._statistics.counts()
        (then, before), self._before = self._before, (now, counts)
        recent = self._seen.of(counts.refused, now)
        faults = self._bugs_seen.of(self._faults.bugs(), now)
        silent = now - (self._started if counts.last is None else counts.last)
        level, message = _judge(work, silent, recent, faults)
        span = max(now - then, 1e-3)
        values: dict[str, object] = {
            NODE: self._address,
            "input rate [Hz]": round((counts.received - before.received) / span, 1),
            "recognition rate [Hz]": round((counts.recognised - before.recognised) / span, 1),
            "age of the last result [ms]": "none yet" if counts.last is None else round(1e3 * silent),
            "frames received": counts.received,
            "recognitions": counts.recognised,
            "unknown among the last 100 [%]": round(100 * counts.unknown, 1),
            **({} if work.loss is None else loss_values(work.loss)),
            **_drops(work, counts),
            **self._faults.values(),
        }
        if work.result is not None:
            values["latency [ms]"] = round(1e3 * work.result.pace.latency, 1)
        if work.recogniser is not None:
            values |= _encoder(work.recogniser) | _memory(work.recogniser)
        return status_message(level, self._name, message, values)


def _judge(work: Work, silent: float, recent: list[str], faults: list[str]) -> tuple[bytes, str]:
    if work.hung:
        return DiagnosticStatus.ERROR, f"the encoder has given no answer for {work.hung:.0f} s"
    if judged := judge_faults(faults):
        return judged
    if work.rivals:
        return DiagnosticStatus.ERROR, f"{', '.join(work.rivals)} offers the same services: see the log"
    if not work.active:
        return DiagnosticStatus.OK, "not active"
    if work.recogniser is not None and work.recogniser.memory.failures:
        return DiagnosticStatus.ERROR, "the memory cannot be written: check the disk; what it has is in use"
    if recent:
        return DiagnosticStatus.WARN, f"some frames could not be used ({', '.join(recent)})"
    if silent > max(SILENCE, PERIODS * work.period):
        why = work.silence or "is the camera running, and does its QoS fit?"
        return DiagnosticStatus.WARN, f"no frames: {why}"
    if work.loss is not None and work.loss.loss.is_lossy:
        return DiagnosticStatus.WARN, str(
            ToldLoss(work.loss.loss.share, work.loss.cause, work.loss.image_bytes)
        ).rstrip(".")
    if work.recogniser is not None and _is_copy_behind(work.recogniser):
        return DiagnosticStatus.WARN, "the memory's second file cannot be written: check the disk"
    return DiagnosticStatus.OK, "recognising"


def _drops(work: Work, counts: Counts) -> dict[str, object]:
    return {
        "dropped for newer frames": work.dropped,
        "held back by publish_rate_limit": counts.held_back,
        **{f"left out, {kind}": count for kind, count in sorted(counts.refused.items())},
    }


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
