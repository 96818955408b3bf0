# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The programs `camera_node` and `recognition_node`: each hears signals before it imports what takes seconds."""

from __future__ import annotations

from vfrt_ros.middleware import exit_without_middleware
from vfrt_ros.nodes.stop_signals import end_at_once


def camera_node() -> int:
    """Run the camera node; returns its exit status."""
    end_at_once()
    exit_without_middleware()
    from vfrt_ros.nodes.camera_node import main

    return main()


def recognition_node() -> None:
    """Run the recognition node, which ends the process."""
    end_at_once()
    exit_without_middleware()
    from vfrt_ros.nodes.recognition_node import main

    main()
