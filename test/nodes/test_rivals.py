# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Two recognition nodes of other names in one namespace: nobody changes both by asking one."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy")

from nodes.conftest import Ros, wait_for
from nodes.node_process import NodeProcess
from nodes.recognition_bench import RecognitionBench

from tools.private_domain import take_domain
from vfrt_msgs.msg import Recognition
from vfrt_msgs.srv import ListLabels, SetPrompts
from vfrt_ros.cli.doctor.finding import Level
from vfrt_ros.cli.doctor.graph import check_shared_services
from vfrt_ros.client.errors import ClientError
from vfrt_ros.client.node_client import NodeClient
from vfrt_ros.client.ros_link import RosLink

pytestmark = pytest.mark.ros


@pytest.fixture
def domain() -> int:
    """One of its own: what other tests left in the graph is no rival."""
    return take_domain()


@pytest.fixture
def other(ros: Ros, monkeypatch, tmp_path: Path, domain: int) -> Iterator[NodeProcess]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("VFRT_BACKBONE", "fake")
    process = NodeProcess(
        tmp_path / "other", "recognition_node", "-r", "__node:=rec_b", ROS_DOMAIN_ID=str(domain)
    )
    try:
        process.wait_for_output("Ready")
        yield process
    finally:
        process.kill()


def test_a_request_is_refused_until_one_of_them_has_left(ros: Ros, other: NodeProcess, capfd) -> None:
    bench = RecognitionBench(ros)
    bench.hear_diagnostics()
    wait_for(lambda: bench.node._rivals.others == ["/rec_b"], "the other one")
    before = bench.node._recogniser.memory.version
    for address in ("/recognition", "/rec_b"):
        with NodeClient(address) as client:
            wait_for(lambda client=client: {"/recognition", "/rec_b"} <= set(client.node_names()), "both")
            for service in (SetPrompts, ListLabels):
                with pytest.raises(ClientError, match="alone that is meant"):
                    client.call(service, service.Request())
            with pytest.raises(ClientError, match="has /recognition too"):
                client.subscribe(Recognition, lambda message: None)
            (finding,) = check_shared_services(client)
            assert finding.level is Level.BROKEN
        with RosLink() as link:
            wait_for(lambda link=link: link.is_there("/recognition") and link.is_there("/rec_b"), "both")
            with pytest.raises(ClientError, match="alone that is meant"):
                link.call(address, SetPrompts, SetPrompts.Request(labels=["cup"]))
    wait_for(lambda: "Until then requests are refused" in other.output, "the other one's word")
    tester = bench.tester.create_client(SetPrompts, "set_prompts")
    wait_for(tester.service_is_ready, "the services")
    answer = tester.call_async(SetPrompts.Request(labels=["cup"]))
    wait_for(answer.done, "an answer of either")
    assert answer.result().code == SetPrompts.Response.INVALID_REQUEST
    listing = bench.call("list_labels")
    assert listing.code == listing.INVALID_REQUEST
    assert "alone that is meant" in listing.message
    assert bench.node._recogniser.memory.version == before
    wait_for(
        lambda: any("offers the same services" in found.message for found in bench.diagnostics), "a word"
    )
    other.send(signal.SIGINT)
    assert other.status() == 0
    wait_for(lambda: bench.node._rivals.others == [], "the end of the other one")
    assert bench.call("set_prompts", labels=["cup"]).code == 0
    assert capfd.readouterr().err.count("/rec_b has /register too") == 1
