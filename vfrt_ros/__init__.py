# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""vfrt: open-world recognition for ROS 2, taught by showing."""

__version__ = "1.0.0"
