# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""README's example without ROS, run as a person runs it: it ends cleanly, closed or not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import pytest
from fixtures.pictures import picture

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
RUNS = 20

UNCLOSED = """
import cv2
from vfrt_ros.core import RecognitionSettings, Recogniser

recogniser = Recogniser(RecognitionSettings(memory_path=":memory:", init_labels=("cat", "rocket")))
print(recogniser.recognise(cv2.imread("picture.jpg")))
"""


def readme() -> str:
    """The example as it stands."""
    found = re.search(r"```python\n(import cv2\n.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("code", [readme(), UNCLOSED], ids=["README's", "not closed"])
def test_a_script_ends_cleanly(tmp_path, code) -> None:
    # A sharp picture, whose thumbnail is on its way when the script ends.
    cv2.imwrite(str(tmp_path / "picture.jpg"), picture("red", size=(1280, 960)))
    (tmp_path / "script.py").write_text(
        code.replace("RecognitionSettings(", "RecognitionSettings(backbone='fake', ")
    )
    environment = {
        **os.environ,
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "ROS_HOME": str(tmp_path / "home"),
    }

    def run(number: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "script.py"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(run, range(RUNS)))
    assert [one.returncode for one in done] == [0] * RUNS, done[0].stderr
    assert all(one.stdout.startswith("Decision(") for one in done)
    assert not (tmp_path / "home").exists(), "nothing is written but the cache"
