# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The command `vfrt view`."""

from vfrt_ros.cli.view.command import COMMAND

__all__ = ["COMMAND"]
