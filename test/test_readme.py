# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The README and docs/ repeat of the code what the code says, and their links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tools.reference import DOCS, TABLES, refresh
from vfrt_ros.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_are_those_of_the_code(name: str) -> None:
    document = (DOCS / name).read_text(encoding="utf-8")
    for table in TABLES[name]:
        assert f"<!-- {table} -->" in document
    assert refresh(document) == document, "run: python -m tools.reference"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert "://" in target or (page.parent / target).exists(), target


def test_every_page_is_reached_from_the_readme() -> None:
    reached, new = set(), [ROOT / "README.md"]
    while new:
        page = new.pop()
        reached.add(page)
        targets = re.findall(r"\]\(([^)#]+\.md)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        pages = {(page.parent / target).resolve() for target in targets if "://" not in target}
        new += sorted(pages - reached - set(new))
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in reached] == []


def test_the_readme_is_read_in_five_minutes() -> None:
    assert len(README.split()) <= 5 * 230


def test_every_service_and_topic_is_named() -> None:
    services = pytest.importorskip("vfrt_ros.nodes.services", reason="rclpy is not installed")
    from vfrt_ros.nodes import names

    document = (DOCS / "ros.md").read_text(encoding="utf-8")
    for service in services.SERVICES:
        assert f"`{service}`" in document, service
    for topic in (
        names.IMAGE_RAW, names.CAMERA_INFO, names.RECOGNITION, names.OVERLAY, names.MEMORY_INFO,
        names.REGIONS, names.DETECTIONS, names.OBJECTS, names.OBJECT_DETECTIONS, names.VISION_INFO,
    ):  # fmt: skip
        assert f"`{topic}`" in document, topic


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
