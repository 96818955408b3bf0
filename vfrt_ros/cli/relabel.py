"""`vfrt relabel`: give a label another name."""

from __future__ import annotations

import argparse

from vfrt_ros.cli.ask import ask
from vfrt_ros.cli.command import Command, add_json_option, add_node_options


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt relabel`."""
    parser.add_argument("label", metavar="LABEL", help="label to rename")
    parser.add_argument(
        "new_label", metavar="NEW", help="its new name; where that exists, the two become one"
    )
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Call the service and show its answer."""
    return ask(arguments, "Relabel", label=arguments.label, new_label=arguments.new_label)


COMMAND = Command(
    summary="give a label another name, or merge it into another",
    examples=("vfrt relabel cup mug",),
    configure=configure,
    run=run,
)
