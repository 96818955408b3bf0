# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The command `vfrt fleet`."""

from vfrt_ros.cli.fleet.command import COMMAND

__all__ = ["COMMAND"]
