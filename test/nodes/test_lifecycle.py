# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The lifecycle: self-starting or told, several rounds, and what happens when a step fails."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy")

import rclpy
from fixtures.pictures import picture
from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.recognition_bench import RecognitionBench
from rclpy.context import Context

from vfrt_msgs.msg import Recognition
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.types.errors import EncoderError
from vfrt_ros.nodes.lifecycle import run
from vfrt_ros.nodes.recognition_node import RecognitionNode
from vfrt_ros.nodes.self_starting_node import StartError
from vfrt_ros.nodes.services import SERVICES
from vfrt_ros.nodes.stop_signals import StopSignals

pytestmark = pytest.mark.ros


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory) -> Iterator[None]:
    """One cache of text embeddings for all tests here, and none of the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _settings(monkeypatch) -> None:
    monkeypatch.setenv("VFRT_BACKBONE", "fake")


@pytest.fixture
def _told(monkeypatch) -> None:
    monkeypatch.setenv("VFRT_AUTOSTART", "false")


class Shaky:
    """Makes a recogniser, but raises the errors that it was given first."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def __call__(self, settings: RecognitionSettings) -> Recogniser:
        if self.errors:
            raise self.errors.pop(0)
        return Recogniser(settings)


def test_it_starts_itself(ros: Ros) -> None:
    bench = RecognitionBench(ros)
    assert bench.state == "active"
    assert bench.call("list_labels").code == 0


@pytest.mark.usefixtures("_told")
def test_without_autostart_it_waits_and_every_service_says_so(ros: Ros) -> None:
    bench = RecognitionBench(ros)
    for state, transition in (("unconfigured", "configure"), ("inactive", "activate")):
        assert bench.state == state
        for name in SERVICES:
            response = bench.call(name)
            assert (response.code, response.message) == (
                response.NOT_ACTIVE, "/recognition is not active: activate it first.",
            ), (state, name)  # fmt: skip
        wait_for(lambda: bench.node.get_subscriptions_info_by_topic("image") == [], "no subscription")
        assert bench.change_state(transition)
    assert bench.state == "active"
    assert bench.call("list_labels").code == 0


@pytest.mark.usefixtures("_told")
def test_several_rounds(ros: Ros) -> None:
    bench = RecognitionBench(ros)
    for number in range(3):
        assert bench.change_state("configure")
        for _ in range(2):
            assert bench.change_state("activate")
            answer = bench.show(picture("red", 9))
            assert answer.label == (Recognition.UNKNOWN if number == 0 else "cup"), (
                "the memory outlives a round"
            )
            assert bench.change_state("deactivate")
            assert bench.call("undo").code == SERVICES["undo"][0].Response.NOT_ACTIVE
            assert bench.node.get_subscriptions_info_by_topic("image") == []
        assert bench.change_state("activate")
        if number == 0:
            for variant in range(3):
                bench.show(picture("red", variant))
            assert bench.call("register", label="cup").stored == 3
        assert bench.change_state("deactivate")
        assert bench.change_state("cleanup")
        assert bench.state == "unconfigured"


@pytest.mark.usefixtures("_told")
def test_recent_frames_do_not_outlive_a_pause(ros: Ros) -> None:
    bench = RecognitionBench(ros)
    for transition in ("configure", "activate"):
        bench.change_state(transition)
    bench.show(picture("red"))
    for transition in ("deactivate", "activate"):
        bench.change_state(transition)
    response = bench.call("register", label="cup")
    assert response.code == response.NO_FRAMES


@pytest.mark.usefixtures("_told")
def test_a_transition_out_of_turn_is_refused(ros: Ros) -> None:
    bench = RecognitionBench(ros)
    for wrong in ("activate", "deactivate", "cleanup"):
        assert not bench.change_state(wrong)
    assert bench.state == "unconfigured"
    assert bench.change_state("configure")
    assert not bench.change_state("configure")
    assert bench.state == "inactive"


@pytest.mark.usefixtures("_told")
def test_live_parameters_of_a_waiting_node_count_when_it_starts(ros: Ros) -> None:
    bench = RecognitionBench(ros)
    assert bench.set(k_candidates=1)[0].successful
    assert not bench.set(k_candidates=0)[0].successful
    for transition in ("configure", "activate"):
        bench.change_state(transition)
    bench.call("set_prompts", labels=["red", "blue"], prompts=[])
    assert len(bench.show(picture("red")).candidates) == 1


FAILURES = {
    "an error of ours is one line": (
        EncoderError("The weights are gone."),
        1,
        "The weights are gone.",
        False,
    ),
    "a bug is shown whole": (ZeroDivisionError("by zero"), 1, "ZeroDivisionError: by zero", True),
}


@pytest.mark.usefixtures("_told")
@pytest.mark.parametrize(("error", "times", "words", "whole"), FAILURES.values(), ids=FAILURES.keys())
def test_a_failed_configure_is_told_and_can_be_tried_again(
    ros: Ros, capfd, error, times, words, whole
) -> None:
    bench = RecognitionBench(ros, Shaky(error))
    assert not bench.change_state("configure")
    assert bench.state == "unconfigured"
    logged = capfd.readouterr().err
    assert logged.count(words) == times
    assert ("Traceback" in logged) is whole
    assert bench.change_state("configure")
    assert bench.change_state("activate")
    assert bench.show(picture("red")).label == Recognition.UNKNOWN


