# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""nav2_managed.launch.py: both nodes wait for the manager, which knows their names and waits for a bond it can have."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from vfrt_ros.launch_arguments import CAMERA, NODES

WHY = "{} is not installed: only a ROS 2 install brings it, PyPI does not"
# First, since `import launch` finds this repository's folder where there is no other.
pytest.importorskip("launch_ros", reason=WHY.format("launch_ros"))
launch = pytest.importorskip("launch", reason=WHY.format("launch"))

pytestmark = pytest.mark.launch_test
LAUNCH_FILE = Path(__file__).parents[2] / "launch" / "nav2_managed.launch.py"


def test_the_nodes_wait_and_the_manager_knows_them() -> None:
    from launch_ros.actions import Node

    found: Any = runpy.run_path(str(LAUNCH_FILE))["generate_launch_description"]()
    nodes = [entity for entity in found.entities if isinstance(entity, Node)]
    assert [node.node_executable for node in nodes] == [
        *(node.executable for node in NODES),
        "lifecycle_manager",
    ]


def test_the_source_is_given_as_it_was_typed() -> None:
    from launch.utilities import perform_substitutions
    from launch_ros.actions import Node

    found: Any = runpy.run_path(str(LAUNCH_FILE))["generate_launch_description"]()
    camera = next(e for e in found.entities if isinstance(e, Node) and e.node_executable == CAMERA.executable)
    context = launch.LaunchContext()
    context.launch_configurations["source"] = "rtsp://me:secret@door/*.png"
    given = {
        perform_substitutions(context, name): perform_substitutions(context, value)
        for name, value in camera.process_description.additional_env
    }
    assert given == {"VFRT_SOURCE": "rtsp://me:secret@door/*.png"}
