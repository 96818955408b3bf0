# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The whole of a command that calls one service of the recognition node and shows the answer."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from vfrt_ros.cli.command import node_address
from vfrt_ros.client.patience import CALL_SECONDS


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
    from vfrt_ros.cli.answer import show_answer
    from vfrt_ros.client.node_client import NodeClient

    kind = getattr(srv, service)
    with NodeClient(address) as client:
        response = client.call(kind, kind.Request(**fields), seconds=seconds)
    return show_answer(arguments, response, text(response))
