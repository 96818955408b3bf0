# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The sample SROS 2 policy allows what the nodes use, no less and no more; the documents say the same."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")

from fixtures.pictures import picture
from fixtures.services import CHANGE_THE_MEMORY
from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.counter import exported
from nodes.node_process import NodeProcess
from nodes.recognition_bench import RecognitionBench
from std_msgs.msg import Header

from vfrt_ros.nodes import detections, names
from vfrt_ros.nodes.bond import Status
from vfrt_ros.nodes.camera_node import CameraNode
from vfrt_ros.nodes.conversions import image_from_frame
from vfrt_ros.nodes.recognition_node import RecognitionNode
from vfrt_ros.nodes.services import SERVICES

pytestmark = pytest.mark.ros

ROOT = Path(__file__).parents[2]
POLICY = ROOT / "config" / "sros2" / "policy.xml"


def allowed(enclave: str) -> dict[str, set[str]]:
    """What an enclave may do, by deed, as names without abbreviation."""
    found: dict[str, set[str]] = {}
    for profile in (
        ElementTree.parse(POLICY).getroot().iterfind(f".//enclave[@path='/vfrt/{enclave}']//profile")
    ):
        own = f"/{profile.get('node')}"
        for rule in profile:
            for deed, verdict in rule.attrib.items():
                assert verdict == "ALLOW"
                texts = [str(name.text) for name in rule]
                full = {text.replace("~", own, 1) if text[0] in "~/" else f"/{text}" for text in texts}
                assert len(full) == len(texts), f"named twice: {texts}"
                found[deed] = found.get(deed, set()) | full
    return found


def used(node: Any) -> dict[str, set[str]]:
    """What a node does, by the middleware's own account."""
    name, space = node.get_name(), node.get_namespace()
    ask = {
        "publish": node.get_publisher_names_and_types_by_node,
        "subscribe": node.get_subscriber_names_and_types_by_node,
        "reply": node.get_service_names_and_types_by_node,
        "request": node.get_client_names_and_types_by_node,
    }
    return {deed: {topic for topic, _ in query(name, space)} for deed, query in ask.items()}


def agrees(node: Any, policy: dict[str, set[str]]) -> bool:
    if Status is None:  # the heartbeat is given only where the package bond is installed
        policy = {**policy, "publish": policy["publish"] - {"/bond"}}
    if not detections.INSTALLED:
        policy = {**policy, "publish": policy.get("publish", set()) - {"/objects/detections", "/vision_info"}}
    return {deed: names_ for deed, names_ in used(node).items() if names_} == policy


@pytest.fixture
def domain(lonely_domain: int) -> int:
    """One for each test."""
    return lonely_domain


