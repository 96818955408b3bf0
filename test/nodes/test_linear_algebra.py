# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How many threads linear algebra has in a node's process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytest.importorskip("threadpoolctl", reason="threadpoolctl is not installed")

_ASK = (
    "import vfrt_ros.nodes.recognition_node, threadpoolctl; "
    "print({pool['num_threads'] for pool in threadpoolctl.threadpool_info() if 'numpy' in pool['filepath']})"
)


@pytest.mark.parametrize(("given", "expected"), [(None, "{1}"), ("2", "{2}")])
def test_one_thread_unless_somebody_says_otherwise(given: str | None, expected: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    if given is not None:
        environment["OPENBLAS_NUM_THREADS"] = given
    asked = subprocess.run([sys.executable, "-c", _ASK], env=environment, capture_output=True, text=True)
    if asked.stdout.strip() == "set()":
        pytest.skip("numpy here brings no linear algebra of its own")
    assert asked.stdout.strip() == expected, asked.stderr
