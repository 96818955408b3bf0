"""`vfrt undo`: take back the last change of memory or prompts."""

from __future__ import annotations

import argparse

from vfrt_ros.cli.ask import ask
from vfrt_ros.cli.command import Command, add_json_option, add_node_options


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt undo`."""
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Call the service and show its answer."""
    return ask(arguments, "Undo")


COMMAND = Command(
    summary="take back the last change of memory or prompts",
    examples=("vfrt undo",),
    configure=configure,
    run=run,
)
