# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A demo that runs: camera, recognition and panel, each in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from nodes.node_process import NodeProcess
from ui.panel_process import PanelProcess

from vfrt_ros.cli.set import change, current
from vfrt_ros.client.node_client import NodeClient
from vfrt_ros.nodes import names

ADDRESS = "/recognition"
PATIENCE = 30.0
"""Seconds; beside a browser that draws by software a newcomer may hear of the others late."""
ATTEMPTS = 5


class LiveSystem:
    """Camera and recognition; a context manager that ends all it started.

    Args:
        folder: For memory, snapshots and logs.
        backbone: Encoder.
        labels: With prompts.
        fps: Of the camera.
    """

    def __init__(
        self, folder: Path, backbone: str = "fake", labels: tuple[str, ...] = (), fps: float = 10.0
    ) -> None:
        self._folder = folder
        self._arguments = ["-r", f"image:={names.IMAGE_RAW}", "-p", f"backbone:={backbone}"]
        if labels:
            self._arguments += ["-p", f"init_labels:=[{', '.join(labels)}]"]
        self._camera = NodeProcess(folder, "camera_node", "-p", "source:=demo", "-p", f"fps:={fps}")
        self._panel: PanelProcess | None = None
        self.start()

    def __enter__(self) -> LiveSystem:
        return self

    def __exit__(self, *_: object) -> None:
        if self._panel:
            self._panel.kill()
        self._recognition.kill()
        self._camera.kill()

    def start(self) -> None:
        """Start the recognition node, which keeps its memory from the last time."""
        self._recognition = NodeProcess(self._folder, "recognition_node", *self._arguments)

    def kill(self) -> None:
        """End the recognition node as a crash would."""
        self._recognition.send(signal.SIGKILL)
        self._recognition.status()

    def panel(self) -> str:
        """Start the panel; its address."""
        self._panel = PanelProcess(self._folder / "panel.log")
        return self._panel.address

    @property
    def panel_address(self) -> str:
        """Of the panel that was started."""
        assert self._panel is not None
        return self._panel.address

    def command(self, *arguments: str) -> None:
        """Run `vfrt` in a process of its own; again where it did not hear of the node in its short time."""
        for _ in range(ATTEMPTS):
            done = subprocess.run(
                [sys.executable, "-m", "vfrt_ros.cli", *arguments], capture_output=True, text=True
            )
            if "There is no node" not in done.stderr:
                break
        assert done.returncode == 0, done.stderr

    def value(self, name: str) -> Any:
        """A parameter as the node has it."""
        with NodeClient(ADDRESS, patience=PATIENCE) as client:
            return current(client, name).value

    def set(self, name: str, value: str) -> None:
        """Set a parameter, as `vfrt set` and `ros2 param set` do."""
        with NodeClient(ADDRESS, patience=PATIENCE) as client:
            change(client, name, value)
