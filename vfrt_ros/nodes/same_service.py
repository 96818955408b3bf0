# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Other nodes that offer a service under the same name: a request reaches all of them.

Two recognition nodes in one namespace, of other names or of the same one, offer the same `/register`. ROS 2 hands a
request to both, and gives the caller whichever answer comes first.
"""

from __future__ import annotations

from typing import Any

from rclpy.node import NodeNameNonExistentError


def others_offering(node: Any, service: str, address: str) -> list[str]:
    """The full names, sorted, of the nodes that offer a service besides the one that is meant.

    A node of the same full name does not count: it may be what a killed one left in the graph for a while.

    Args:
        node: Any node; its view of the graph counts.
        service: Resolved name of the service.
        address: Full name of the node that is meant.
    """
    return _others(node, node.get_service_names_and_types_by_node, service, address)


def others_publishing(node: Any, topic: str, address: str) -> list[str]:
    """The same for the publishers of a topic."""
    return _others(node, node.get_publisher_names_and_types_by_node, topic, address)


def _others(node: Any, listing: Any, wanted: str, address: str) -> list[str]:
    found = set()
    for name, namespace in node.get_node_names_and_namespaces():
        full = f"{namespace.rstrip('/')}/{name}"
        try:
            if full != address and any(wanted == offered for offered, _ in listing(name, namespace)):
                found.add(full)
        except NodeNameNonExistentError:  # it has just left
            continue
    return sorted(found)


def named(address: str, others: list[str]) -> str:
    """The others in words.

    >>> named("/recognition", ["/rec_b", "/recognition"])
    '/rec_b, another /recognition'
    """
    return ", ".join(f"another {other}" if other == address else other for other in others)


def refuse_shared(what: str, address: str, others: list[str]) -> str:
    """One line that says why a request is not sent, and what to do.

    Args:
        what: The service or topic.
        address: Full name of the node that is meant.
        others: Full names of the others; the same one where a second node has it.
    """
    return (
        f"{named(address, others)} has {what} too, so it would not be {address} alone that is meant: start one of them "
        "in a namespace of its own (-r __ns:=/NAME), or end it."
    )
