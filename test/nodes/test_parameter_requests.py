# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The answer to a change of parameters is the truth: what is accepted is in force, what is refused is not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy")

from fixtures.pictures import picture
from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.recognition_bench import RecognitionBench
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import (
    DescribeParameters,
    GetParameters,
    GetParameterTypes,
    ListParameters,
    SetParameters,
    SetParametersAtomically,
)
from std_msgs.msg import Header

from vfrt_ros.core.types.errors import EncoderError
from vfrt_ros.nodes.camera_node import CameraNode
from vfrt_ros.nodes.conversions import image_from_frame

pytestmark = pytest.mark.ros


@pytest.fixture(autouse=True)
def _settings(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("VFRT_BACKBONE", "fake")
    monkeypatch.setenv("VFRT_SOURCE", "demo")
    monkeypatch.setenv("VFRT_SIZE", "[64, 48]")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture
def bench(ros: Ros) -> RecognitionBench:
    return RecognitionBench(ros)


@pytest.fixture
def tester(ros: Ros) -> Any:
    return ros.node("asking")


def ask(tester: Any, service: Any, path: str, **fields: Any) -> Any:
    client = tester.create_client(service, path)
    wait_for(client.service_is_ready, path)
    future = client.call_async(service.Request(**fields))
    wait_for(future.done, f"an answer of {path}")
    return future.result()


def odd(kind: int, name: str = "k") -> Parameter:
    return Parameter(name=name, value=ParameterValue(type=kind, integer_value=3))


GOOD = odd(ParameterType.PARAMETER_INTEGER)
ODD_KINDS = [0, 10, 77, 255]


@pytest.fixture(params=["camera", "recognition"])
def node(request, ros: Ros) -> Iterator[Any]:
    if request.param == "camera":
        camera = ros.add(CameraNode([]))
        camera.start()
        return camera
    return RecognitionBench(ros).node


def test_a_type_that_there_is_not_is_refused_and_the_node_goes_on(tester: Any, node: Any) -> None:
    address, known = node.get_name(), "size" if node.get_name() == "camera" else "k"
    for kind in ODD_KINDS:
        for name in (known, "no_such", "use_sim_time", "", "qos_overrides./x.y"):
            results = ask(
                tester, SetParameters, f"{address}/set_parameters", parameters=[odd(kind, name)] * 2
            ).results
            assert [(result.successful, bool(result.reason)) for result in results] == [(False, True)] * 2
            atomic = f"{address}/set_parameters_atomically"
            result = ask(tester, SetParametersAtomically, atomic, parameters=[odd(kind, name)]).result
            assert (result.successful, bool(result.reason)) == (False, True), (kind, name)
    assert node.faults.bugs() == {}
    values = ask(tester, GetParameters, f"{address}/get_parameters", names=["autostart"]).values
    assert values[0].bool_value


def test_what_stands_beside_an_odd_one_is_taken_alone_and_not_together(bench, tester) -> None:
    path = "recognition/set_parameters"
    results = ask(tester, SetParameters, path, parameters=[odd(77), GOOD, odd(0)]).results
    assert [result.successful for result in results] == [False, True, False]
    assert bench.node.settings.k == 3
    bench.set(k=8)
    together = ask(tester, SetParametersAtomically, f"{path}_atomically", parameters=[GOOD, odd(77)]).result
    assert not together.successful
    assert "has the type 77" in together.reason
    assert bench.node.settings.k == bench.node.get_parameter("k").value == 8


def test_nothing_to_set_and_odd_names_to_ask_for_are_answered(node: Any, tester: Any) -> None:
    address = node.get_name()
    assert ask(tester, SetParameters, f"{address}/set_parameters").results == []
    ask(tester, SetParametersAtomically, f"{address}/set_parameters_atomically")
    names = ["", "a" * 10_000, "no_such", "\0", "..", "qos_overrides", "\ufffd"]
    for service, path in (
        (GetParameters, "get_parameters"),
        (GetParameterTypes, "get_parameter_types"),
        (DescribeParameters, "describe_parameters"),
    ):
        ask(tester, service, f"{address}/{path}", names=names)
    for depth in (0, 1, 2**64 - 1):
        ask(tester, ListParameters, f"{address}/list_parameters", prefixes=names, depth=depth)
    assert node.faults.bugs() == {}


class Failing:
    """Stands for `configure` of a recogniser: raises, or waits for the test first."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.entered, self.go = threading.Event(), threading.Event()

    def __call__(self, **changes: Any) -> None:
        self.entered.set()
        if self.error is not None:
            raise self.error
        assert self.go.wait(30)


ERRORS = {
    "an error of ours": (EncoderError("The text encoder is gone."), "The text encoder is gone.", {}),
    "a bug": (
        ZeroDivisionError("a bug"),
        "It failed by a fault of the node: see its log.",
        {"ZeroDivisionError": 2},
    ),
}


@pytest.mark.parametrize(("error", "reason", "bugs"), ERRORS.values(), ids=ERRORS.keys())
def test_what_cannot_be_put_in_force_is_refused_and_changes_nothing(
    bench, monkeypatch, error, reason, bugs
) -> None:
    before = bench.node.settings
    with monkeypatch.context() as patch:
        patch.setattr(bench.node._recogniser, "configure", Failing(error))
        results = [*bench.set(fuse="late"), bench.set_together(fuse="late", k=3)]
    assert [(result.successful, result.reason) for result in results] == [(False, reason)] * 2
    assert bench.node.settings == before
    assert (bench.node.get_parameter("fuse").value, bench.node.get_parameter("k").value) == ("calibrated", 8)
    assert bench.node.faults.bugs() == bugs
    assert bench.set(fuse="late")[0].successful
    assert bench.node._recogniser.settings.fuse == bench.node.settings.fuse == "late"
    assert bench.node._recogniser.live is bench.node.live, "one holder for both"


def test_a_refusal_leaves_foreign_parameters_as_they_were(bench) -> None:
    assert not bench.set_together(use_sim_time=True, k=0).successful
    assert not bench.node.get_parameter("use_sim_time").value
    assert not bench.node._time_source.ros_time_is_active


def test_while_a_change_takes_its_time_the_node_goes_on(bench, monkeypatch) -> None:
    bench.show(picture("red"))
    slow = Failing()
    with monkeypatch.context() as patch:
        patch.setattr(bench.node._recogniser, "configure", slow)
        caller = threading.Thread(target=lambda: bench.set(k=3))
        caller.start()
        assert slow.entered.wait(20)
        bench.hear_diagnostics()
        wait_for(lambda: bench.diagnostics, "diagnostics")
        received = bench.statistics.counts().received
        bench.send(image_from_frame(picture("red"), Header()))
        wait_for(lambda: bench.statistics.counts().received > received, "a frame taken")
        assert bench.node.get_parameter("k").value == 8, "not in force yet"
        slow.go.set()
        caller.join(20)
    assert bench.node.get_parameter("k").value == 3


def test_a_change_that_hangs_is_refused_and_never_made(bench, monkeypatch) -> None:
    assert bench.set(encoder_timeout=0.5)[0].successful
    hanging = Failing()
    monkeypatch.setattr(bench.node._recogniser, "configure", hanging)
    result = bench.set(k=3)[0]
    hanging.go.set()
    assert (result.successful, "gives no answer" in result.reason) == (False, True)
    assert bench.node.settings.k == bench.node.get_parameter("k").value == 8


def test_a_node_that_is_taken_down_meanwhile_starts_with_the_new_value(bench, monkeypatch) -> None:
    blocked, go = threading.Event(), threading.Event()
    job = bench.node._path.frames.submit(lambda: (blocked.set(), go.wait(30)))
    assert blocked.wait(20)
    results: list[Any] = []
    caller = threading.Thread(target=lambda: results.extend(bench.set(k=3)))
    caller.start()
    wait_for(lambda: bench.node._path.frames._worker._jobs, "the change in the queue")
    stopping = threading.Thread(target=bench.node.end)
    stopping.start()
    caller.join(20)
    go.set()
    stopping.join(20)
    job.result(20)
    assert results[0].successful
    assert bench.node.settings.k == bench.node.get_parameter("k").value == 3
