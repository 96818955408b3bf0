# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What `make discovery` calls good, and that it finds Fast DDS without our settings wanting."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import discovery

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("times", "missed"),
    [([1.0] * 100, 0), ([1.0] * 99 + [None], 1), ([1.0] * 97 + [3.5] * 3, 1), ([None], 1)],
    ids=["all found", "one not found", "three late", "none"],
)
def test_a_missed_bar_is_counted(
    times: list[float | None], missed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = discovery.Verdict()
    verdict.show_times("commands", times)
    assert verdict.missed == missed
    assert capsys.readouterr().out.startswith("MISSED") is bool(missed)


@pytest.mark.parametrize(
    ("transports", "status"),
    [("", 0), ("DEFAULT", 1)],
    ids=["our profile", "Fast DDS as it comes"],
)
def test_frames_are_judged(transports: str, status: int) -> None:
    pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")
    ran = subprocess.run(
        [sys.executable, "-m", "tools.discovery",
         "--commands", "0", "--late", "0", "--seconds", "3", "--sizes", "640x480",
         "--fps", "5", "--ranges", "LOCALHOST"],
        capture_output=True, text=True, timeout=120, cwd=ROOT,
        env={**os.environ, "FASTDDS_BUILTIN_TRANSPORTS": transports},
    )  # fmt: skip
    assert ran.returncode == status, ran.stdout + ran.stderr
