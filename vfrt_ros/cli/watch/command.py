# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt watch`: see what a running node recognises, as a table on a terminal, lines in a pipe, or JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from vfrt_ros.cli.command import (
    OK,
    Command,
    CommandError,
    UsageError,
    add_camera_option,
    add_json_option,
    add_node_options,
    node_address,
)

SILENCE_SECONDS = 3.0


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt watch`."""
    parser.add_argument(
        "--count", type=int, default=0, metavar="N", help="end after N recognitions (default: never)"
    )
    parser.add_argument(
        "--objects", action="store_true", help="a row for each object in view, not the frame as a whole"
    )
    add_camera_option(parser, "show this one alone, with its candidates")
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show each recognition until there were enough, the node is gone, or Ctrl-C."""
    if arguments.count < 0:
        raise UsageError(f"--count must be 0 or more; got {arguments.count}.")
    address = node_address(arguments)
    from vfrt_msgs.msg import RecognisedObjects, Recognition
    from vfrt_ros.client.node_client import NodeClient

    kind = RecognisedObjects if arguments.objects else Recognition
    hint = "is the camera running, and connected to its image topic?"
    if arguments.objects:
        hint = "`vfrt set regions motion` or another value has it look for objects."
    with ExitStack() as stack:
        client = stack.enter_context(NodeClient(address))
        show = _show(stack, objects=arguments.objects, json=arguments.json, alone=bool(arguments.camera))
        seen = Counter(show, arguments.count)
        topic = client.subscribe(kind, seen, camera=arguments.camera)
        if not client.spin(lambda: seen.count > 0, SILENCE_SECONDS):
            print(f"vfrt watch: {address} is silent on {topic}: {hint}", file=sys.stderr)
        while not client.spin(lambda: seen.enough, SILENCE_SECONDS):
            if not client.is_there():
                raise CommandError(f"{address} has ended.")
    return OK


class Counter:
    """Hands recognitions on, up to a number of them; 0 = all."""

    def __init__(self, show: Callable[[Any], None], limit: int) -> None:
        self._show = show
        self._limit = limit
        self.count = 0

    @property
    def enough(self) -> bool:
        """Whether the limit is reached."""
        return 0 < self._limit <= self.count

    def __call__(self, recognition: Any) -> None:
        if not self.enough:
            self.count += 1
            self._show(recognition)


def _show(stack: ExitStack, *, objects: bool, json: bool, alone: bool) -> Callable[[Any], None]:
    """The function that shows a message."""
    if not objects:
        return print_json if json else stack.enter_context(_screen(alone=alone)).show
    from vfrt_ros.cli.answer import to_json
    from vfrt_ros.cli.watch.objects_table import ObjectsScreen, objects_as_plain

    if json:
        return lambda message: print(to_json(objects_as_plain(message)), flush=True)
    return stack.enter_context(ObjectsScreen()).show


def print_json(recognition: Any) -> None:
    """One recognition as a line of JSON, its reason by name."""
    from vfrt_ros.cli.answer import as_plain, constant_name, to_json

    reason = {"reason": "KNOWN"}
    if recognition.reason != recognition.KNOWN:
        reason = {"reason": constant_name(recognition, recognition.reason, "UNKNOWN_")}
    print(to_json({**as_plain(recognition), **reason}), flush=True)


def _screen(*, alone: bool) -> Any:
    from vfrt_ros.cli.watch.recognition_screen import RecognitionScreen
    from vfrt_ros.cli.watch.recognition_table import table

    return RecognitionScreen(draw=table, alone=alone)


COMMAND = Command(
    summary="show what the running node recognises",
    examples=(
        "vfrt watch",
        "vfrt watch --count 10 | cut -c1-14",
        "vfrt watch --json | jq -r .label",
        "vfrt watch --objects",
        "vfrt watch --namespace robot1",
        "vfrt watch --camera front",
    ),
    configure=configure,
    run=run,
)