@pytest.mark.usefixtures("_told")
def test_a_failed_activate_leaves_nothing_half_done(ros: Ros, monkeypatch) -> None:
    bench = RecognitionBench(ros)
    bench.change_state("configure")
    with monkeypatch.context() as patch:
        patch.setattr(bench.node, "_publish_memory", lambda: 1 / 0)
        assert not bench.change_state("activate")
    assert bench.state == "unconfigured"
    assert bench.node.get_subscriptions_info_by_topic("image") == []
    assert bench.call("undo").code == SERVICES["undo"][0].Response.NOT_ACTIVE
    assert bench.change_state("configure")
    assert bench.change_state("activate")
    assert bench.show(picture("red")).label == Recognition.UNKNOWN


def test_a_node_that_cannot_start_says_why(ros: Ros) -> None:
    node = ros.add(RecognitionNode([], Shaky(EncoderError("The weights are gone."))))
    with pytest.raises(StartError, match=r"^The weights are gone\.$"):
        node.start()


def test_end_from_every_state_and_twice(ros: Ros) -> None:
    bench = RecognitionBench(ros)
    bench.show(picture("red"))
    bench.node.end()
    bench.node.end()
    assert bench.call("undo").code == SERVICES["undo"][0].Response.NOT_ACTIVE


RUNS = {
    "unknown name": (["--ros-args", "-p", "alfa_fusion:=0.5"], "Did you mean 'alpha_fusion'?"),
    "wrong value": (["--ros-args", "-p", "alpha_fusion:=1.5"], "must be a number in [0, 1]; got 1.5"),
    "no YAML": (["--ros-args", "-p", "backbone:={a: b}"], "ROS cannot be started with these arguments."),
    "what YAML takes for something else": (
        ["--ros-args", "-p", "memory_path:=:memory:"],
        "stands in quotes: -p 'NAME:=\"VALUE\"'.",
    ),
    "no such file": (["--ros-args", "--params-file", "/nowhere.yaml"], "/nowhere.yaml"),
    "unknown flag": (["--ros-args", "--foo"], "--foo"),
    "unknown log level": (["--ros-args", "--log-level", "foo"], "--log-level foo"),
    "a remap that is none": (["--ros-args", "-r", "image:=/a b"], "image:=/a b"),
    "a parameter of rclpy": (["--ros-args", "-p", "use_sim_time:=maybe"], "use_sim_time"),
    "a policy of QoS": (
        ["--ros-args", "-p", "qos_overrides./image.subscription.reliability:=foo"],
        "'qos_overrides./image.subscription.reliability' must be one of reliable, best_effort",
    ),
    "a depth of QoS": (
        ["--ros-args", "-p", "qos_overrides./recognition.publisher.depth:=-5"],
        "'qos_overrides./recognition.publisher.depth' must be a whole number in [0, 100000]; got -5.",
    ),
}


@pytest.mark.parametrize(("arguments", "words"), RUNS.values(), ids=RUNS.keys())
def test_run_ends_with_status_1_and_one_line(monkeypatch, capsys, arguments, words) -> None:
    monkeypatch.setattr(StopSignals, "listen", lambda stop: None)
    assert run(RecognitionNode, ["node", *arguments]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert words in lines[0]


FOLDERS = {
    "nobody's home": ("~nosuchuser/x", "snapshot_dir: there is no home folder for '~nosuchuser/x'."),
    "below a file": ("{file}/x", "snapshot_dir: {file} is a file; expected a folder."),
}


@pytest.mark.parametrize(("folder", "line"), FOLDERS.values(), ids=FOLDERS.keys())
def test_a_folder_that_cannot_be_is_refused_at_the_start(
    ros: Ros, monkeypatch, tmp_path, folder, line
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("VFRT_SNAPSHOT_DIR", folder.format(file=file))
    node = ros.add(RecognitionNode([]))
    with pytest.raises(StartError) as failure:
        node.start()
    assert str(failure.value) == line.format(file=file)


@pytest.mark.usefixtures("_told")
def test_a_lifecycle_manager_brings_it_up_and_down_and_up_again(ros: Ros) -> None:
    bench = RecognitionBench(ros)
    up = (("configure", "inactive"), ("activate", "active"))
    down = (("deactivate", "inactive"), ("cleanup", "unconfigured"))
    for transition, state in (*up, *down, *up, *down, ("shutdown", "finalized")):
        assert bench.change_state(transition), transition
        assert bench.state == state
    assert not bench.change_state("configure")
    assert bench.state == "finalized"
    bench.hear_diagnostics()
    wait_for(lambda: bench.diagnostics, "diagnostics of a node that was shut down")


def test_a_destroyed_node_leaves_the_graph_before_any_garbage_is_collected(monkeypatch, domain) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain))
    elsewhere = Context()
    rclpy.init(args=[], context=elsewhere)
    observer = rclpy.create_node("observer", context=elsewhere)
    rclpy.init()
    node = RecognitionNode([])
    try:
        wait_for(lambda: "recognition" in observer.get_node_names(), "the node in the graph")
        gc.disable()
        node.end()
        node.destroy_node()
        rclpy.try_shutdown()
        wait_for(lambda: "recognition" not in observer.get_node_names(), "the node out of the graph")
    finally:
        gc.enable()
        observer.destroy_node()
        elsewhere.try_shutdown()
        rclpy.try_shutdown()
