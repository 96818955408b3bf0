# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Errors of a client of a node. Each text is the one line that the person sees."""

from __future__ import annotations

from vfrt_ros.core.types.errors import VfrtError


class ClientError(VfrtError):
    """A node cannot be spoken to."""


class GraphError(ClientError):
    """This process cannot join the graph: ROS 2 does not start, or ROS_DOMAIN_ID is not a domain."""


class AbsentError(ClientError):
    """The node, or the service or topic of the type that is asked for, is not in the graph."""


class SharedNameError(ClientError):
    """Another node offers the same service or topic, so a request would reach both."""


class NoAnswerError(ClientError):
    """A request was not answered in time, or its node ended before it answered."""
