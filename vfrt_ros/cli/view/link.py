# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The link of `vfrt view` to a node: a thread that hears its overlay and carries out what is asked for.

The thread alone uses the ROS client. The window's thread reads `picture`, one reference at a time, asks by
`ask` and takes the answers from `notices`, both queues. A node that goes away is looked for until it is back.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from vfrt_ros.cli.command import CommandError
from vfrt_ros.cli.view.actions import carry_out
from vfrt_ros.cli.view.keys import Wish
from vfrt_ros.core.report.lettering import Picture
from vfrt_ros.core.types.errors import FrameError, VfrtError

if TYPE_CHECKING:
    from vfrt_ros.client.node_client import NodeClient

SILENCE_SECONDS = 2.0
WAITING = "This window waits for it."
_TURN_SECONDS = 0.05
_JOIN_SECONDS = 5.0


class ViewLink:
    """Hears the overlay of one node."""

    def __init__(self, address: str, *, compressed: bool = False, camera: str = "") -> None:
        """
        Args:
            address: Full name of the node.
            compressed: Hear `overlay/compressed`, for a node at the other end of a slow network.
            camera: Which of several is shown and taught; empty = the first.
        """
        self._address = address
        self._compressed = compressed
        self._camera = camera
        self._wishes: queue.Queue[Wish] = queue.Queue()
        self._stopped = threading.Event()
        self._client: NodeClient | None = None
        self._heard = 0.0
        self._thread = threading.Thread(target=self._run, name="view link", daemon=True)
        self.notices: queue.Queue[list[str]] = queue.Queue()
        self.picture: Picture | None = None
        """The newest overlay, (H, W, 3) uint8 BGR; a new array each time."""
        self.trouble = f"Waiting for {address} …"
        """Why there is no new picture; empty where all is well."""
        self.failure: BaseException | None = None
        """The error that ended the thread; None = it runs, or `stop` ended it."""

    def start(self) -> None:
        """Begin to look for the node."""
        self._thread.start()

    def stop(self) -> None:
        """Leave the graph."""
        self._stopped.set()
        if client := self._client:
            client.stop()
        if self._thread.is_alive():
            self._thread.join(_JOIN_SECONDS)

    def ask(self, wish: Wish) -> None:
        """Have this done; the answer comes as a notice."""
        self._wishes.put(wish)

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                self._visit()
        except BaseException as error:  # handed to the window's thread, which ends with it
            self.failure = error

    def _visit(self) -> None:
        """Hear the node until it goes away."""
        from vfrt_ros.client.node_client import NodeClient

        self._client = NodeClient(self._address)
        if self._stopped.is_set():
            return
        with self._client as client:
            try:
                self._subscribe(client)
                while not self._stopped.is_set():
                    client.spin(lambda: not self._wishes.empty(), _TURN_SECONDS)
                    self._carry_out(client)
                    self._check(client)
            except VfrtError as error:
                self.trouble = f"{error} {WAITING}"
                self._drop_wishes()
            finally:
                self._client = None

    def _subscribe(self, client: NodeClient) -> None:
        from sensor_msgs.msg import CompressedImage, Image

        from vfrt_ros.nodes import qos

        kind = CompressedImage if self._compressed else Image
        if not self._camera and len(client.topics(kind, qos.overlay())) > 1:
            self._camera = client.cameras()[0]
        client.subscribe(kind, self._take, qos.overlay(), camera=self._camera)
        self._heard = time.monotonic()

    def _take(self, message: Any) -> None:
        from vfrt_ros.nodes.conversions import frame_from_compressed, frame_from_image

        self._heard = time.monotonic()
        try:
            self.picture = (frame_from_compressed if self._compressed else frame_from_image)(message)
            self.trouble = ""
        except FrameError as error:
            self.trouble = f"An overlay cannot be shown: {error}"

    def _check(self, client: NodeClient) -> None:
        """Notice silence, and tell a node that is gone from one that has nothing to show."""
        if time.monotonic() - self._heard < SILENCE_SECONDS:
            return
        if not client.is_there():
            raise CommandError(f"{self._address} has ended.")
        self.trouble = f"{self._address} shows nothing: is its camera running? `vfrt doctor` tells."

    def _carry_out(self, client: NodeClient) -> None:
        while not self._wishes.empty() and not self._stopped.is_set():
            wish = self._wishes.get()
            try:
                self.notices.put(carry_out(client, wish, self._camera))
            except VfrtError as error:
                self.notices.put([f"Not done ({wish.act.value}): {error}"])

    def _drop_wishes(self) -> None:
        while not self._wishes.empty():
            wish = self._wishes.get()
            self.notices.put([f"Not done ({wish.act.value}): {self._address} is not there."])
