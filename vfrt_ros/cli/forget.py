"""`vfrt forget`: remove a label."""

from __future__ import annotations

import argparse

from vfrt_ros.cli.ask import ask
from vfrt_ros.cli.command import Command, add_json_option, add_node_options


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt forget`."""
    parser.add_argument("label", metavar="LABEL", help="label to remove")
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Call the service and show its answer."""
    return ask(arguments, "Forget", label=arguments.label)


COMMAND = Command(
    summary="remove a label with its examples and prompts; undo brings them back",
    examples=("vfrt forget cup",),
    configure=configure,
    run=run,
)
