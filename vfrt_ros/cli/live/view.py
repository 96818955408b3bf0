# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The screen of `vfrt live` while its nodes run.

A thread of its own hears the recognitions, so that rclpy comes to life only after this process has forked the
nodes. That thread writes to the screen, as does the main thread with the nodes' lines; the screen takes both.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

from vfrt_ros.cli.watch.recognition_screen import RecognitionScreen
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.types.errors import VfrtError

if TYPE_CHECKING:
    from vfrt_ros.client.node_client import NodeClient

STARTUP_SECONDS = 3600.0  # a first start may fetch weights; a node that dies ends the wait
_JOIN_SECONDS = 3.0


class LiveView:
    """Shows what one recognition node publishes and registers a label from the first frames."""

    def __init__(self, address: str, screen: RecognitionScreen, label: str = "", camera: str = "") -> None:
        """
        Args:
            label: What the first frames show; empty = nothing is registered.
            camera: Whose frames those are; empty = the only one.
        """
        self._address = address
        self._screen = screen
        self._label = label
        self._camera = camera
        self._seen = 0
        self._client: NodeClient | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live view", daemon=True)
        self.failure = ""

    def start(self) -> None:
        """Begin; the nodes need not be ready."""
        self._screen.wait("waiting for the first recognition …")
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        self._stopped.set()
        if self._client:
            self._client.stop()
        if self._thread.is_alive():
            self._thread.join(_JOIN_SECONDS)

    def say(self, text: str, style: str = "dim") -> None:
        """A line that stays; where nobody reads any more, the nodes are ended."""
        try:
            self._screen.say(text, style)
        except BrokenPipeError:
            _end_this_process()

    def _run(self) -> None:
        try:
            self._watch()
        except BrokenPipeError:
            _end_this_process()
        except VfrtError as error:
            self._fail(str(error))
        except ModuleNotFoundError as error:
            self._fail(f"The Python package {error.name} is missing: `source env.sh` in this shell first.")

    def _fail(self, text: str) -> None:
        if not self._stopped.is_set():
            self.failure = text
            _end_this_process()

    def _watch(self) -> None:
        from diagnostic_msgs.msg import DiagnosticArray

        from vfrt_msgs.msg import Recognition
        from vfrt_ros.client.node_client import NodeClient
        from vfrt_ros.nodes import names, qos

        with NodeClient(self._address, patience=STARTUP_SECONDS) as client:
            self._client = client
            if self._stopped.is_set():
                return
            client.subscribe(Recognition, self._take)
            client.hear(DiagnosticArray, names.DIAGNOSTICS, self._take_diagnostics, qos.diagnostics())
            if self._label and client.spin(lambda: self._seen >= _frames_to_register()):
                self._register(client)
            client.spin(lambda: False)

    def _take(self, recognition: Any) -> None:
        self._seen += recognition.camera == self._camera
        self._screen.show(recognition)

    def _take_diagnostics(self, message: Any) -> None:
        """Show what share of the frames gets lost; the node's own log line has said what to do."""
        from vfrt_ros.nodes.loss_cause import Cause
        from vfrt_ros.nodes.loss_values import told_loss

        told = told_loss(message.status, self._address)
        if told is not None:
            lossy = told.cause is not Cause.NONE
            self._screen.remark(f"{told.share:.0%} of the frames get lost on the way" if lossy else "")

    def _register(self, client: NodeClient) -> None:
        from vfrt_msgs.srv import Register

        response = client.call(Register, Register.Request(label=self._label, camera=self._camera))
        self._screen.say(f"register {self._label}: {response.message}")


def _frames_to_register() -> int:
    return int(RecognitionSettings.parameters()["register_frames"].default)


def _end_this_process() -> None:
    """Ask the main thread to end the nodes."""
    os.kill(os.getpid(), signal.SIGTERM)
