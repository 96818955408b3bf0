# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Examples are fetched once for each version of the memory, and not again and again from a node that fails."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from vfrt_msgs.msg import Example
from vfrt_msgs.srv import ListExamples
from vfrt_ros.client.errors import ClientError
from vfrt_ros.panel import example_shelf
from vfrt_ros.panel.example_shelf import ExampleShelf


class Client:
    """A node with three examples, which counts how often it is asked, and fails where it is told to."""

    def __init__(self) -> None:
        self.memory = SimpleNamespace(version=1)
        self.asked = 0
        self.code, self.silent = ListExamples.Response.OK, False

    def call(self, service: str, seconds: float, *, offset: int, limit: int, **fields: Any) -> Any:
        self.asked += 1
        if self.silent:
            raise ClientError("no answer")
        examples = [Example(id=str(number)) for number in range(1, 4)][offset : offset + limit]
        return ListExamples.Response(code=self.code, message="said so", examples=examples, total=3)


def ids(page: Any) -> list[int]:
    return [int(example.id) for example in page.examples]


def test_a_page_is_fetched_once_for_each_version() -> None:
    client, shelf = Client(), ExampleShelf()
    assert ids(shelf.page(client, "cup", 0, 2)) == [1, 2]
    assert ids(shelf.page(client, "cup", 0, 2)) == [1, 2]
    assert client.asked == 1
    assert ids(shelf.page(client, "cup", 2, 2)) == [3]
    client.memory.version = 2
    assert shelf.page(client, "cup", 0, 2).total == 3
    assert client.asked == 3


def test_a_refusal_is_the_nodes_own_words(monkeypatch) -> None:
    client, shelf = Client(), ExampleShelf()
    client.code = ListExamples.Response.UNKNOWN_LABEL
    assert shelf.page(client, "cup", 0, 2).fault == "said so"


def test_after_a_fault_the_node_is_left_alone_for_a_while(monkeypatch) -> None:
    client, shelf = Client(), ExampleShelf()
    client.silent = True
    assert [shelf.page(client, label, 0, 1).fault for label in ("a", "b", "c")] == ["no answer"] * 3
    assert client.asked == 1
    client.silent = False
    monkeypatch.setattr(example_shelf.time, "monotonic", lambda: 1e12)
    assert ids(shelf.page(client, "a", 0, 1)) == [1]
