# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A client's world: a context of ROS in a domain of its own."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")

from nodes.conftest import ros

from tools.private_domain import take_domain

__all__ = ["ros"]


@pytest.fixture
def domain() -> int:
    """One of its own for each test."""
    return take_domain()
