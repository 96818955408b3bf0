# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A node of our own in the graph, for the commands and the panel."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import rclpy
from rclpy.context import Context
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from vfrt_ros.client.domain import domain_id
from vfrt_ros.client.errors import GraphError


def join_graph(name: str, kind: type[Node] = Node) -> tuple[Context, Node]:
    """A node with a context of its own; the process's number makes its name unique.

    Args:
        name: What it is, like `vfrt_panel`.
        kind: Class of the node.

    Raises:
        GraphError: ROS 2 does not start, or ROS_DOMAIN_ID is not a domain.
    """
    domain_id()
    context = Context()
    try:
        with _network_only():
            rclpy.init(args=[], context=context, signal_handler_options=SignalHandlerOptions.NO)
            node = kind(
                f"{name}_{os.getpid()}",
                context=context,
                use_global_arguments=False,
                enable_rosout=False,
                start_parameter_services=False,
            )
    except (RuntimeError, ValueError) as error:
        raise GraphError(f"ROS 2 does not start: {' '.join(str(error).split())}") from error
    return context, node


@contextmanager
def _network_only() -> Iterator[None]:
    """Keep Fast DDS from using shared memory in a participant that is created meanwhile.

    A port in shared memory that an earlier process has left is taken for alive for a while; the answer to a
    newcomer on the same port gets lost, and the next one comes seconds later.
    """
    variable = "FASTDDS_BUILTIN_TRANSPORTS"
    own = variable in os.environ
    os.environ.setdefault(variable, "UDPv4")
    try:
        yield
    finally:
        if not own:
            del os.environ[variable]
