# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Doctor's watch of the running node's answers: why they are always unknown, if they are."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vfrt_ros.cli.doctor.check_result import CheckResult, Level
from vfrt_ros.client.errors import ClientError
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.errors import VfrtError

if TYPE_CHECKING:
    from vfrt_ros.client.node_client import NodeClient

WATCH_SECONDS = 1.5
"""The number of frames from which a share is told."""
ALWAYS_SECONDS = 12.0
"""The time from which *always* and *silent* are told: longer than the demo shows one photograph, and than a slow camera
takes for a frame (`fps` 0.1)."""
SILENCE_SECONDS = 3.0
NAME = "answers"


def teach(where: str = "") -> str:
    """The cure for what is not known.

    Args:
        where: The options that name the node, with a blank before them.
    """
    return f"with it in view: `vfrt register LABEL{where}`, once more from other sides"


def check_memory_of_node(client: NodeClient, where: str = "") -> list[CheckResult]:
    """Whether anything was learned.

    Args:
        client: Turned to the recognition node.
        where: As for `teach`.
    """
    from vfrt_msgs.srv import ListLabels

    try:
        labels = client.call(ListLabels, ListLabels.Request(), seconds=SILENCE_SECONDS).labels
    except ClientError as error:
        return [CheckResult("learned", Level.NOTE, "the node does not tell what it learned", str(error))]
    if not labels:
        text = "nothing: every frame is unknown"
        todo = f"`vfrt register LABEL{where}`, or `vfrt prompts LABEL{where}`"
        return [CheckResult("learned", Level.NOTE, text, todo)]
    examples = sum(info.examples for info in labels)
    return [
        CheckResult("learned", Level.OK, f"{counted(len(labels), 'label')}, {counted(examples, 'example')}")
    ]


def check_answers(client: NodeClient, where: str = "", cameras: Sequence[str] = ()) -> list[CheckResult]:
    """Watch the node and say how it answers, and why, if it is always unknown.

    Args:
        client: Turned to the recognition node.
        where: As for `teach`.
        cameras: The names of several, of which each is judged by itself; none = one without a name.
    """
    from vfrt_msgs.msg import Recognition

    heard: dict[str, list[Any]] = {camera: [] for camera in cameras or ("",)}
    topics = {}
    try:
        for camera, answers in heard.items():
            topics[camera] = client.subscribe(Recognition, answers.append, camera=camera)
    except VfrtError as error:
        return [CheckResult(NAME, Level.NOTE, "the node publishes no recognition", str(error))]
    client.spin(lambda: all(heard.values()), ALWAYS_SECONDS)
    speaking = [answers for answers in heard.values() if answers]
    if any(answers[0].reason != Recognition.UNKNOWN_NOTHING_LEARNED for answers in speaking):
        client.spin(
            lambda: all(any(one.reason == one.KNOWN for one in answers) for answers in speaking),
            ALWAYS_SECONDS,
        )
    if speaking:
        client.spin(lambda: False, WATCH_SECONDS)
    rule = _rule(client) if speaking else ("", float("nan"))
    return [
        _of_camera(camera, judge(answers, *rule, where) if answers else _silent(topics[camera]))
        for camera, answers in heard.items()
    ]


def _silent(topic: str) -> CheckResult:
    todo = "is the camera running, active and connected to the node's image topic?"
    return CheckResult(NAME, Level.BROKEN, f"silent on {topic} for {ALWAYS_SECONDS:g} s", todo)


def _of_camera(camera: str, result: CheckResult) -> CheckResult:
    return replace(result, text=f"{camera}: {result.text}") if camera else result


def judge(heard: list[Any], fuse: str = "", strictness: float = float("nan"), where: str = "") -> CheckResult:
    """Conclude from recognitions how the settings fit.

    Args:
        heard: vfrt_msgs/Recognition, one or more.
        fuse: The node's rule; empty = not known.
        strictness: Its `open_set_threshold`.
        where: As for `teach`.
    """
    known = [entry for entry in heard if entry.reason == entry.KNOWN]
    if known:
        (label, _) = Counter(entry.label for entry in known).most_common(1)[0]
        share = f"{len(known)} of {counted(len(heard), 'frame')} known"
        return CheckResult(NAME, Level.OK, f"{share}, mostly as '{label}', {heard[-1].fps:.0f} a second")
    (reason, _) = Counter(entry.reason for entry in heard).most_common(1)[0]
    frames = [entry for entry in heard if entry.reason == reason]
    first = frames[0]
    if reason == first.UNKNOWN_NOTHING_LEARNED:
        return CheckResult(NAME, Level.NOTE, "always unknown, because nothing is learned", teach(where))
    if reason == first.UNKNOWN_AMBIGUOUS:
        return _ambiguous(frames, where)
    lower = f"`{_lower(frames, fuse, strictness)}{where}`"
    if reason == first.UNKNOWN_UNFAMILIAR:
        text = f"always unknown, because what is seen is like nothing learned ({_held_against(frames)})"
        return CheckResult(NAME, Level.NOTE, text, f"{teach(where)}; or less strict: {lower}")
    text = f"always unknown, because {_held_against(frames)}"
    return CheckResult(NAME, Level.NOTE, text, f"{lower}; or {teach(where)}")


def _held_against(frames: list[Any]) -> str:
    score = statistics.median(entry.score for entry in frames)
    threshold = statistics.median(entry.threshold for entry in frames)
    best = Counter(entry.candidates[0].label for entry in frames if entry.candidates).most_common(1)
    of = f" of the best label, '{best[0][0]}'," if best else ""
    return f"the score{of} is {score:.2f}, and the threshold {threshold:.2f}"


def _ambiguous(frames: list[Any], where: str) -> CheckResult:
    two = [entry.label for entry in frames[0].candidates[:2]]
    names = " and ".join(f"'{label}'" for label in two)
    text = f"always unknown, because {names or 'two labels'} come too close to each other"
    merge = ""
    if len(two) == 2:
        merge = f", or one label for both: `vfrt relabel {_quoted(two[1])} {_quoted(two[0])}{where}`"
    return CheckResult(NAME, Level.NOTE, text, f"register each from more sides{merge}")


def _quoted(label: str) -> str:
    """As a shell takes it whatever is in it."""
    return "'" + label.replace("'", "'\\''") + "'"


def _lower(frames: list[Any], fuse: str, strictness: float) -> str:
    """The setting that lets such frames be known: a score by the late rule, else a share of frames."""
    if not strictness > 0:
        return "vfrt set open_set false"
    score = statistics.median(entry.score for entry in frames)
    wanted = 0.9 * score if fuse == "late" else strictness / 4
    return f"vfrt set open_set_threshold {wanted:.2g}"


def _rule(client: NodeClient) -> tuple[str, float]:
    from vfrt_ros.cli.set import current

    try:
        return str(current(client, "fuse").value), float(current(client, "open_set_threshold").value)
    except VfrtError:
        return "", float("nan")
