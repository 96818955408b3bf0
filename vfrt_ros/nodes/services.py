# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The services: the recogniser carries it out, the answer is a code and a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sensor_msgs.msg import RegionOfInterest

from vfrt_msgs.srv import (
    Audit,
    Explain,
    ExportMemory,
    Forget,
    ForgetExamples,
    ImportMemory,
    ListExamples,
    ListLabels,
    Recognise,
    Redo,
    Register,
    Relabel,
    SetPrompts,
    Snapshot,
    Undo,
)
from vfrt_ros.core.config.camera_names import choose_camera
from vfrt_ros.core.registration import RejectedFramesError, SelectionResult
from vfrt_ros.core.report.overlay import draw_overlay
from vfrt_ros.core.report.snapshot import check_name, write_snapshot
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.errors import NoFramesError, VfrtError
from vfrt_ros.core.types.example import Example
from vfrt_ros.core.types.region import Box
from vfrt_ros.nodes.conversions import compressed_from_frame
from vfrt_ros.nodes.messages import (
    conflict_message,
    example_ids,
    finding_message,
    label_info_message,
    neighbour_message,
    shown_message,
)
from vfrt_ros.nodes.recognise import given_images, recognise
from vfrt_ros.nodes.service_context import Answer, ServiceContext
from vfrt_ros.nodes.sharing import export_memory, import_memory, list_examples


def register(context: ServiceContext, request: Register.Request, response: Register.Response) -> str:
    """Learn a label from recent frames or from given images."""
    images = given_images(request.images, context.recogniser.settings, "Nothing was stored.")
    try:
        done = context.recogniser.register(
            request.label,
            frames=request.frames,
            images=images,
            negative=request.negative,
            camera=request.camera,
            box=_box(request.region),
            track=request.track,
        )
    except RejectedFramesError as error:
        _show(request, response, error.selection, ())
        raise
    response.stored, response.batch = done.stored, str(done.step.id)
    _show(request, response, done.selection, done.step.examples.added)
    response.conflicts = [conflict_message(conflict) for conflict in done.conflicts]
    left_out = f", {len(done.reasons)} left out" if done.reasons else ""
    answer = f"{_sentence(done.step.what)}{left_out}. {done.warning}".rstrip()
    camera = choose_camera(request.camera, context.recogniser.settings.cameras)
    if images or not context.silent(camera):
        return answer
    return f"{answer} The camera{f' {camera}' if camera else ''} gives no pictures now: these were its last ones."


def forget(context: ServiceContext, request: Forget.Request, response: Forget.Response) -> str:
    """Remove a label."""
    step = context.recogniser.memory.forget(request.label)
    response.removed = len(step.examples.removed)
    return f"{_sentence(step.what)}; undo brings it back."


def forget_examples(
    context: ServiceContext, request: ForgetExamples.Request, response: ForgetExamples.Response
) -> str:
    """Remove single examples."""
    step = context.recogniser.memory.forget_examples(example_ids(request.examples))
    response.removed = len(step.examples.removed)
    return f"{_sentence(step.what)}; undo brings {'it' if response.removed == 1 else 'them'} back."


def relabel(context: ServiceContext, request: Relabel.Request, response: Relabel.Response) -> str:
    """Rename or merge a label."""
    step = context.recogniser.relabel(request.label, request.new_label)
    response.moved = len(step.examples.added)
    return f"{_sentence(step.what)}."


def undo(context: ServiceContext, request: Undo.Request, response: Undo.Response) -> str:
    """Take the last change back, or that of another robot."""
    response.what = context.recogniser.memory.undo(request.robot).what
    return f"Undone: {response.what}."


def redo(context: ServiceContext, request: Redo.Request, response: Redo.Response) -> str:
    """Do again what undo took back."""
    response.what = context.recogniser.memory.redo().what
    return f"Done again: {response.what}."


def list_labels(context: ServiceContext, request: ListLabels.Request, response: ListLabels.Response) -> str:
    """Describe every label."""
    response.labels = [label_info_message(summary) for summary in context.recogniser.labels()]
    count = len(response.labels)
    return f"{counted(count, 'label')}." if count else "Nothing learned yet."


def set_prompts(context: ServiceContext, request: SetPrompts.Request, response: SetPrompts.Response) -> str:
    """Describe labels in words."""
    step = context.recogniser.set_prompts(request.labels, request.prompts, replace=request.replace)
    return f"{_sentence(step.what)}."


