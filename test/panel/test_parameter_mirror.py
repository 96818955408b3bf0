# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The panel's copy of a node's parameters where the node changes while it is read."""

from __future__ import annotations

from typing import Any

from fixtures.waiting import wait_for
from rcl_interfaces.msg import ListParametersResult, ParameterDescriptor, ParameterType, ParameterValue
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters

from vfrt_ros.panel.parameter_mirror import ParameterMirror

NAMES = ["regions", "fuse"]


class Link:
    """A node that is another one between two questions: it no longer has what it listed, and gives no values."""

    def __init__(self) -> None:
        self.is_another = True
        self.reads = 0

    def subscribe(self, *_: Any) -> None:
        pass

    def call(self, address: str, service: Any, request: Any, seconds: float) -> Any:
        if service is ListParameters:
            return ListParameters.Response(result=ListParametersResult(names=NAMES))
        if service is DescribeParameters:
            descriptors = [ParameterDescriptor(name=name) for name in request.names]
            return DescribeParameters.Response(descriptors=descriptors)
        self.reads += 1
        if self.is_another:
            return GetParameters.Response()
        text = ParameterValue(type=ParameterType.PARAMETER_STRING, string_value="text")
        return GetParameters.Response(values=[text] * len(request.names))


def test_a_node_that_is_replaced_while_it_is_read_is_read_again() -> None:
    link = Link()
    mirror = ParameterMirror(link, "/recognition")
    mirror.start()
    try:
        mirror.refresh()
        wait_for(lambda: link.reads, "the first read")
        assert mirror.entries() == []
        link.is_another = False
        mirror.refresh()
        wait_for(mirror.entries, "the parameters")
        assert [entry.name for entry in mirror.entries()] == NAMES
    finally:
        mirror.close()
