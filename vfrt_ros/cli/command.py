# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A command of `vfrt`, and the options that several of them share."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from vfrt_ros.cli.interrupt import INTERRUPTED as INTERRUPTED
from vfrt_ros.core.types.errors import EncoderError, SettingError, VfrtError

OK = 0
FAILED = 1
WRONG_USAGE = 2


class CommandError(VfrtError):
    """A command cannot do what it was asked for; its text is the one line that the person sees."""


class UsageError(CommandError):
    """A command was called in a way that makes no sense."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command: a module `vfrt_ros.cli.<name>` has one as `COMMAND`, or a row of `service_commands` makes one.

    Attributes:
        summary: One line for `vfrt --help`.
        examples: Lines to type, shown at the end of `vfrt <name> --help`.
        configure: Adds the command's options to its parser.
        run: Does the work and returns the exit status; raises `VfrtError` for a failure in one line.
    """

    summary: str
    examples: tuple[str, ...]
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def add_command(commands: Any, name: str, summary: str, examples: Iterable[str]) -> argparse.ArgumentParser:
    """The parser of one more command, whose help has its summary and its examples.

    Args:
        commands: From `add_subparsers`.
        name: Of the command.
        summary: What it does, in the imperative, without a full stop.
        examples: Command lines.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=summary[:1].upper() + summary[1:] + ".",
        epilog="\n".join(["examples:", *(f"  {line}" for line in examples)]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """`--json`, for commands whose answer a script may read."""
    parser.add_argument("--json", action="store_true", help="answer in JSON, for scripts")


def add_camera_option(parser: argparse.ArgumentParser, what: str) -> None:
    """`--camera`, for commands that mean one of several cameras.

    Args:
        what: They do with it, in words.
    """
    parser.add_argument("--camera", metavar="NAME", default="", help=f"of several cameras: {what}")


def check_backbone_option(name: str) -> None:
    """Refuse a `--backbone` that there is not, before anything is read or loaded.

    Args:
        name: As it was typed.

    Raises:
        UsageError: No backbone has this name; says which there are.
    """
    from vfrt_ros.core.encoders.registry import check_backbone_name

    try:
        check_backbone_name(name, "--backbone")
    except EncoderError as error:
        raise UsageError(str(error)) from error


def add_node_options(parser: argparse.ArgumentParser) -> None:
    """`--node` and `--namespace`, for commands that speak to a running node."""
    group = parser.add_argument_group("which node")
    group.add_argument(
        "--node", metavar="NAME", default="", help="the node to speak to (default: /recognition)"
    )
    group.add_argument("--namespace", metavar="NAME", default="", help="its namespace, as given to vfrt live")


def namespace_of(arguments: argparse.Namespace) -> str:
    """The value of `--namespace`, without slashes around it.

    Raises:
        UsageError: ROS takes no such namespace.
    """
    from vfrt_ros.ros_name import check_namespace

    try:
        return check_namespace(arguments.namespace, "--namespace")
    except SettingError as error:
        raise UsageError(str(error)) from error


def node_address(arguments: argparse.Namespace) -> str:
    """The full name of the node that `--node` and `--namespace` mean.

    Raises:
        UsageError: They contradict each other, or ROS takes no such name.
    """
    from vfrt_ros.bringup import full_name
    from vfrt_ros.launch_arguments import RECOGNITION
    from vfrt_ros.ros_name import check_full_name

    name = arguments.node or RECOGNITION.name
    if name.startswith("/") and arguments.namespace:
        raise UsageError(f"--node {name} is a full name already: leave --namespace out.")
    address = name if name.startswith("/") else full_name(namespace_of(arguments), name)
    try:
        return check_full_name(address, "--node")
    except SettingError as error:
        raise UsageError(str(error)) from error


def node_flags(arguments: argparse.Namespace) -> str:
    """`--node` and `--namespace` as they were given, to follow a command that is advised; empty, or after a blank."""
    given = [("--namespace", arguments.namespace), ("--node", arguments.node)]
    return "".join(f" {flag} {text}" for flag, text in given if text)
