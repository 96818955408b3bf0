# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The command `vfrt live`."""

from vfrt_ros.cli.live.command import COMMAND

__all__ = ["COMMAND"]
