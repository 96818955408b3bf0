"""`vfrt redo`: do again what undo took back last."""

from __future__ import annotations

import argparse

from vfrt_ros.cli.ask import ask
from vfrt_ros.cli.command import Command, add_json_option, add_node_options


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt redo`."""
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Call the service and show its answer."""
    return ask(arguments, "Redo")


COMMAND = Command(
    summary="do again what undo took back last",
    examples=("vfrt redo",),
    configure=configure,
    run=run,
)
