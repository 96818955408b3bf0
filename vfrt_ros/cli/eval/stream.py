# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt eval --stream`: a recording through the whole recogniser."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfrt_ros.cli.answer import to_json
from vfrt_ros.cli.command import OK, UsageError
from vfrt_ros.cli.eval.about import warn
from vfrt_ros.core.types.counted import counted

if TYPE_CHECKING:
    from vfrt_ros.core.config.settings import RecognitionSettings

DEMO_SECONDS = 40.0
"""One round of the demo, which has no end."""


def configure_stream(group: argparse._ArgumentGroup) -> None:
    """The options of `--stream`."""
    group.add_argument(
        "--stream", metavar="RECORDING", help="a bag of ROS 2 or ROS 1, a video, pictures, or demo"
    )
    group.add_argument(
        "--init-labels", "--labels", dest="labels", metavar="A,B,…",
        help="labels that get a text prompt (default for demo: what it shows)",
    )  # fmt: skip
    group.add_argument(
        "--memory", type=Path, metavar="FILE",
        help="a memory to recognise with, or an export of one; it stays as it is (default: an empty one)",
    )  # fmt: skip
    group.add_argument(
        "--topic", action="append", default=[], metavar="NAME",
        help="of a bag with several topics of pictures; said again, each topic is a camera of its own",
    )  # fmt: skip
    group.add_argument(
        "--fps", type=float, default=30.0, metavar="HZ", help="of pictures, film and demo (default: 30)"
    )
    group.add_argument(
        "--noise", type=float, default=0.0, metavar="LEVELS",
        help="standard deviation of noise added to every frame, in grey levels, as in the dark (default: 0)",
    )  # fmt: skip
    group.add_argument("--seconds", type=float, metavar="S", help="stop there (default: the end; demo: 40)")


def run_stream(arguments: argparse.Namespace, settings: RecognitionSettings) -> int:
    """Replay a recording, write a line for each frame if asked to, and sum up."""
    from vfrt_ros.cli.eval.memory import recogniser_with
    from vfrt_ros.core.config.own_files import check_own
    from vfrt_ros.core.sources.bag_topics import camera_names
    from vfrt_ros.core.sources.demo import SHOTS
    from vfrt_ros.core.sources.demo_objects import NAME as OBJECTS
    from vfrt_ros.core.types.without_password import without_password
    from vfrt_ros.evaluation.stream import (
        COLUMNS,
        frames_of,
        open_recording,
        replay,
        summarise,
        summarise_cameras,
        with_noise,
        write_rows,
    )

    _check(arguments)
    demo = arguments.stream == "demo"
    labels = arguments.labels or (",".join(shot.subject for shot in SHOTS) if demo else "")
    settings = settings.replace(**({"init_labels": labels} if labels else {}))
    endless = demo or arguments.stream == OBJECTS
    seconds = arguments.seconds or (DEMO_SECONDS if endless else float("inf"))
    topics = list(dict.fromkeys(arguments.topic))
    path = arguments.out / "stream.csv" if arguments.out else None
    if path:
        check_own({path: ",".join(COLUMNS)})
    if len(topics) > 1:
        settings = settings.replace(cameras=camera_names(topics))
    with (
        open_recording(arguments.stream, topic=topics, fps=arguments.fps, warn=warn) as source,
        recogniser_with(settings, arguments.memory) as recogniser,
    ):
        frames = with_noise(frames_of(source, seconds), arguments.noise, settings.seed)
        rows = _with_bar(replay(recogniser, frames))
        rows = write_rows(rows, path) if path else list(rows)
    summary = {
        "recording": without_password(arguments.stream),
        "encoder": recogniser.encoders.note,
        **(summarise_cameras(rows) if len(topics) > 1 else summarise(rows)),
        "left_out": dict(source.left_out),
        "file": str(path) if path else None,
    }
    if arguments.json:
        print(to_json(summary))
    else:
        print(stream_text(summary))
    return OK


def _check(arguments: argparse.Namespace) -> None:
    if not arguments.fps > 0 or not (arguments.seconds is None or arguments.seconds > 0):
        raise UsageError("--fps and --seconds must be more than 0.")
    if not 0 <= arguments.noise <= 255:
        raise UsageError(f"--noise must be between 0 and 255 grey levels; got {arguments.noise:g}.")


def stream_text(summary: Mapping[str, Any]) -> str:
    """The result of a replay, for people."""
    if not summary["frames"]:
        return f"{summary['recording']} has no frame."
    cameras = summary.get("cameras") or {"": summary}
    what = f"{summary['recording']}; {summary['encoder']}"
    lines = [line for name, told in cameras.items() for line in _camera_text(name, told, what)]
    left_out = summary.get("left_out")
    if left_out:
        kinds = ", ".join(f"{count} {kind}" for kind, count in left_out.items())
        lines.append(f"{counted(sum(left_out.values()), 'picture')} left out: {kinds}")
    told = f"one line for each frame: {summary['file']}" if summary["file"] else ""
    return "\n".join([*lines, told or "--out FOLDER writes one line for each frame"])


def _camera_text(name: str, told: Mapping[str, Any], what: str) -> list[str]:
    """Lines on the frames of one camera, which begin with its name, if it has one."""
    lines = [
        f"{f'{name}: ' if name else ''}{counted(told['frames'], 'frame')}, {told['seconds']:.1f} s of {what}"
    ]
    if told["changes_per_minute_smoothed"] is not None:
        lines.append(
            f"label changes per minute: {told['changes_per_minute_unsmoothed']:.1f} before smoothing and "
            f"hysteresis, {told['changes_per_minute_smoothed']:.1f} after "
            f"({told['changes_unsmoothed']} and {told['changes_smoothed']} in all)"
        )
    lines += [f"{share:7.1%} of the frames: {label}" for label, share in told["shares"].items()]
    lines.append(
        f"encoding and deciding took {told['latency_ms_median']:.1f} ms (median), "
        f"{told['latency_ms_95']:.1f} ms (95 % of the frames)"
    )
    return lines


def _with_bar(rows: Any) -> Any:
    from tqdm import tqdm

    return tqdm(rows, desc="replaying", unit="frame", disable=None, leave=False)
