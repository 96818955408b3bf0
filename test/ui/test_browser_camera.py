# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The browser's own camera, here Chromium's simulated one, as what the robot sees."""

from __future__ import annotations

import time

import pytest
from ui.browser import Browser
from ui.live_system import ADDRESS, PATIENCE, LiveSystem

from vfrt_msgs.msg import Recognition
from vfrt_ros.client.node_client import NodeClient
from vfrt_ros.nodes import qos
from vfrt_ros.panel.browser_source import FRAME_ID

pytest.importorskip("streamlit_webrtc", reason="streamlit-webrtc is not installed")

pytestmark = [pytest.mark.ui, pytest.mark.timeout(600)]

TOGGLE = "[data-testid=stCheckbox] label"
ATTEMPTS, ATTEMPT_SECONDS = 4, 60.0
SIMULATED_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def switch_on(browser: Browser) -> None:
    """As a person does: once more where a busy machine let the connection time out."""
    for attempt in range(ATTEMPTS):
        browser.press(TOGGLE, "camera")
        deadline = time.monotonic() + ATTEMPT_SECONDS
        while time.monotonic() < deadline:
            if "This camera is what the robot sees now." in browser.text:
                return
            time.sleep(0.2)
        if attempt + 1 < ATTEMPTS:
            browser.press(TOGGLE, "camera")
            browser.wait_for_text("No browser's camera is in use.")
    pytest.fail(f"no connection in {ATTEMPTS} attempts; the page:\n{browser.text}")


def seen_from() -> str:
    """The frame_id of what is recognised now."""
    found: list[str] = []
    with NodeClient(ADDRESS, patience=PATIENCE) as client:
        client.subscribe(
            Recognition, lambda message: found.append(message.header.frame_id), qos.recognition()
        )
        client.spin(lambda: bool(found), 10.0)
    return found[-1] if found else ""


def test_it_is_recognised_and_the_camera_node_comes_back(system: LiveSystem) -> None:
    address = system.panel()
    with Browser(flags=SIMULATED_CAMERA) as browser:
        browser.open(address)
        browser.wait_for_text("Camera running", ".vfrt-state")
        browser.tab("Camera")
        browser.wait_for_text("No browser's camera is in use.")
        assert not browser.all("iframe"), "nothing of it is loaded before it is wanted"
        switch_on(browser)
        browser.wait_for_text("Camera stopped", ".vfrt-state")
        browser.wait(lambda: seen_from() == FRAME_ID, "an answer to one of its frames")
        shown = browser.wait(browser.look, "a picture")
        browser.wait(lambda: browser.look() != shown, "another picture")
        browser.press(TOGGLE, "camera")
        browser.wait_for_text("Camera running", ".vfrt-state")
        browser.wait(lambda: seen_from() not in ("", FRAME_ID), "an answer to a frame of the camera node")
