"""`vfrt snapshot`: keep what the camera sees and what was recognised in it."""

from __future__ import annotations

import argparse
from typing import Any

from vfrt_ros.cli.ask import ask
from vfrt_ros.cli.command import Command, add_json_option, add_node_options


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt snapshot`."""
    parser.add_argument(
        "name", nargs="?", default="", metavar="NAME", help="name of the folder (default: the time)"
    )
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Call the service and show where the folder is."""
    return ask(arguments, "Snapshot", path_of, name=arguments.name)


def path_of(response: Any) -> str:
    """The folder that was written."""
    return str(response.path)


COMMAND = Command(
    summary="write the last frame, its overlay and its recognition to a new folder",
    examples=("vfrt snapshot", "vfrt snapshot astronaut-on-screen --json"),
    configure=configure,
    run=run,
)
