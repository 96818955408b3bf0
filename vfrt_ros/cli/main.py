# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The `vfrt` command: finds the sub-command, runs it and turns its failures into one line and a status."""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import os
import re
import sys
from collections.abc import Sequence

from vfrt_ros import __version__
from vfrt_ros.cli.command import FAILED, INTERRUPTED, OK, WRONG_USAGE, Command, UsageError, add_command
from vfrt_ros.cli.completion import complete_if_asked
from vfrt_ros.cli.interrupt import raising
from vfrt_ros.cli.service_commands import SERVICE_COMMANDS
from vfrt_ros.core.types.errors import VfrtError
from vfrt_ros.core.types.utf_8 import is_utf_8

# The order of `vfrt --help`. A new command is a row of `service_commands`, or a `COMMAND` in a module or package here.
COMMANDS = (
    "live",
    "panel",
    "register",
    "forget",
    "relabel",
    "undo",
    "redo",
    "labels",
    "examples",
    "prompts",
    "recognise",
    "snapshot",
    "memory",
    "fleet",
    "set",
    "watch",
    "view",
    "explain",
    "audit",
    "eval",
    "bench",
    "models",
    "doctor",
)
NEGATIVE = re.compile(r"-(\d+\.?\d*|\.\d+)(e[+-]?\d+)?(,.*)?$|-\.?(inf|nan)$", re.IGNORECASE)
ROS_PACKAGES = (
    "rclpy",
    "rcl_interfaces",
    "lifecycle_msgs",
    "sensor_msgs",
    "std_msgs",
    "builtin_interfaces",
    "vfrt_msgs",
)


def load_command(name: str) -> Command:
    """The command that stands in the table of services, or in the module of its name."""
    if name in SERVICE_COMMANDS:
        return SERVICE_COMMANDS[name].command()
    module = importlib.import_module(f"vfrt_ros.cli.{name}")
    if hasattr(module, "__path__"):
        module = importlib.import_module(f"vfrt_ros.cli.{name}.command")
    command = module.COMMAND
    if not isinstance(command, Command):
        raise TypeError(f"vfrt_ros.cli.{name}.COMMAND must be a Command; it is {command!r}.")
    return command


def build_parser(names: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser of `vfrt` with these sub-commands."""
    parser = argparse.ArgumentParser(
        prog="vfrt",
        description="Open-world recognition, taught by showing.",
        epilog="Start with `vfrt live`; `vfrt COMMAND --help` shows an example of each command.",
    )
    parser.add_argument("--version", action="version", version=f"vfrt {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in names:
        command = load_command(name)
        own = add_command(commands, name, command.summary, command.examples)
        # Python 3.11's own pattern has no exponent and no comma: `vfrt set alpha_fusion -1e-3` and `--box -5,0,9,9`
        # would be options.
        own._negative_number_matcher = NEGATIVE
        command.configure(own)
        own.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run `vfrt` with these arguments.

    Args:
        argv: The arguments after `vfrt`; None = those of the process.

    Returns:
        0 = it worked, 1 = it failed and one line on stderr says why, 2 = wrong usage, 130 = Ctrl-C, 143 = SIGTERM.
    """
    with raising() as told:
        try:
            return _run(argv)
        except BaseException:
            if told.status is None:
                raise
            return told.status


def _run(argv: Sequence[str] | None) -> int:
    try:
        parser = build_parser()
        complete_if_asked(parser)
        arguments = parser.parse_args(argv)
    except SystemExit as stop:  # argparse has said what was wrong, or has shown the help
        return stop.code if isinstance(stop.code, int) else WRONG_USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    _never_fail_to_print()
    try:
        _check_texts(arguments)
        return int(arguments.run(arguments))
    except UsageError as error:
        return _say(arguments.command, str(error), WRONG_USAGE)
    except VfrtError as error:
        return _say(arguments.command, str(error), FAILED)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ROS_PACKAGES:
            raise
        hint = "`source env.sh` (or your ROS 2 workspace's setup.bash) in this shell first"
        return _say(arguments.command, f"The Python package {error.name} is missing: {hint}.", FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `vfrt watch | head`: the reader has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return _say(
            arguments.command, f"No file has the name {str(error.filename)[:60]!r}…: too long.", FAILED
        )


def _check_texts(arguments: argparse.Namespace) -> None:
    """Refuse what ROS, which speaks UTF-8, could not send; a path may be of any bytes.

    Raises:
        UsageError: An argument has bytes of another encoding, which Python holds as lone surrogates (PEP 383).
    """
    for name, value in vars(arguments).items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and not is_utf_8(text):
                raise UsageError(f"'{name}' must be a text in UTF-8; got {text!a}.")


def _never_fail_to_print() -> None:
    """Show characters that the terminal's encoding does not have by their numbers."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _say(command: str, text: str, status: int) -> int:
    print(f"vfrt {command}: {text}", file=sys.stderr)
    return status