@pytest.fixture(autouse=True)
def _settings(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("VFRT_BACKBONE", "fake")
    monkeypatch.setenv("VFRT_SOURCE", "demo")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_the_camera_uses_what_it_may(ros: Ros) -> None:
    node = ros.add(CameraNode([]))
    node.start()
    policy = allowed("camera")
    assert policy.pop("subscribe") == {"/clock"}, "with use_sim_time only"
    wait_for(lambda: agrees(node, policy), f"{used(node)} to be {policy}", 60.0)


def test_the_recognition_uses_what_it_may(ros: Ros) -> None:
    node = ros.add(RecognitionNode([]))
    node.start()
    policy = allowed("recognition")
    raw, packed = f"/{names.IMAGE_RAW}", f"/{names.IMAGE_RAW}/{names.COMPRESSED}"
    boxes = {f"/{names.REGIONS}", f"/{names.DETECTIONS}"}
    own = f"/{names.MEMORY_INFO}"
    assert policy["subscribe"] == {raw, packed, own, "/clock"} | boxes
    # The launch file remaps; here the topic has its own name. The clock and the other transport are options.
    policy["subscribe"] = {f"/{names.IMAGE}", own} | (
        boxes if detections.INSTALLED else {f"/{names.REGIONS}"}
    )
    wait_for(lambda: agrees(node, policy), f"{used(node)} to be {policy}", 60.0)


def test_a_simulated_clock_is_allowed(ros: Ros, monkeypatch) -> None:
    from rclpy.parameter import Parameter

    node = ros.add(RecognitionNode([]))
    node.set_parameters([Parameter("use_sim_time", value=True)])
    wait_for(lambda: "/clock" in used(node)["subscribe"], "a subscription of the clock", 60.0)
    assert "/clock" in allowed("recognition")["subscribe"] & allowed("camera")["subscribe"]


def test_only_the_teacher_changes_the_memory() -> None:
    changing = {f"/{name}" for name in CHANGE_THE_MEMORY}
    services = {f"/{name}" for name in SERVICES}
    assert allowed("teacher")["request"] >= services
    private = {"/snapshot", "/list_examples", "/export_memory"}
    assert allowed("viewer")["request"] & (changing | private) == set()
    assert allowed("viewer")["request"] < services
    for enclave in ("teacher", "viewer"):
        assert "publish" not in allowed(enclave)
        assert allowed(enclave)["subscribe"] <= allowed("recognition")["publish"]


REQUESTS: dict[str, dict[str, Any]] = {
    "register": {"label": "cup"},
    "relabel": {"label": "cup", "new_label": "mug"},
    "undo": {},
    "redo": {},
    "set_prompts": {"labels": ["sky"]},
    "list_examples": {"pictures": True},
    "export_memory": {},
    "forget_examples": {},
    "import_memory": {"name": "desk"},
    "forget": {"label": "cup"},
    "list_labels": {},
    "snapshot": {},
    "explain": {},
    "recognise": {"images": [image_from_frame(picture("red"), Header())]},
    "audit": {},
}


def test_the_services_that_change_the_memory_are_those_that_are_said_to(ros: Ros) -> None:
    bench = RecognitionBench(ros)
    assert set(REQUESTS) == set(SERVICES)
    changing, listed = set(), []
    for name, fields in REQUESTS.items():
        bench.show(picture("red", len(changing)))
        before = bench.node._recogniser.memory.version
        if name == "forget_examples":
            fields = {"examples": [listed[0].id]}
        if name == "import_memory":
            fields = {**fields, "data": exported("green")}
        response = bench.call(name, **fields)
        assert response.code == response.OK, (name, response.message)
        if bench.node._recogniser.memory.version != before:
            changing.add(name)
        listed = listed or getattr(response, "examples", [])
    assert changing == CHANGE_THE_MEMORY


@pytest.mark.e2e
@pytest.mark.parametrize("enclave", ["/vfrt/camera", "/vfrt/missing"])
def test_a_node_that_is_told_to_be_secure_and_cannot_does_not_start(domain, tmp_path, enclave) -> None:
    (tmp_path / "keys" / "enclaves" / "vfrt" / "camera").mkdir(parents=True)
    security = {"ROS_SECURITY_ENABLE": "true", "ROS_SECURITY_STRATEGY": "Enforce"}
    process = NodeProcess(
        tmp_path / "node",
        "camera_node",
        *("--enclave", enclave, "-p", "source:=demo"),
        **security,
        ROS_SECURITY_KEYSTORE=str(tmp_path / "keys"),
        ROS_DOMAIN_ID=str(domain),
    )
    try:
        assert process.status(60.0) == 1, process.output
    finally:
        process.kill()
    assert "Traceback" not in process.output
    assert process.output.splitlines()[-1].startswith(("The node cannot join ROS: ", "ROS cannot be started"))


def test_the_documents_name_them() -> None:
    security = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    line = next(line for line in security.splitlines() if line.startswith("Services that change the memory:"))
    assert set(re.findall(r"`(\w+)`", line)) == CHANGE_THE_MEMORY
    for enclave in ("camera", "recognition", "teacher", "viewer"):
        assert f"/vfrt/{enclave}" in (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
