# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What `test/conftest.py` promises, seen by a run of pytest with the shell of somebody who uses vfrt."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")

HERE = Path(__file__).parent
SHELL = {
    "VFRT_NO_SUCH_PARAMETER": "1",
    "VFRT_MEMORY_PATH": "/nowhere/of/somebody/memory.db",
    "ROS_DOMAIN_ID": "999",
    "ROS_HOME": "/nowhere/of/somebody",
    "ROS_LOCALHOST_ONLY": "1",
    "RCUTILS_LOGGING_USE_STDOUT": "nonsense",
    "LC_ALL": "de_DE.ISO-8859-1",
    "LANGUAGE": "de",
}
CASES = f"""
import os
import subprocess
import sys

import pytest
import rclpy

def test_no_variable_of_the_shell_is_left():
    left = {{name for name, text in {SHELL!r}.items() if os.environ.get(name) == text}}
    assert not left

def test_a_program_that_is_started_speaks_utf_8():
    asked = [sys.executable, "-c", "print('ß')"]
    assert subprocess.run(asked, capture_output=True, check=True).stdout == "ß\\n".encode()

def test_that_fails_in_its_context():
    rclpy.init()
    raise AssertionError

def test_that_needs_a_context():
    rclpy.init()
    rclpy.try_shutdown()

@pytest.fixture(scope="module")
def shared():
    rclpy.init()
    yield
    rclpy.try_shutdown()

def test_that_shares_a_context(shared):
    assert rclpy.ok()

def test_that_shares_it_too(shared):
    assert rclpy.ok()
"""


def test_a_run_is_deaf_to_the_shell_and_one_failure_stays_one(tmp_path: Path) -> None:
    (tmp_path / "test_cases.py").write_text(CASES, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    path = os.pathsep.join([str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", "-v", str(tmp_path)],
        env={**os.environ, **SHELL, "PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )
    results = dict(re.findall(r"::(\w+) (PASSED|FAILED|ERROR)", run.stdout))
    assert len(results) == 6, run.stdout + run.stderr
    assert [name for name, result in results.items() if result != "PASSED"] == [
        "test_that_fails_in_its_context"
    ]
