# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The installed programs end quietly by Ctrl-C from their first line on, may begin processes of their own, and name a
middleware that is missing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from vfrt_ros.middleware import missing_middleware

PRESS = "import os, signal, time; os.kill(os.getpid(), signal.{}); time.sleep(60)"
PROGRAMS = {"vfrt": 130, "camera_node": 0, "recognition_node": 0}


def installed(name: str) -> Path:
    """The program of this name in the first prefix that has it."""
    prefixes = [Path(prefix) for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)]
    found = [path for prefix in prefixes if (path := prefix / "lib" / "vfrt_ros" / name).is_file()]
    if not found:
        pytest.skip("vfrt_ros is not installed: run the tests with `make test`")
    return found[0]


@pytest.mark.parametrize(("name", "status"), PROGRAMS.items())
def test_ctrl_c_while_the_package_is_imported_leaves_no_traceback(
    name: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vfrt_ros").mkdir()
    (tmp_path / "vfrt_ros" / "__init__.py").write_text(PRESS.format("SIGINT"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        ended = subprocess.run([installed(name)], capture_output=True, text=True, timeout=60)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (ended.returncode, ended.stdout, ended.stderr) == (status, "", "")


def test_an_evaluation_spreads_over_processes(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for label in ("cup", "pen"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(4):
            picture = random.integers(0, 255, (48, 64, 3), np.uint8)
            cv2.imwrite(str(tmp_path / "data" / label / f"{number}.png"), picture)
    asked = ["--backbone", "fake", "--ways", "2", "--shots", "1", "--episodes", "2", "--jobs", "2", "--json"]
    ended = subprocess.run(
        [installed("vfrt"), "eval", tmp_path / "data", *asked], capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)


def test_env_sh_puts_the_venv_before_a_python_that_stands_before_it(tmp_path: Path) -> None:
    installed("vfrt")
    venv, other = Path(sys.prefix), tmp_path / "python"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin:{venv / 'bin'}"
    script = f"source {Path(__file__).parents[1] / 'env.sh'} && command -v python"
    ended = subprocess.run(
        ["/bin/bash", "-c", script], env={"PATH": path, "HOME": str(tmp_path)}, capture_output=True, text=True
    )
    assert (ended.stdout.strip(), ended.stderr) == (str(venv / "bin" / "python"), "")


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """An install with two middlewares."""
    index = tmp_path / "share/ament_index/resource_index/rmw_typesupport"
    index.mkdir(parents=True)
    for name in ("rmw_fastrtps_cpp", "rmw_zenoh_cpp", "rmw_implementation"):
        (index / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ("rmw_fastrtps_cpp", ""),
        ("", ""),
        (
            "nosuch",
            "RMW_IMPLEMENTATION is 'nosuch', which is not installed; there is rmw_fastrtps_cpp, rmw_zenoh_cpp. "
            "Set it to that, or `unset RMW_IMPLEMENTATION`.",
        ),
        (
            "rmw_fastrtp_cpp",
            "RMW_IMPLEMENTATION is 'rmw_fastrtp_cpp', which is not installed; there is rmw_fastrtps_cpp, "
            "rmw_zenoh_cpp. Did you mean 'rmw_fastrtps_cpp'? Set it to that, or `unset RMW_IMPLEMENTATION`, or install "
            "ros-$ROS_DISTRO-rmw-fastrtp-cpp.",
        ),
        ("rmw_implementation", "RMW_IMPLEMENTATION is 'rmw_implementation', which is not installed; "),
    ],
)
def test_a_missing_middleware_is_named(prefix: Path, named: str, text: str) -> None:
    told = missing_middleware({"RMW_IMPLEMENTATION": named, "AMENT_PREFIX_PATH": str(prefix)}, prefix="")
    assert told.startswith(text) and bool(told) == bool(text)


def test_where_no_install_tells_nothing_is_refused(tmp_path: Path) -> None:
    assert (
        missing_middleware({"RMW_IMPLEMENTATION": "nosuch", "AMENT_PREFIX_PATH": str(tmp_path)}, prefix="")
        == ""
    )


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["camera_node"], "RMW_IMPLEMENTATION is 'nosuch'"),
        (["recognition_node"], "RMW_IMPLEMENTATION is 'nosuch'"),
        (["vfrt", "labels"], "vfrt labels: RMW_IMPLEMENTATION is 'nosuch'"),
    ],
)
def test_a_program_says_so_in_one_line(
    command: list[str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")
    monkeypatch.setenv("RMW_IMPLEMENTATION", "nosuch")
    ended = subprocess.run([installed(command[0]), *command[1:]], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(says) and len(ended.stderr.splitlines()) == 1
