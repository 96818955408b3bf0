"""What the README repeats of the code is what the code says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tools.reference import CAMERA_TABLES, TABLES, refresh
from vfrt_ros.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CAMERAS = (ROOT / "docs" / "cameras.md").read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_code() -> None:
    for document, tables in ((README, TABLES), (CAMERAS, CAMERA_TABLES)):
        for name in tables:
            assert f"<!-- {name} -->" in document
        assert refresh(document) == document, "run: python -m tools.reference README.md docs/cameras.md"


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).is_file(), target


def test_every_service_and_topic_is_named() -> None:
    services = pytest.importorskip("vfrt_ros.nodes.services", reason="rclpy is not installed")
    from vfrt_ros.nodes import names

    for service in services.SERVICES:
        assert f"`{service}`" in README, service
    for topic in (names.IMAGE_RAW, names.CAMERA_INFO, names.RECOGNITION, names.OVERLAY, names.MEMORY_INFO):
        assert f"`{topic}`" in README, topic


def test_every_vfrt_call_is_a_command() -> None:
    calls = [shlex.split(line, comments=True) for line in README.splitlines() if line.startswith("vfrt ")]
    assert calls
    for call in calls:
        assert call[1] in COMMANDS


def test_the_python_example_runs(tmp_path, monkeypatch) -> None:
    import cv2
    import numpy as np

    example = re.search(r"```python\n(import cv2\n.*?)```", README, re.DOTALL)
    assert example is not None
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROS_HOME", str(tmp_path))
    cv2.imwrite("picture.jpg", np.full((48, 64, 3), 128, np.uint8))
    printed: list[object] = []
    code = example[1].replace("RecognitionSettings(", "RecognitionSettings(backbone='fake', ")
    exec(code, {"print": printed.append})
    assert [candidate.label for candidate in printed[0].candidates] in (["cat", "rocket"], ["rocket", "cat"])
