# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`python -m vfrt_ros.cli` is `vfrt`."""

from __future__ import annotations

from vfrt_ros.cli.entry_point import vfrt

vfrt()
