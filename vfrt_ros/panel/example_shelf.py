"""The examples in memory, a page at a time, fetched once for each version of the memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from vfrt_ros.cli.command import CommandError
from vfrt_ros.panel.panel_client import PanelClient


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
        page = _fetch(client, label, offset, limit)
        with self._lock:
            if version == self._version and not page.fault:
                self._pages[key] = page
        return page


def _fetch(client: PanelClient, label: str, offset: int, limit: int) -> ExamplePage:
    try:
        response = client.call("ListExamples", label=label, offset=offset, limit=limit, pictures=True)
    except CommandError as error:
        return ExamplePage(fault=str(error))
    if response.code != response.OK:
        return ExamplePage(fault=response.message)
    return ExamplePage(tuple(response.examples), int(response.total))
