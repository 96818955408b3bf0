"""`vfrt register`: teach a label from what the camera sees now, or from pictures."""

from __future__ import annotations

import argparse
import re
from array import array
from pathlib import Path
from typing import Any

from vfrt_ros.cli.ask import ask
from vfrt_ros.cli.command import Command, CommandError, UsageError, add_json_option, add_node_options


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
        "--images", nargs="+", default=[], metavar="FILE", help="learn from pictures, not the camera"
    )
    parser.add_argument("--negative", action="store_true", help="what is seen is *not* LABEL")
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Call the service and show its answer."""
    if arguments.frames < 0:
        raise UsageError(f"--frames must be 0 or more; got {arguments.frames}.")
    images = [read_image(Path(name)) for name in arguments.images]
    fields = {"label": arguments.label, "frames": arguments.frames, "negative": arguments.negative}
    return ask(arguments, "Register", summary, images=images, **fields)


def summary(response: Any) -> str:
    """The node's sentence, and below it what was left out."""
    return "\n".join([response.message, *left_out(response.reasons)])


def left_out(reasons: list[str]) -> list[str]:
    """Why examples were left out: each kind of reason once, with its count, most frequent first.

    >>> left_out(["frame 1 of 3: blurred (12)", "frame 2 of 3: near duplicate", "frame 3 of 3: blurred (9)"])
    ['  left out 2: blurred', '  left out 1: near duplicate']
    """
    kinds = [re.sub(r"^\w+ \d+ of \d+: | \([^()]*\)$", "", reason) for reason in reasons]
    ordered = sorted(set(kinds), key=lambda kind: (-kinds.count(kind), kind))
    return [f"  left out {kinds.count(kind)}: {kind}" for kind in ordered]


def read_image(path: Path) -> Any:
    """A picture file as a bgr8 sensor_msgs/Image.

    Raises:
        CommandError: It is not there or is no picture.
    """
    import cv2
    from sensor_msgs.msg import Image

    if not path.is_file():
        raise CommandError(f"There is no file {path}.")
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise CommandError(f"{path} is no picture that can be read.")
    height, width = pixels.shape[:2]
    return Image(
        height=height, width=width, encoding="bgr8", step=3 * width, data=array("B", pixels.tobytes())
    )


COMMAND = Command(
    summary="teach a label from what the camera sees now, in force on the next frame",
    examples=(
        "vfrt register astronaut",
        "vfrt register cup --frames 16",
        "vfrt register cup --images cup1.jpg cup2.jpg",
        "vfrt register cup --negative",
    ),
    configure=configure,
    run=run,
)
