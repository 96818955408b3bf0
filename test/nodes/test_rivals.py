# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Two recognition nodes in one namespace, of two names or one: nobody changes both by asking one."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy")

from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.node_process import NodeProcess
from nodes.recognition_bench import RecognitionBench

from vfrt_msgs.msg import Recognition
from vfrt_msgs.srv import ListLabels, SetPrompts
from vfrt_ros.cli.doctor.check_result import Level
from vfrt_ros.cli.doctor.graph import check_shared_services
from vfrt_ros.client.errors import ClientError
from vfrt_ros.client.node_client import NodeClient
from vfrt_ros.client.ros_client import RosClient

pytestmark = pytest.mark.ros


@pytest.fixture
def domain(lonely_domain: int) -> int:
    """One of its own: what other tests left in the graph is no rival."""
    return lonely_domain


@pytest.fixture
def name() -> str:
    """Of the other one."""
    return "rec_b"


@pytest.fixture
def other(ros: Ros, monkeypatch, tmp_path: Path, domain: int, name: str) -> Iterator[NodeProcess]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("VFRT_BACKBONE", "fake")
    process = NodeProcess(
        tmp_path / "other", "recognition_node", "-r", f"__node:={name}", ROS_DOMAIN_ID=str(domain)
    )
    try:
        process.wait_for_output("Ready")
        yield process
    finally:
        process.kill()


def test_a_request_is_refused_until_one_of_them_has_left(ros: Ros, other: NodeProcess, capfd) -> None:
    bench = RecognitionBench(ros)
    bench.hear_diagnostics()
    wait_for(lambda: bench.node._rivals.look() == ["/rec_b"], "the other one")
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
        with RosClient() as link:
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
    wait_for(lambda: bench.node._rivals.look() == [], "the end of the other one")
    assert bench.call("set_prompts", labels=["cup"]).code == 0
    assert capfd.readouterr().err.count("/rec_b has /register too") == 1


@pytest.mark.parametrize("name", ["recognition"])
def test_two_of_the_same_name_refuse_both(ros: Ros, other: NodeProcess) -> None:
    bench = RecognitionBench(ros)
    wait_for(lambda: bench.node._rivals.look() == ["/recognition"], "the other one")
    wait_for(lambda: "another /recognition has /register too" in other.output, "the other one's word")
    refused = bench.call("set_prompts", labels=["cup"])
    assert refused.code == refused.INVALID_REQUEST
    assert len(bench.node._recogniser.memory.labels) == 0
    (of_a_parameter,) = bench.set(alpha_fusion=0.25)
    assert not of_a_parameter.successful
    assert "another /recognition has /recognition/set_parameters too" in of_a_parameter.reason
    assert bench.node.settings.alpha_fusion != 0.25
    ros.remove(bench.node)
    listing = bench.tester.create_client(ListLabels, "list_labels")
    wait_for(listing.service_is_ready, "the other one's services")
    wait_for(lambda: "/register is ours alone again" in other.output, "the end of the first one")
    answer = listing.call_async(ListLabels.Request())
    wait_for(answer.done, "an answer of the other one")
    assert (answer.result().code, list(answer.result().labels)) == (0, [])


def test_one_that_was_killed_holds_up_nothing_for_as_long_as_it_stays_in_the_graph(
    ros: Ros, other: NodeProcess
) -> None:
    bench = RecognitionBench(ros)
    wait_for(lambda: bench.node._rivals.look() == ["/rec_b"], "the other one")
    other.send(signal.SIGKILL)
    wait_for(lambda: bench.node._rivals.look() == [], "the end of the other one", 30.0)
    assert "rec_b" in bench.node.get_node_names()
    assert bench.call("set_prompts", labels=["cup"]).code == 0


def test_two_in_one_process_refuse_both(ros: Ros, monkeypatch, tmp_path: Path, domain: int) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("VFRT_BACKBONE", "fake")
    monkeypatch.setattr("vfrt_ros.nodes.liveliness.GRACE_S", 0.0)
    monkeypatch.setenv("VFRT_MEMORY_PATH", str(tmp_path / "first.db"))
    first = RecognitionBench(ros)
    monkeypatch.setenv("VFRT_MEMORY_PATH", str(tmp_path / "second.db"))
    second = RecognitionBench(ros)
    for bench in (first, second):
        wait_for(lambda bench=bench: bench.node._rivals.look() == ["/recognition"], "the other one")
    assert first.call("set_prompts", labels=["cup"]).code == SetPrompts.Response.INVALID_REQUEST
    ros.remove(second.node)
    wait_for(lambda: first.node._rivals.look() == [], "the end of the second one")
    assert first.call("set_prompts", labels=["cup"]).code == 0
