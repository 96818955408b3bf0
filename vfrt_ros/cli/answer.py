# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How the answer of a service is shown: a sentence for people, JSON for scripts, and an exit status."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Collection, Sequence
from typing import Any

from vfrt_ros.cli.command import FAILED, OK, node_address
from vfrt_ros.client.patience import CALL_SECONDS


def aligned(rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> list[str]:
    """A line for each row, as wide as a terminal shows it, and never wrapped: a script may read it.

    Args:
        rows: The heading first; as many cells each.
        right: Columns that end together, as numbers do; the others begin together.

    >>> aligned([("label", "examples"), ("cup", "3"), ("茶碗", "12")], right={1})
    ['label  examples', 'cup           3', '茶碗         12']
    """
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
            blanks = " " * (width - cell_len(cell))
            cells.append(blanks + cell if number in right else cell + blanks)
        lines.append("  ".join(cells).rstrip())
    return lines


def code_name(response: Any) -> str:
    """The name of the response's `code`, like `UNKNOWN_LABEL`."""
    return constant_name(response, response.code)


def constant_name(message: Any, value: int, prefix: str = "") -> str:
    """The name of the constant of a message's type that has this value, the number where there is none."""
    kind = type(type(message))
    names = [name for name in dir(kind) if name.isupper() and not name.startswith("_")]
    matching = [n for n in names if n.startswith(prefix) and isinstance(getattr(message, n), int)]
    return next((name for name in matching if getattr(message, name) == value), str(value))


def as_plain(value: Any) -> Any:
    """A message as dicts, lists, texts and numbers that JSON knows; NaN and infinity become null."""
    if hasattr(value, "get_fields_and_field_types"):
        return {name: as_plain(getattr(value, name)) for name in value.get_fields_and_field_types()}
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    if isinstance(value, (str, bool, int)):
        return value
    return [as_plain(entry) for entry in value]


def to_json(value: Any) -> str:
    """One line of JSON."""
    return json.dumps(value, ensure_ascii=False)


def show_answer(arguments: argparse.Namespace, response: Any, text: str) -> int:
    """Print what a service answered.

    Args:
        text: What people see on success.

    Returns:
        The exit status: 0, or 1 where the code is not OK.
    """
    worked = response.code == response.OK
    if arguments.json:
        print(to_json({"ok": worked, **as_plain(response), "code": code_name(response)}))
    elif worked:
        print(text)
    if not worked:
        print(f"vfrt {arguments.command}: {response.message} [{code_name(response)}]", file=sys.stderr)
    return OK if worked else FAILED


def message_of(response: Any) -> str:
    """The sentence that the node answered with."""
    return str(response.message)


def ask(
    arguments: argparse.Namespace,
    service: str,
    text: Callable[[Any], str] = message_of,
    *,
    seconds: float = CALL_SECONDS,
    **fields: Any,
) -> int:
    """Call a service and show its answer.

    Args:
        arguments: The command's, with `--json`, `--node` and `--namespace`.
        service: Name of the service type in `vfrt_msgs.srv`.
        text: What people see of an answer that is OK.
        seconds: How long to wait for the answer.
        fields: Of the request.

    Returns:
        The exit status: 0, or 1 where the node refused.
    """
    address = node_address(arguments)
    from vfrt_msgs import srv
    from vfrt_ros.client.node_client import NodeClient

    kind = getattr(srv, service)
    with NodeClient(address) as client:
        response = client.call(kind, kind.Request(**fields), seconds=seconds)
    return show_answer(arguments, response, text(response))
