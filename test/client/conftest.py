# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A client's world: a context of ROS in a domain of its own."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")

from nodes.conftest import ros

__all__ = ["ros"]


@pytest.fixture
def domain(lonely_domain: int) -> int:
    """One of its own for each test."""
    return lonely_domain
