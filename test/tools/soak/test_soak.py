# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The trial itself, for some seconds."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy")

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc"),
]


def soak(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.soak", "--minutes", "0.15", "--folder", str(folder), *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=110)


def test_some_seconds(tmp_path: Path) -> None:
    done = soak(tmp_path, "--fps", "10", "--command-every", "1")
    # Nine seconds are all warm-up: memory says nothing yet, answers do; how fast a busy machine is says nothing either.
    found = [line for line in done.stderr.splitlines() if line.startswith("VIOLATION")]
    assert [line for line in found if " MB" not in line and "frames a second arrived" not in line] == [], (
        done.stdout + done.stderr
    )
    assert re.search(r"[0-9]+ frames sent in .* s, [0-9]+ arrived", done.stdout)
    assert re.search(r"[1-9][0-9]* vfrt commands, 0 of which did not find", done.stdout)
    assert " 0 without a good answer" in done.stdout
    assert (tmp_path / "soak.png").is_file()
    for log in ("camera.log", "recognition.log"):
        assert "Traceback" not in (tmp_path / log).read_text()


def test_a_node_that_cannot_start_is_a_violation(tmp_path: Path) -> None:
    done = soak(tmp_path, "--backbone", "no_such_encoder")
    assert done.returncode == 1
    assert "VIOLATION no recognition at all" in done.stderr
    assert "VIOLATION recognition_node ended with 1" in done.stderr
