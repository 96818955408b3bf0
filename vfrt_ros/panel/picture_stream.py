# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The newest overlay as a JPEG, fetched only while somebody watches.

The link's thread alone changes the list of watchers and the subscription; `watch` hands it that work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sensor_msgs.msg import CompressedImage

from vfrt_ros.client.ros_client import RosClient
from vfrt_ros.nodes import qos


class PictureStream:
    """Subscribes to a topic of JPEGs while at least one watcher is there."""

    def __init__(self, link: RosClient, topic: Callable[[], str]) -> None:
        """
        Args:
            topic: Where the pictures are now; asked when the first watcher comes and by `settle`.
        """
        self._link = link
        self._topic = topic
        self._watchers: list[Callable[[], None]] = []
        self._subscription: Any = None
        self._subscribed = ""
        self.newest = b""
        self.ended = False

    def end(self) -> None:
        """Wake all watchers for the last time; from any thread, also from a signal handler."""
        self.ended = True
        for news in tuple(self._watchers):
            news()

    @property
    def watched(self) -> bool:
        """Whether the topic is subscribed to."""
        return self._subscription is not None

    @contextmanager
    def watch(self, news: Callable[[], None]) -> Iterator[None]:
        """Have `news` called in the link's thread for each new picture."""
        self._link.do(lambda: self._add(news))
        try:
            yield
        finally:
            self._link.do(lambda: self._remove(news))

    def settle(self) -> None:
        """Follow the node to where it publishes now; in the link's thread."""
        if self.watched and self._topic() != self._subscribed:
            self._unsubscribe()
            self._subscribe()

    def _add(self, news: Callable[[], None]) -> None:
        self._watchers.append(news)
        if not self.watched:
            self._subscribe()

    def _remove(self, news: Callable[[], None]) -> None:
        self._watchers.remove(news)
        if not self._watchers:
            self._unsubscribe()

    def _subscribe(self) -> None:
        self._subscribed = self._topic()
        profile = qos.overlay()
        self._subscription = self._link.subscribe(CompressedImage, self._subscribed, self._take, profile)

    def _unsubscribe(self) -> None:
        self._link.unsubscribe(self._subscription)
        self._subscription = None
        self.newest = b""

    def _take(self, message: CompressedImage) -> None:
        self.newest = bytes(message.data)
        for news in tuple(self._watchers):
            news()
