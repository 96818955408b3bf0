# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The command `vfrt eval`."""

from vfrt_ros.cli.eval.command import COMMAND

__all__ = ["COMMAND"]
