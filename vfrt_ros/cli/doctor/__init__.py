# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The command `vfrt doctor`."""

from vfrt_ros.cli.doctor.command import COMMAND

__all__ = ["COMMAND"]
