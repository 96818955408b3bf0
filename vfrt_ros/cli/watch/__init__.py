# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The command `vfrt watch`."""

from vfrt_ros.cli.watch.command import COMMAND

__all__ = ["COMMAND"]
