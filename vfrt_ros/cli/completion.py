# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Completion by Tab after `vfrt`: commands, options, their choices, parameters, encoders and files.

`source env.sh` makes an interactive shell ask for it. argcomplete then runs `vfrt` with a variable set; it
asks no node, since a discovery takes longer than a person waits after Tab.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from typing import Any

ASKED = "_ARGCOMPLETE"
"""The variable by which the shell asks. Source: argcomplete's shell_integration."""

PATHS = frozenset({"FILE", "FOLDER", "DATASET", "RECORDING"})
"""Names that stand for a path in the help."""

Completer = Callable[..., Any]


def complete_if_asked(parser: argparse.ArgumentParser) -> None:
    """Answer the shell and end the process, if the shell asks for completions."""
    if ASKED not in os.environ:
        return
    import argcomplete

    for owner, action in _actions(parser):
        if action.choices is None and (completer := completer_of(owner, action)):
            action.completer = completer  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser, default_completer=_nothing)  # type: ignore[arg-type]


def completer_of(owner: argparse.ArgumentParser, action: argparse.Action) -> Completer | None:
    """The function that offers the values of an argument; None = no function does.

    Args:
        owner: The parser of the sub-command that the argument belongs to.
    """
    from argcomplete.completers import FilesCompleter

    command = owner.prog.partition(" ")[2]
    if str(action.metavar) in PATHS:
        return FilesCompleter()
    if (command, action.dest) == ("set", "name"):
        return _live_parameters
    if action.dest == "backbone" or (command.startswith("models ") and action.dest == "name"):
        return _encoders
    return None


def _actions(
    parser: argparse.ArgumentParser,
) -> Iterator[tuple[argparse.ArgumentParser, argparse.Action]]:
    """Every argument with its parser, those of sub-commands too."""
    for action in parser._actions:
        yield parser, action
        if isinstance(action, argparse._SubParsersAction):
            for own in action.choices.values():
                yield from _actions(own)


def _live_parameters(**_: Any) -> list[str]:
    from vfrt_ros.core.config.settings import RecognitionSettings

    return [name for name, entry in RecognitionSettings.parameters().items() if entry.live]


def _encoders(**_: Any) -> list[str]:
    from vfrt_ros.core.encoders.catalog import CATALOG

    return list(CATALOG)


def _nothing(**_: Any) -> list[str]:
    return []
