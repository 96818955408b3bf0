# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The program `vfrt`: it hears Ctrl-C before it imports what takes a while."""

from __future__ import annotations

import os
import sys

from vfrt_ros.cli.interrupt import end_at_once
from vfrt_ros.middleware import refuse_rclpy_without_middleware


def vfrt() -> None:
    """Run `vfrt` with the process's arguments, and end the process."""
    end_at_once()
    refuse_rclpy_without_middleware()
    from vfrt_ros.cli.main import main

    status = main()
    end_at_once()
    try:
        sys.stdout.flush()
    except OSError:  # the reader has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)
