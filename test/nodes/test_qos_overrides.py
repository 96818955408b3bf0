# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Overrides of QoS that change nothing are told in one line each."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")

from nodes.node_process import NodeProcess

from vfrt_ros.nodes.qos_overrides import tell_unused, tell_zero_depths

OWN = ["k", "qos_overrides./recognition.publisher.depth", "qos_overrides./image.subscription.reliability"]
GIVEN = {
    "each is taken": (OWN, []),
    "another parameter": (["use_sim_time"], []),
    "a misspelt topic": (
        ["qos_overrides./recogntion.publisher.depth"],
        [
            "No topic of this node takes 'qos_overrides./recogntion.publisher.depth': left alone. "
            "Did you mean 'qos_overrides./recognition.publisher.depth'?"
        ],
    ),
    "two": (
        ["qos_overrides./a.x.y", "qos_overrides./b.x.y"],
        ["No topic of this node takes 'qos_overrides./a.x.y', 'qos_overrides./b.x.y': left alone."],
    ),
}


@pytest.mark.parametrize(("given", "told"), GIVEN.values(), ids=GIVEN)
def test_what_no_topic_takes_is_told(given: list[str], told: list[str]) -> None:
    said: list[str] = []
    tell_unused(given, OWN, said.append)
    assert said == told


def test_a_depth_of_zero_is_told_in_the_place_of_rclpy() -> None:
    said: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        tell_zero_depths({OWN[1]: 0, "k": 0, OWN[2]: "reliable"}, said.append)
        warnings.warn("A zero depth with KEEP_LAST doesn't make sense", UserWarning, stacklevel=1)
    (line,) = said
    assert line.startswith(f"'{OWN[1]}' is 0") and caught == []


@pytest.mark.ros
@pytest.mark.e2e
def test_a_node_says_each_once(tmp_path: Path, ros: object) -> None:
    """Also after it was deactivated: a file for every node may name topics of others, which are passed over."""
    file = tmp_path / "all.yaml"
    file.write_text("/**:\n  ros__parameters:\n    qos_overrides./elsewhere.publisher.depth: 3\n")
    given = ["qos_overrides./image.subscription.depth:=0", "qos_overrides./recogntion.publisher.depth:=3"]
    pairs = [text for pair in given for text in ("-p", pair)]
    node = NodeProcess(tmp_path, "recognition_node", *pairs, "--params-file", str(file), VFRT_BACKBONE="fake")
    try:
        node.wait_for_output("Did you mean 'qos_overrides./recognition.publisher.depth'?")
        lines = [line for line in node.output.splitlines() if "qos" in line or "zero depth" in line]
    finally:
        node.kill()
    assert ["[WARN]" in line for line in lines] == [True, True]
    assert "elsewhere" not in node.output
