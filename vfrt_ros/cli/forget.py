"""`vfrt forget`: remove a label, or single examples."""

from __future__ import annotations

import argparse

from vfrt_ros.cli.ask import ask
from vfrt_ros.cli.command import Command, UsageError, add_json_option, add_node_options
from vfrt_ros.core.types.operation import ExampleId


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt forget`."""
    parser.add_argument("label", metavar="LABEL", nargs="?", help="label to remove")
    parser.add_argument(
        "--example",
        dest="examples",
        metavar="ID",
        nargs="+",
        help="remove only these examples; `vfrt examples` lists them",
    )
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Call the service and show its answer."""
    label, examples = arguments.label, arguments.examples
    if (label is None) == (examples is None):
        raise UsageError("Name either a label or, with --example, examples.")
    if examples is None:
        return ask(arguments, "Forget", label=label)
    try:
        for example in examples:
            ExampleId.parse(example)
    except ValueError as error:
        raise UsageError(f"{error} `vfrt examples` lists them.") from error
    return ask(arguments, "ForgetExamples", examples=examples)


COMMAND = Command(
    summary="remove a label with its examples and prompts, or single examples; undo brings them back",
    examples=("vfrt forget cup", "vfrt forget --example 3f9a1c07be52:17:0 3f9a1c07be52:17:1"),
    configure=configure,
    run=run,
)
