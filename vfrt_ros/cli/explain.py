"""`vfrt explain`: which examples, which prompt, which weight and which threshold decided."""

from __future__ import annotations

import argparse
from typing import Any

from vfrt_ros.cli.ask import ask
from vfrt_ros.cli.command import Command, add_json_option, add_node_options


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt explain`."""
    parser.add_argument("label", nargs="?", default="", help="explain this label's score, not the best one's")
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Call the service and show its sentences."""
    return ask(arguments, "Explain", text, label=arguments.label)


def text(response: Any) -> str:
    """The sentences, one a line."""
    return "\n".join(response.lines)


COMMAND = Command(
    summary="say in words how the last frame was decided",
    examples=("vfrt explain", "vfrt explain cup"),
    configure=configure,
    run=run,
)
