# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The command `vfrt memory`."""

from vfrt_ros.cli.memory.command import COMMAND

__all__ = ["COMMAND"]
