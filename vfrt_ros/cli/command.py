"""What a command of `vfrt` is, and the options that several of them share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from vfrt_ros.core.errors import VfrtError

OK = 0
FAILED = 1
WRONG_USAGE = 2
INTERRUPTED = 130


class CommandError(VfrtError):
    """A command cannot do what it was asked for; its text is the one line that the person sees."""


class UsageError(CommandError):
    """A command was called in a way that makes no sense."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command: each module `vfrt_ros.cli.<name>` has one as `COMMAND`.

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


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """`--json`, for commands whose answer a script may read."""
    parser.add_argument("--json", action="store_true", help="answer in JSON, for scripts")


def add_node_options(parser: argparse.ArgumentParser) -> None:
    """`--node` and `--namespace`, for commands that speak to a running node."""
    group = parser.add_argument_group("which node")
    group.add_argument(
        "--node", metavar="NAME", default="", help="the node to speak to (default: /recognition)"
    )
    group.add_argument("--namespace", metavar="NAME", default="", help="its namespace, as given to vfrt live")


def node_address(arguments: argparse.Namespace) -> str:
    """The full name of the node that `--node` and `--namespace` mean.

    Raises:
        UsageError: They contradict each other.
    """
    from vfrt_ros.bringup import RECOGNITION, full_name

    name = arguments.node or RECOGNITION.name
    if name.startswith("/") and arguments.namespace:
        raise UsageError(f"--node {name} is a full name already: leave --namespace out.")
    return name if name.startswith("/") else full_name(arguments.namespace, name)
