# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt recognise`: what picture files show, as the running node sees it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfrt_ros.cli.command import (
    FAILED,
    OK,
    Command,
    CommandError,
    add_json_option,
    add_node_options,
    node_address,
)
from vfrt_ros.cli.typed import HELP, box_of, message_of_box
from vfrt_ros.core.types.region import Box, check_box

if TYPE_CHECKING:
    from vfrt_ros.client.node_client import NodeClient

LONG_SIDE = 2048
"""Pixels that are sent of a picture's long side; boxes are typed for the picture as it is in the file."""
AT_ONCE = 20
"""Pictures of one request."""
NAMED = 2
"""Pictures of a request that failed that are named on stderr."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt recognise`."""
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="pictures; a folder stands for those in it, as does a glob"
    )
    parser.add_argument(
        "--box", dest="boxes", action="append", type=box_of, default=[], metavar="X,Y,W,H",
        help=f"an object in each picture, {HELP}; may stand several times (default: the whole picture)",
    )  # fmt: skip
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Send the pictures and show what they show; a request that fails takes no other's answer with it."""
    address = node_address(arguments)
    from vfrt_ros.client.errors import ClientError
    from vfrt_ros.client.node_client import NodeClient

    pictures = _read(arguments.files, arguments.boxes)
    shown = _Shown(arguments)
    with NodeClient(address) as client:
        for first in range(0, len(pictures), AT_ONCE):
            part = pictures[first : first + AT_ONCE]
            try:
                results = _ask(client, part, bool(arguments.boxes))
            except CommandError as refusal:
                shown.leave_out(part, str(refusal))
            except (
                ClientError
            ) as error:  # the node is gone, or hangs: each of the others would wait for it again
                if not first:
                    raise
                shown.leave_out(pictures[first:], str(error))
                break
            else:
                shown.add(part, results)
    return shown.end()


def _ask(client: NodeClient, pictures: Sequence[_NamedPicture], with_boxes: bool) -> Sequence[Any]:
    """The result of each picture.

    Raises:
        ClientError: The node does not answer.
        CommandError: It refuses.
    """
    from vfrt_msgs.srv import Recognise
    from vfrt_ros.client.patience import CALL_SECONDS

    request = Recognise.Request(images=[picture.image for picture in pictures])
    if with_boxes:
        request.regions = [picture.regions for picture in pictures]
    response = client.call(Recognise, request, seconds=CALL_SECONDS + len(pictures))
    if response.code != response.OK:
        raise CommandError(response.message)
    results: Sequence[Any] = response.results
    return results


class _Shown:
    """The answers as they are shown: lines as they come, or one document of JSON at the end."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._json: bool = arguments.json
        self._boxes: Sequence[Box] = arguments.boxes
        self._found: list[dict[str, Any]] = []
        self._left_out: list[dict[str, str]] = []

    def add(self, pictures: Sequence[_NamedPicture], results: Sequence[Any]) -> None:
        """Show what pictures show."""
        from vfrt_ros.cli.watch.objects_table import object_as_plain

        for picture, result in zip(pictures, results, strict=True):
            if self._json:
                objects = [object_as_plain(each) for each in picture.placed(result)]
                self._found.append({"file": str(picture.path), "objects": objects})
            else:
                print("\n".join(_lines(picture.path, result, self._boxes)), flush=True)

    def leave_out(self, pictures: Sequence[_NamedPicture], why: str) -> None:
        """Tell of pictures that nothing is known of."""
        self._left_out += [{"file": str(picture.path), "why": why} for picture in pictures]
        named = ", ".join(str(picture.path) for picture in pictures[:NAMED])
        more = f" and {len(pictures) - NAMED} more" if len(pictures) > NAMED else ""
        print(f"vfrt recognise: {why} Not recognised: {named}{more}.", file=sys.stderr)

    def end(self) -> int:
        """Write the document, if one is wanted; the exit status."""
        from vfrt_ros.cli.answer import to_json

        worked = not self._left_out
        if self._json:
            print(to_json({"ok": worked, "pictures": self._found, "not_recognised": self._left_out}))
        return OK if worked else FAILED


class _NamedPicture:
    """A picture file ready to be sent.

    Raises:
        CommandError: It is not there.
        SourceError: The file is not a picture.
        RequestError: A box does not lie in it.
    """

    def __init__(self, path: Path, boxes: Sequence[Box]) -> None:
        from vfrt_msgs.msg import Region, Regions
        from vfrt_ros.cli.picture_message import load_picture, picture_message

        pixels = load_picture(path)
        height, width = pixels.shape[:2]
        self.path = path
        self._boxes = [check_box((box.x, box.y, box.width, box.height), width, height) for box in boxes]
        self._whole = Box(0, 0, width, height)
        self.image, scale = picture_message(pixels, LONG_SIDE)
        self.regions = Regions(regions=[Region(box=message_of_box(box, scale)) for box in self._boxes])

    def placed(self, result: Any) -> Any:
        """The objects of an answer, with boxes in pixels of the file."""
        for box, each in zip(self._boxes or [self._whole], result.objects, strict=True):
            each.box = message_of_box(box)
        return result.objects


def _read(names: Sequence[str], boxes: Sequence[Box]) -> list[_NamedPicture]:
    """The pictures; a bad one is named and left out.

    Raises:
        CommandError: None can be used.
    """
    from vfrt_ros.cli.register import picture_paths
    from vfrt_ros.core.types.errors import RequestError, SourceError

    pictures, faults = [], []
    for path in picture_paths(names):
        try:
            pictures.append(_NamedPicture(path, boxes))
        except (CommandError, SourceError) as error:
            faults.append(str(error))
        except RequestError as error:
            faults.append(f"{path}: {error}")
    if not pictures:
        raise CommandError(f"{faults[0]} Nothing was sent.")
    for fault in faults:
        print(f"vfrt recognise: {fault} It is left out.", file=sys.stderr)
    return pictures


def _lines(path: Path, result: Any, boxes: Sequence[Box]) -> list[str]:
    """A line for each object of a picture, with the box as it was typed."""
    places: list[Box | None] = list(boxes) or [None]
    return [
        f"{path}{f' {place}' if place else ''}: {each.label} {each.score:.2f}{_best(each)}"
        for place, each in zip(places, result.objects, strict=True)
    ]


def _best(each: Any) -> str:
    """The label that an unknown object is likest."""
    unknown = each.reason != 0 and each.candidates
    return f" (likest {each.candidates[0].label}, threshold {each.threshold:.2f})" if unknown else ""


COMMAND = Command(
    summary="say what picture files show, with what the node was taught; no camera is needed",
    examples=(
        "vfrt recognise photo.jpg",
        "vfrt recognise ~/photos/*.jpg --json",
        "vfrt recognise desk.jpg --box 100,80,60,90 --box 300,40,120,200",
    ),
    configure=configure,
    run=run,
)
