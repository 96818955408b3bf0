# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Commands beside a trial: those that do not find their node are told."""

from __future__ import annotations

import pytest
from fixtures.waiting import wait_for

from tools.soak.commands import Commands

pytest.importorskip("rclpy")


@pytest.mark.e2e
def test_a_command_that_does_not_find_its_node(monkeypatch: pytest.MonkeyPatch, lonely_domain: int) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(lonely_domain))
    commands = Commands(every=0.0)
    commands.start()
    wait_for(lambda: commands.failures, "a failure", 60.0)
    commands.stop()
    assert "There is no node /recognition" in commands.failures[0]
    assert len(commands.failures) == commands.run
