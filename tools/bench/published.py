# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The messages of one topic, passed through a function of a measurement as they are published."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def wrap_publishing(topic: str, wrap: Callable[[Callable[..., None]], Callable[..., None]]) -> None:
    """Replace rclpy's `Publisher.publish` for one topic, for the rest of this process.

    Args:
        topic: Its name as resolved, `/recognition`.
        wrap: Takes `publish(publisher, message)` and returns what is called instead.
    """
    from rclpy.publisher import Publisher

    publish = Publisher.publish
    wrapped = wrap(publish)

    def chosen(publisher: Any, message: Any) -> None:
        (wrapped if publisher.topic_name == topic else publish)(publisher, message)

    setattr(Publisher, "publish", chosen)  # noqa: B010 (mypy refuses to have a method assigned)
