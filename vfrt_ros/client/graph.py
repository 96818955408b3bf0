# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A view of the graph from one node of ours: the names of the others, and what they offer, by type.

A name may be remapped, so services and topics are found by their type among those that a node itself offers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from rclpy.node import NodeNameNonExistentError

Listing = Callable[[str, str], list[tuple[str, list[str]]]]


class GraphView:
    """The graph as a node of ours sees it now; used in the thread that spins it."""

    def __init__(self, node: Any) -> None:
        self._node = node

    def nodes(self) -> set[str]:
        """The full names of all nodes."""
        found = self._node.get_node_names_and_namespaces()
        return {f"{namespace.rstrip('/')}/{name}" for name, namespace in found}

    def count(self, address: str) -> int:
        """How many nodes have this full name; more than one get in each other's way."""
        namespace, _, name = address.rpartition("/")
        return int(self._node.get_node_names_and_namespaces().count((name, namespace or "/")))

    def service(self, address: str, kind: str) -> str | None:
        """The name of the first service of this type that a node offers; None = it has none, or is not there."""
        return _first(self._node.get_service_names_and_types_by_node, address, kind)

    def published(self, address: str, kind: str) -> str | None:
        """The name of the first topic of this type that a node publishes."""
        return next(iter(self.all_published(address, kind)), None)

    def all_published(self, address: str, kind: str) -> list[str]:
        """The names of all topics of this type that a node publishes."""
        return _all(self._node.get_publisher_names_and_types_by_node, address, kind)

    def heard(self, address: str, kind: str) -> str | None:
        """The name of the first topic of this type that a node subscribes to."""
        return _first(self._node.get_subscriber_names_and_types_by_node, address, kind)

    def has_service(self, name: str) -> bool:
        """Whether anybody offers a service of this name."""
        return any(name == offered for offered, _ in self._node.get_service_names_and_types())


def is_told_by_server() -> bool:
    """Whether a discovery server tells of the others, and of no more of them than what our own endpoints match.

    It answers a newcomer within 0.8 s. Source: Fast DDS 2.14, environment variables.
    """
    return bool(os.environ.get("ROS_DISCOVERY_SERVER"))


def _first(listing: Listing, address: str, kind: str) -> str | None:
    return next(iter(_all(listing, address, kind)), None)


def _all(listing: Listing, address: str, kind: str) -> list[str]:
    namespace, _, name = address.rpartition("/")
    try:
        offered = listing(name, namespace or "/")
    except NodeNameNonExistentError:
        return []
    return [found for found, kinds in offered if kind in kinds]


def type_name(interface: Any) -> str:
    """The name by which the graph knows a message or service type, like `vfrt_msgs/srv/Register`."""
    package, kind = interface.__module__.split(".")[:2]
    return f"{package}/{kind}/{interface.__name__}"


def usual_service_name(address: str, service: Any) -> str:
    """The name of a service of this type where nothing was remapped.

    Args:
        address: Full name of the node. Its parameters and its lifecycle are below this, our services beside it.
    """
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", service.__name__).lower()
    ours = type_name(service).startswith("vfrt_msgs/")
    return f"{address.rpartition('/')[0] if ours else address}/{name}"
