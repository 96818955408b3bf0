# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The examples in memory, a page at a time, fetched once for each version of the memory."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from vfrt_ros.client.errors import ClientError
from vfrt_ros.panel.panel_client import PanelClient

CALL_SECONDS = 5.0
PAUSE_SECONDS = 5.0
"""After a fault, so that a page of many labels does not wait for each of them."""


@dataclass(frozen=True, slots=True)
class ExamplePage:
    """Some examples of a label, oldest first, and how many there are on all pages.

    Attributes:
        fault: Why there are none to show; empty = it went well.
    """

    examples: tuple[Any, ...] = ()
    total: int = 0
    fault: str = ""


class ExampleShelf:
    """Keeps the pages of the current version; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = -1
        self._fault = ExamplePage()
        self._ask_again = 0.0
        self._pages: dict[tuple[str, int, int], ExamplePage] = {}

    def page(self, client: PanelClient, label: str, offset: int, limit: int) -> ExamplePage:
        """Examples of a label, with their small pictures."""
        memory = client.memory
        version = int(memory.version) if memory else -1
        key = label, offset, limit
        with self._lock:
            if version != self._version:
                self._version = version
                self._pages.clear()
            known = self._pages.get(key)
            if known is not None:
                return known
            if time.monotonic() < self._ask_again:
                return self._fault
        page = _fetch(client, label, offset, limit)
        with self._lock:
            if page.fault:
                self._fault, self._ask_again = page, time.monotonic() + PAUSE_SECONDS
            elif version == self._version:
                self._pages[key] = page
        return page


def _fetch(client: PanelClient, label: str, offset: int, limit: int) -> ExamplePage:
    try:
        wanted = {"label": label, "offset": offset, "limit": limit, "pictures": True}
        response = client.call("ListExamples", CALL_SECONDS, **wanted)
    except ClientError as error:
        return ExamplePage(fault=str(error))
    if response.code != response.OK:
        return ExamplePage(fault=response.message)
    return ExamplePage(tuple(response.examples), int(response.total))
