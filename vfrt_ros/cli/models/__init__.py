# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The command `vfrt models`."""

from vfrt_ros.cli.models.command import COMMAND

__all__ = ["COMMAND"]
