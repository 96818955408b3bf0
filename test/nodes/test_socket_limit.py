# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A camera on another host and small sockets here are told before a picture is lost."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")

from rclpy.event_handler import SubscriptionEventCallbacks

from vfrt_ros.nodes import names
from vfrt_ros.nodes.loss_watch import LossWatch

HERE, THERE = bytes((1, 15, 7, 7)), bytes((1, 15, 9, 9))


class Listening:
    """A node that hears one publisher of images."""

    def __init__(self, host: bytes) -> None:
        self.said: list[str] = []
        self.gids = {
            "/image": host + bytes(12),
            "/image/compressed": host + bytes(12),
            names.DIAGNOSTICS: HERE,
        }

    def resolve_topic_name(self, topic: str) -> str:
        return f"/{topic}"

    def get_name(self) -> str:
        return "recognition"

    def get_namespace(self) -> str:
        return "/"

    def get_publishers_info_by_topic(self, topic: str) -> list[Any]:
        gid = self.gids[topic]
        return [SimpleNamespace(endpoint_gid=gid, node_name="recognition", node_namespace="/")] if gid else []

    def get_logger(self) -> Any:
        return SimpleNamespace(warning=self.said.append)


CASES = {
    "another host": (THERE, "image", 212992, True),
    "this host": (HERE, "image", 212992, False),
    "room enough": (THERE, "image", 4194304, False),
    "compressed": (THERE, "image/compressed", 212992, False),
    "a system that does not tell": (THERE, "image", None, False),
}


@pytest.mark.parametrize(("host", "topic", "limit", "is_told"), CASES.values(), ids=CASES)
def test_it_is_told_once_where_it_matters(
    host: bytes, topic: str, limit: int | None, is_told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vfrt_ros.nodes.loss_watch.receive_limit", lambda: limit)
    node = Listening(host)
    watch = LossWatch(node)  # type: ignore[arg-type]
    watch.listen(topic, lambda message: None, SubscriptionEventCallbacks())
    watch.look()
    watch.look()
    assert len(node.said) == is_told
    assert all("net.core.rmem_max=4194304" in line for line in node.said)


def test_a_camera_that_comes_later_is_looked_at_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vfrt_ros.nodes.loss_watch.receive_limit", lambda: 212992)
    node = Listening(b"")
    node.gids["/image"] = b""
    watch = LossWatch(node)  # type: ignore[arg-type]
    watch.listen("image", lambda message: None, SubscriptionEventCallbacks())
    watch.look()
    assert node.said == []
    node.gids["/image"] = THERE + bytes(12)
    watch.look()
    assert len(node.said) == 1
