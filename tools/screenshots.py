# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Takes the README's pictures of the panel: `make screenshots`.

The demo runs with the embedded encoder; nothing in the pictures is arranged beyond waiting for a photograph.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from selenium.webdriver.common.keys import Keys

sys.path.insert(0, str(Path(__file__).parents[1] / "test"))

from ui.browser import Browser
from ui.live_system import LiveSystem
from ui.panel_process import PanelProcess

from tools.private_domain import private_domain
from vfrt_ros.core.sources.demo import demo_folder
from vfrt_ros.panel.camera_choice import ALL

LABELS = ("cat", "cup of coffee", "rocket", "motorcycle")
OBJECT = "astronaut"
CAMERAS = {"front": "chelsea.png", "left": "coffee.png", "right": "rocket.jpg", "rear": "astronaut.png"}
"""Names of four cameras, and the photograph that each shows."""
WIDTH = "return document.querySelector('.vfrt-picture img')?.naturalWidth || 0"
CORNERS = """
const box = document.querySelector('.vfrt-picture img').getBoundingClientRect();
return [box.left, box.top, box.right, box.bottom];
"""
LEAST_CONTRAST = 30.0
"""Standard deviation in grey levels of a photograph; a black tile with a name on it has less."""
QUALITY = 80
STEADY = 5


def main() -> None:
    """Take the tour of the README and write a picture of each station into the folder that is named."""
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ROS_DOMAIN_ID"] = str(private_domain())
        os.environ["ROS_HOME"] = folder
        with LiveSystem(Path(folder), "embedded", LABELS, fps=10.0) as system, Browser(1280, 900) as browser:
            browser.open(system.panel())
            take_tour(browser, target)
        take_four_cameras(Path(folder), target)


def take_tour(browser: Browser, target: Path) -> None:
    """Unknown, taught, known; then the same on a phone in the dark."""
    box = browser.box("Wrong? It is …")
    box.send_keys(OBJECT)
    wait_for_answer(browser, ".unknown", "unknown")
    save(browser, target / "panel-unknown.jpg")
    box.send_keys(Keys.ENTER)
    browser.wait_for_text(OBJECT, ".st-key-note")
    wait_for_answer(browser, ".known", OBJECT)
    save(browser, target / "panel-known.jpg")
    browser.resize(390, 844, dark=True)
    wait_for_answer(browser, ".known", OBJECT)
    save(browser, target / "panel-phone.jpg")


def take_four_cameras(folder: Path, target: Path) -> None:
    """Four cameras side by side, each before a photograph of its own; one of them shows what nobody described."""
    options = [
        part for name, shot in CAMERAS.items() for part in ("--camera", f"{name}={demo_folder() / shot}")
    ]
    command = [
        sys.executable,
        "-m",
        "vfrt_ros.cli",
        "live",
        "--no-panel",
        "--backbone",
        "embedded",
        "--fps",
        "5",
        *options,
    ]
    with (folder / "live.log").open("wb") as log:
        live = subprocess.Popen([*command, "--labels", ", ".join(LABELS)], stdout=log, stderr=log)
    panel = PanelProcess(folder / "panel of four.log")
    try:
        with Browser(1280, 900) as browser:
            browser.open(panel.address)
            browser.button(ALL)
            browser.wait(lambda: len(browser.all(".vfrt-cameras .known")) == 3, "three known")
            browser.wait(lambda: len(browser.all(".vfrt-cameras .unknown")) == 1, "one unknown")
            browser.wait(lambda: browser.driver.execute_script(WIDTH) > 900, "the pictures side by side")
            browser.wait(lambda: all_show_something(browser), "a picture of each camera")
            save(browser, target / "four-cameras.jpg")
    finally:
        panel.kill()
        live.send_signal(signal.SIGINT)
        live.wait(60.0)


def all_show_something(browser: Browser) -> bool:
    """Whether none of four pictures side by side is still black."""
    left, top, right, bottom = map(round, browser.driver.execute_script(CORNERS))
    shown = cv2.imdecode(
        np.frombuffer(browser.driver.get_screenshot_as_png(), np.uint8), cv2.IMREAD_GRAYSCALE
    )
    middle, centre = (top + bottom) // 2, (left + right) // 2
    return all(
        shown[rows, columns].std() > LEAST_CONTRAST
        for rows in (slice(top, middle), slice(middle, bottom))
        for columns in (slice(left, centre), slice(centre, right))
    )


def wait_for_answer(browser: Browser, state: str, label: str) -> None:
    """Wait until the answer becomes this one and has been it for a moment, so that picture and answer agree."""
    seen = -1

    def is_steady() -> bool:
        nonlocal seen
        right = any(element.text == label for element in browser.all(f".vfrt-answer{state} strong"))
        if not right:
            seen = 0
        elif seen >= 0:
            seen += 1
        return seen >= STEADY

    browser.wait(is_steady, f"{label}, steadily")


def save(browser: Browser, path: Path) -> None:
    """The window as a JPEG."""
    png = np.frombuffer(browser.driver.get_screenshot_as_png(), np.uint8)
    cv2.imwrite(str(path), cv2.imdecode(png, cv2.IMREAD_COLOR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
