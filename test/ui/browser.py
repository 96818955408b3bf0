# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium on the panel, asked as a person would: by what is to be read and where the focus is."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import ElementClickInterceptedException as CoveredException
from selenium.common.exceptions import ElementNotInteractableException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

SECONDS = 90.0
"""A deadline for a busy machine; nothing waits that long where it works."""

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars"
).split()

# What the picture shows now, as a small grey picture; null = nothing yet.
_LOOK = """
const image = document.querySelector('.vfrt-picture img');
if (!image || !image.naturalWidth) return null;
const canvas = document.createElement('canvas');
[canvas.width, canvas.height] = [32, 24];
const context = canvas.getContext('2d');
context.drawImage(image, 0, 0, 32, 24);
return Array.from(context.getImageData(0, 0, 32, 24).data).filter((value, index) => index % 4 == 1).join();
"""


def missing_programs() -> str:
    """What of Chromium is not installed; empty = all is."""
    names = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return " and ".join(names)


class Browser:
    """One window; a context manager."""

    def __init__(
        self, width: int = 1280, height: int = 900, *, dark: bool = False, flags: Sequence[str] = ()
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in (
            *FLAGS,
            f"--user-data-dir={self._folder.name}",
            f"--window-size={width},{height}",
            *flags,
        ):
            options.add_argument(flag)
        service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)
        self.resize(width, height, dark=dark)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self.driver.quit()
        self._folder.cleanup()

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Another size of the window, and the person's preference for light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def open(self, address: str) -> None:
        """Go there."""
        self.driver.get(address)

    def wait(self, condition: Callable[[], Any], what: str) -> Any:
        """What the condition returns as soon as that is something; elements may vanish meanwhile."""
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                if found := condition():
                    return found
            except (StaleElementReferenceException, ElementNotInteractableException, CoveredException):
                pass
            assert time.monotonic() < deadline, f"waited {SECONDS:.0f} s for {what}; the page:\n{self.text}"
            time.sleep(0.05)

    def all(self, selector: str) -> list[WebElement]:
        """Elements by CSS."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def find(self, selector: str, text: str = "") -> WebElement:
        """The first element that can be seen, by CSS and by what it says, once it is there."""
        return self.wait(lambda: self._visible(selector, text), f"{selector} with '{text}'")

    def place(self, selector: str) -> dict[str, int]:
        """Where an element is, in pixels of the page, once it is there."""
        return self.wait(lambda: self.find(selector).location, f"the place of {selector}")

    def press(self, selector: str, text: str = "") -> None:
        """Click it, once it is there and nothing covers it."""

        def clicked() -> bool:
            element = self._visible(selector, text)
            if element is None or not element.is_enabled():
                return False
            element.click()
            return True

        self.wait(clicked, f"{selector} with '{text}' to click")

    def drag(self, selector: str, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag from one place of an element to another, each as shares of its width and height."""
        element = self.find(selector)
        size = element.size

        def offset(place: tuple[float, float]) -> tuple[int, int]:
            return round((place[0] - 0.5) * size["width"]), round((place[1] - 0.5) * size["height"])

        chain = webdriver.ActionChains(self.driver).move_to_element_with_offset(element, *offset(start))
        chain.click_and_hold().move_to_element_with_offset(element, *offset(end)).release().perform()

    def type(self, *keys: str) -> None:
        """Type into whatever has the focus."""
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def keys(self, selector: str, *keys: str) -> None:
        """Turn the focus to an element, which may be one that only the keyboard reaches, and type."""
        element = self.wait(lambda: next(iter(self.all(selector)), None), selector)
        self.driver.execute_script("arguments[0].focus()", element)
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def button(self, text: str) -> None:
        """Press the button that says this."""
        self.press("button", text)

    def tab(self, name: str) -> None:
        """Turn to a tab."""
        self.press("[role=tab]", name)
        self.wait(lambda: self._visible("[role=tab][aria-selected=true]", name), f"the tab {name}")

    def box(self, label: str) -> WebElement:
        """The input with this label."""
        return self.find(f"input[aria-label='{label}'], textarea[aria-label='{label}']")

    def wait_for_text(self, text: str, selector: str = "body") -> None:
        """Wait until something says this."""
        self.wait(
            lambda: any(text in element.text for element in self.all(selector)), f"'{text}' in {selector}"
        )

    def look(self) -> str | None:
        """What the live picture shows now; None = nothing yet."""
        return self.driver.execute_script(_LOOK)

    @property
    def text(self) -> str:
        """All that is to be read."""
        return "\n".join(element.text for element in self.all("body"))

    def _visible(self, selector: str, text: str) -> WebElement | None:
        return next((e for e in self.all(selector) if e.is_displayed() and text in e.text), None)
