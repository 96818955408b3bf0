# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt register`: teach a label from what the camera sees now, or from pictures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vfrt_ros.cli.answer import ask
from vfrt_ros.cli.command import (
    Command,
    CommandError,
    UsageError,
    add_camera_option,
    add_json_option,
    add_node_options,
)
from vfrt_ros.cli.picture_message import image_message, load_picture, shrink
from vfrt_ros.cli.typed import HELP, box_of, message_of_box, track_of
from vfrt_ros.client.patience import CALL_SECONDS
from vfrt_ros.core.types.rejection import left_out

SHORT_SIDE = 448
"""Pixels that are sent of a picture's short side: more than encoders take (224 to 384) and memory keeps (256)."""
AT_ONCE = 100
"""Pictures of one request, as many as `max_images` allows by default; each request is one step to undo."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt register`."""
    parser.add_argument("label", metavar="LABEL", help="what the camera shows")
    parser.add_argument(
        "--frames",
        type=int,
        default=0,
        metavar="N",
        help="recent frames to look at (default: register_frames)",
    )
    parser.add_argument(
        "--images",
        nargs="+",
        default=[],
        metavar="FILE",
        help="learn from pictures, not the camera; a folder stands for those in it",
    )
    part = parser.add_mutually_exclusive_group()
    part.add_argument(
        "--box",
        type=box_of,
        metavar="X,Y,W,H",
        help=f"the part that shows it, {HELP}; it is followed back through the recent frames",
    )
    part.add_argument(
        "--track",
        type=track_of,
        default=0,
        metavar="N",
        help="the recent pictures of this object; `vfrt watch` shows the numbers",
    )
    parser.add_argument("--negative", action="store_true", help="what is seen is *not* LABEL")
    add_camera_option(parser, "whose recent frames (default: the first one's)")
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Call the service and show its answer."""
    if arguments.frames < 0:
        raise UsageError(f"--frames must be 0 or more; got {arguments.frames}.")
    if arguments.images and (arguments.box or arguments.track):
        raise UsageError("--box and --track are of what the camera sees: leave --images out.")
    fields: dict[str, Any] = {
        "label": arguments.label,
        "frames": arguments.frames,
        "negative": arguments.negative,
        "camera": arguments.camera,
    }
    if arguments.box:
        fields["region"] = message_of_box(arguments.box)
    if arguments.track:
        fields["track"] = arguments.track
    if not arguments.images:
        return ask(arguments, "Register", summary, **fields)
    images = read_pictures(arguments.images)
    parts = [images[first : first + AT_ONCE] for first in range(0, len(images), AT_ONCE)]
    statuses = [
        ask(arguments, "Register", summary, seconds=CALL_SECONDS + len(part), images=part, **fields)
        for part in parts
    ]
    return max(statuses)


def summary(response: Any) -> str:
    """The node's sentence, and below it what was left out."""
    return "\n".join([response.message, *(f"  {line}" for line in left_out(response.reason_codes))])


def read_pictures(names: Sequence[str]) -> list[Any]:
    """Picture files as messages, each shrunk to what is needed of it; a bad one is named and left out.

    Args:
        names: Files, folders and globs.

    Raises:
        CommandError: None can be used.
    """
    from tqdm import tqdm

    from vfrt_ros.core.types.errors import SourceError

    images, faults = [], []
    for path in tqdm(picture_paths(names), desc="reading", unit="picture", disable=None, leave=False):
        try:
            images.append(read_image(path))
        except (CommandError, SourceError) as error:
            faults.append(str(error))
    if not images:
        others = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise CommandError(f"{faults[0]}{others} Nothing was sent.")
    for fault in faults:
        print(f"vfrt register: {fault} It is left out.", file=sys.stderr)
    return images


def read_image(path: Path) -> Any:
    """A picture file as a bgr8 sensor_msgs/Image, upright, with a short side of at most `SHORT_SIDE` pixels.

    Raises:
        CommandError: It is not there.
        SourceError: The file is not a picture.
    """
    return image_message(shrink(load_picture(path), SHORT_SIDE))


def picture_paths(names: Sequence[str]) -> list[Path]:
    """The files that names stand for; one that is not there, or is out of reach, stands for itself."""
    from vfrt_ros.core.sources.images import find_images

    found: list[Path] = []
    for name in names:
        path = Path(name).expanduser()
        try:
            is_glob = any(sign in name for sign in "*?[") and not path.exists()
            is_several = is_glob or path.is_dir()
        except PermissionError:
            is_several = False
        found += find_images(name) if is_several else [path]
    return found


COMMAND = Command(
    summary="teach a label from what the camera sees now, in force on the next frame",
    examples=(
        "vfrt register astronaut",
        "vfrt register cup --frames 16",
        "vfrt register cup --box 100,80,60,90",
        "vfrt register cup --track 7",
        "vfrt register cup --images ~/photos/cup/*.jpg",
        "vfrt register cup --negative",
    ),
    configure=configure,
    run=run,
)
