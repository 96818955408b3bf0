# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One demo and one browser for the tests of a module; skipped where there is no Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")

from ui.browser import Browser, missing_programs
from ui.live_system import LiveSystem

from tools.private_domain import lent_domain


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A ROS domain and a folder of these tests alone."""
    if missing := missing_programs():
        pytest.skip(f"{missing} not installed: `make test-ui` does that")
    folder = tmp_path_factory.mktemp("panel")
    with lent_domain() as domain, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_DOMAIN_ID", str(domain))
        patch.setenv("ROS_HOME", str(folder / "ros_home"))
        yield folder


@pytest.fixture(scope="module")
def system(world: Path) -> Iterator[LiveSystem]:
    """Camera and recognition."""
    with LiveSystem(world) as system:
        yield system


@pytest.fixture(scope="module")
def browser(system: LiveSystem) -> Iterator[Browser]:
    """A browser on the panel of that system."""
    address = system.panel()
    with Browser() as browser:
        browser.open(address)
        yield browser
