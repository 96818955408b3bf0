"""From core types to messages."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Duration
from std_msgs.msg import Header

from vfrt_msgs.msg import Candidate, Finding, LabelInfo, MemoryInfo, Recognition
from vfrt_ros.core import audit
from vfrt_ros.core import decision as core
from vfrt_ros.core.label_summary import LabelSummary
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.nodes.result import Result


def recognition_message(result: Result) -> Recognition:
    """The result as it is published."""
    decision = result.decision
    return Recognition(
        header=result.header,
        label=decision.label,
        score=decision.score,
        threshold=decision.threshold,
        reason=int(decision.reason),
        candidates=[_candidate(candidate) for candidate in decision.candidates],
        memory_version=decision.memory_version,
        latency=_duration(result.pace.latency),
        fps=result.pace.fps,
        dropped=result.dropped,
    )


def label_info_message(summary: LabelSummary) -> LabelInfo:
    """What is known of one label."""
    return LabelInfo(
        label=summary.label,
        examples=summary.examples,
        negatives=summary.negatives,
        prompts=summary.prompts,
        threshold=summary.threshold,
    )


def finding_message(finding: audit.Finding) -> Finding:
    """Something about the memory that a person should look at."""
    return Finding(
        kind=finding.kind.value,
        labels=list(finding.labels),
        examples=list(finding.examples),
        text=finding.text,
        cure=finding.cure,
    )


def memory_info_message(recogniser: Recogniser, header: Header) -> MemoryInfo:
    """The memory and the encoder that it belongs to."""
    owner = recogniser.memory.owner
    return MemoryInfo(
        header=header,
        version=recogniser.memory.version,
        encoder_id=owner.encoder_id,
        fingerprint=owner.fingerprint,
        dimension=owner.dim,
        labels=[label_info_message(summary) for summary in recogniser.labels()],
    )


def _duration(seconds: float) -> Duration:
    """A duration as a message, which holds 68 years; a stamp may be wrong by more."""
    whole, part = divmod(seconds, 1.0)
    return Duration(sec=int(np.clip(whole, -(2**31), 2**31 - 1)), nanosec=int(1e9 * part))


def _candidate(candidate: core.Candidate) -> Candidate:
    return Candidate(
        label=candidate.label,
        score=candidate.score,
        image_score=candidate.image_score,
        text_score=candidate.text_score,
        examples=candidate.examples,
    )
