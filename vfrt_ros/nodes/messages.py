# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""From core types to messages."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

import numpy as np
from builtin_interfaces.msg import Duration, Time
from sensor_msgs.msg import CompressedImage, RegionOfInterest
from std_msgs.msg import Header

from vfrt_msgs.msg import (
    Candidate,
    Conflict,
    Example,
    Finding,
    LabelInfo,
    MemoryInfo,
    Neighbour,
    RecognisedObject,
    RecognisedObjects,
    Recognition,
    Regions,
    ShownFrame,
)
from vfrt_ros.core import registration
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.registration import SelectionResult
from vfrt_ros.core.report import audit, explanation
from vfrt_ros.core.report.label_summary import LabelSummary
from vfrt_ros.core.types import decision as core
from vfrt_ros.core.types import example as taught
from vfrt_ros.core.types import recognised_object
from vfrt_ros.core.types.errors import RequestError
from vfrt_ros.core.types.operation import ExampleId, OperationId
from vfrt_ros.nodes.objects_result import ObjectsResult
from vfrt_ros.nodes.result import Result

Numbers = tuple[float, float, float, float, int, float]
"""x, y, width, height, id and score of a region, as somebody sent them."""


def recognition_message(result: Result) -> Recognition:
    """The result as it is published."""
    decision = result.decision
    return Recognition(
        header=result.header,
        camera=result.camera,
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


def objects_message(result: ObjectsResult) -> RecognisedObjects:
    """The objects of a picture as they are published."""
    return RecognisedObjects(
        header=result.header,
        camera=result.camera,
        width=result.width,
        height=result.height,
        objects=[_object(each) for each in result.objects],
        memory_version=result.memory_version,
        latency=_duration(result.latency),
    )


def given_regions(message: Regions) -> Iterator[Numbers]:
    """The input of `check_regions`, from a message."""
    for region in message.regions:
        box = region.box
        yield box.x_offset, box.y_offset, box.width, box.height, region.id, region.score


def label_info_message(summary: LabelSummary) -> LabelInfo:
    """One label in numbers, as a message."""
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
        examples=[str(key) for key in finding.examples],
        text=finding.text,
        cure=finding.cure,
    )


def neighbour_message(neighbour: explanation.Neighbour) -> Neighbour:
    """An example that is near to a frame."""
    return Neighbour(example=str(neighbour.example), cosine=neighbour.cosine, share=neighbour.share)


def example_message(example: taught.Example, *, picture: bool) -> Example:
    """An example, with its small picture or without."""
    return Example(
        id=str(example.id),
        label=example.label,
        negative=example.negative,
        batch=batch_name(example.id.operation, example.batch),
        created=_time(example.created),
        source=example.source,
        picture=_jpeg(example.thumbnail if picture else b""),
    )


def shown_message(frame: SelectionResult, example: taught.Example | None) -> ShownFrame:
    """A frame of a registration, with the example made of it; None = it was left out."""
    picture = _jpeg(frame.observation.thumbnail())
    if frame.rejection is not None:
        return ShownFrame(code=int(frame.rejection.code), reason=frame.rejection.text, picture=picture)
    return ShownFrame(example=str(example.id) if example else "", picture=picture)


def conflict_message(conflict: registration.Conflict) -> Conflict:
    """Another label that what was registered looks like too."""
    return Conflict(code=int(conflict.code), label=conflict.label, cosine=conflict.cosine)


def memory_info_message(recogniser: Recogniser, header: Header) -> MemoryInfo:
    """The memory and the encoder that it belongs to."""
    memory = recogniser.memory
    return MemoryInfo(
        header=header,
        version=memory.version,
        encoder_id=memory.encoder.encoder_id,
        fingerprint=memory.encoder.space,
        dimension=memory.encoder.dim,
        state_hash=memory.state_hash(),
        robot=memory.robot,
        labels=[label_info_message(summary) for summary in recogniser.labels()],
    )


def batch_name(operation: OperationId, batch: int = 0) -> str:
    """Names examples that were registered together: by their operation, and their batch in what came from a file."""
    return f"{operation}:{batch}" if batch else str(operation)


def example_ids(texts: Sequence[str]) -> list[ExampleId]:
    """The ids that a request names.

    Raises:
        RequestError: One is not of the form `robot:number:index`.
    """
    try:
        return [ExampleId.parse(text) for text in texts]
    except ValueError as error:
        raise RequestError(f"{error} List the examples again.") from error


def _duration(seconds: float) -> Duration:
    """A duration as a message, which holds 68 years; a stamp may be wrong by more."""
    whole, part = divmod(seconds, 1.0)
    return Duration(sec=int(np.clip(whole, -(2**31), 2**31 - 1)), nanosec=int(1e9 * part))


def _time(seconds: float) -> Time:
    """Seconds since the epoch as a message, which holds them up to 2038."""
    whole, part = divmod(float(np.clip(seconds, 0, 2**31 - 1)), 1.0)
    return Time(sec=int(whole), nanosec=min(int(1e9 * part), 10**9 - 1))


def _jpeg(data: bytes) -> CompressedImage:
    return CompressedImage(format="jpeg" if data else "", data=array("B", data))


def _object(each: recognised_object.RecognisedObject) -> RecognisedObject:
    box, decision = each.box, each.decision
    return RecognisedObject(
        track=each.track,
        box=RegionOfInterest(x_offset=box.x, y_offset=box.y, width=box.width, height=box.height),
        label=decision.label,
        score=decision.score,
        threshold=decision.threshold,
        reason=int(decision.reason),
        candidates=[_candidate(candidate) for candidate in decision.candidates],
    )


def _candidate(candidate: core.Candidate) -> Candidate:
    return Candidate(
        label=candidate.label,
        score=candidate.score,
        image_score=candidate.image_score,
        text_score=candidate.text_score,
        examples=candidate.examples,
    )
