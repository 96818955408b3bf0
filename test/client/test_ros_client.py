# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Names that services have where the graph does not tell, and a client that is asked in vain."""

from __future__ import annotations

import threading

import pytest
from fixtures.waiting import wait_for
from lifecycle_msgs.srv import GetState
from rcl_interfaces.srv import SetParameters

from vfrt_msgs.srv import ListLabels
from vfrt_ros.client.errors import ClientError
from vfrt_ros.client.graph import usual_service_name
from vfrt_ros.client.ros_client import RosClient

NAMES = {
    "a parameter service": (SetParameters, "/robot1/recognition/set_parameters"),
    "a lifecycle service": (GetState, "/robot1/recognition/get_state"),
    "one of ours": (ListLabels, "/robot1/list_labels"),
}


@pytest.mark.parametrize(("service", "name"), NAMES.values(), ids=NAMES)
def test_usual_names(service: type, name: str) -> None:
    assert usual_service_name("/robot1/recognition", service) == name


def test_work_is_done_in_one_thread_and_its_errors_come_back(ros) -> None:
    with RosClient() as link:
        threads = {link.do(threading.current_thread) for _ in range(3)}
        assert len(threads) == 1
        assert threading.current_thread() not in threads
        with pytest.raises(ZeroDivisionError):
            link.do(lambda: 1 // 0)


def test_a_link_that_was_closed_says_so(ros) -> None:
    with RosClient() as link:
        pass
    with pytest.raises(ClientError, match="does not answer"):
        link.do(lambda: 1)


def test_a_node_that_is_not_there_is_named(ros) -> None:
    with RosClient() as link, pytest.raises(ClientError, match="There is no node /nobody in ROS_DOMAIN_ID"):
        link.call("/nobody", ListLabels, ListLabels.Request())


def test_a_callback_that_raises_ends_nothing(ros) -> None:
    calls: list[int] = []

    def broken() -> None:
        calls.append(1)
        raise ZeroDivisionError("a bug")

    with RosClient() as link:
        link.every(0.01, broken)
        wait_for(lambda: len(calls) >= 2, "another call")
        assert link.do(lambda: 42) == 42
