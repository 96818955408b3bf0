"""`vfrt forget`: remove a label, or single examples."""

from __future__ import annotations

import argparse

from vfrt_ros.cli.ask import ask
from vfrt_ros.cli.command import Command, UsageError, add_json_option, add_node_options

LARGEST_ID = 2**64 - 1


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt forget`."""
    parser.add_argument("label", metavar="LABEL", nargs="?", help="label to remove")
    parser.add_argument(
        "--example",
        dest="examples",
        metavar="ID",
        nargs="+",
        type=int,
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
    wrong = [example for example in examples if not 0 < example <= LARGEST_ID]
    if wrong:
        raise UsageError(f"The id of an example is a whole number above 0; got {wrong[0]}.")
    return ask(arguments, "ForgetExamples", examples=examples)


COMMAND = Command(
    summary="remove a label with its examples and prompts, or single examples; undo brings them back",
    examples=("vfrt forget cup", "vfrt forget --example 17 18"),
    configure=configure,
    run=run,
)
