"""One demo and one browser for all tests of the panel; skipped where there is no Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")
pytest.importorskip("selenium", reason="selenium is not installed: run the tests with `make test-ui`")

from ui.browser import Browser, missing_programs
from ui.live_system import LiveSystem

from vfrt_ros.private_domain import private_domain


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and skip them where they cannot run."""
    missing = missing_programs()
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.ui)
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"{missing} not installed: `make test-ui` does that"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A ROS domain and a folder of these tests alone, and no settings of the person who runs them."""
    folder = tmp_path_factory.mktemp("panel")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("VFRT_")]:
            patch.delenv(name)
        patch.setenv("ROS_DOMAIN_ID", str(private_domain()))
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