def explain(context: ServiceContext, request: Explain.Request, response: Explain.Response) -> str:
    """Say how the last frame was decided."""
    done = context.recogniser.explanation(request.label, request.camera, request.track)
    response.lines, response.prompts = list(done.lines), list(done.prompts)
    response.label, response.score, response.threshold = done.label, done.score, done.threshold
    response.text_score = done.text
    response.nearest = [neighbour_message(neighbour) for neighbour in done.nearest]
    return str(response.lines[0])


def audit(context: ServiceContext, request: Audit.Request, response: Audit.Response) -> str:
    """Look through the memory for what makes recognition worse."""
    findings = context.recogniser.audit()
    response.findings = [finding_message(finding) for finding in findings]
    examples = counted(len(context.recogniser.memory), "example")
    if not findings:
        return f"Nothing to find fault with among {examples}."
    return f"{counted(len(findings), 'finding')} among {examples}."


def snapshot(context: ServiceContext, request: Snapshot.Request, response: Snapshot.Response) -> str:
    """Write the last recognised frame, its overlay and its recognition."""
    name = check_name(request.name)
    result = context.latest(choose_camera(request.camera, context.recogniser.settings.cameras))
    if result is None:
        raise NoFramesError("No frame was recognised yet: is the camera running?")
    overlay = draw_overlay(result.frame, result.decision, result.pace, result.note, result.objects)
    limit = 1e6 * context.recogniser.settings.max_snapshots_mb
    response.path = str(
        write_snapshot(context.snapshots, name, result.frame, overlay, result.as_dict(), limit)
    )
    if request.picture:
        response.picture = compressed_from_frame(overlay, result.header)
    return f"Wrote {response.path}."


SERVICES: dict[str, tuple[Any, Answer]] = {
    "register": (Register, register),
    "forget": (Forget, forget),
    "forget_examples": (ForgetExamples, forget_examples),
    "relabel": (Relabel, relabel),
    "undo": (Undo, undo),
    "redo": (Redo, redo),
    "list_labels": (ListLabels, list_labels),
    "list_examples": (ListExamples, list_examples),
    "set_prompts": (SetPrompts, set_prompts),
    "snapshot": (Snapshot, snapshot),
    "explain": (Explain, explain),
    "recognise": (Recognise, recognise),
    "audit": (Audit, audit),
    "export_memory": (ExportMemory, export_memory),
    "import_memory": (ImportMemory, import_memory),
}
"""Service name to its type and what answers it."""

BESIDE_THE_WORKER = frozenset({"list_examples", "export_memory", "import_memory"})
"""The services that are answered in a thread of their own; see `vfrt_ros.nodes.sharing`."""


def answer(name: str, context: ServiceContext, request: Any, response: Any) -> Any:
    """Carry out a request; our own errors become a code and a sentence, all else is a bug."""
    service, serve = SERVICES[name]
    try:
        response.message = serve(context, request, response)
        response.code = service.Response.OK
    except VfrtError as error:
        refuse(response, error)
    if getattr(response, "memory_version", None) == 0:
        response.memory_version = context.recogniser.memory.version
    return response


def refuse(response: Any, error: VfrtError) -> Any:
    """The response with the error's code and text."""
    response.code = getattr(response, error.code, response.INTERNAL_ERROR)
    response.message = str(error)
    return response


def _box(region: RegionOfInterest) -> Box | None:
    """The part of a picture that a request names; all zero = none."""
    box = Box(region.x_offset, region.y_offset, region.width, region.height)
    return box if any((box.x, box.y, box.width, box.height)) else None


def _show(
    request: Register.Request,
    response: Register.Response,
    selection: Sequence[SelectionResult],
    added: Sequence[Example],
) -> None:
    """Answer with what became of each frame; with a picture of each, if that was asked for."""
    left_out = [frame for frame in selection if frame.rejection is not None]
    response.rejected = len(left_out)
    response.reasons = [frame.reason for frame in left_out]
    response.reason_codes = [int(frame.rejection.code) for frame in left_out if frame.rejection]
    if request.pictures:
        examples = iter(added)
        response.shown = [
            shown_message(frame, None if frame.rejection else next(examples)) for frame in selection
        ]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
