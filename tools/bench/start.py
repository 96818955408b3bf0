# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""From the command line to the first Recognition, when everything was compiled by an earlier start."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tools.bench.random_clip import clip
from tools.bench.row import BenchRow
from tools.bench.served import Served
from vfrt_ros.bench.isolated import isolated
from vfrt_ros.bench.spread import spread

TARGET = 3.0


def measure(quick: bool) -> list[BenchRow]:
    """A row for CLIP and one for the embedded encoder."""
    return [
        _row(name, backbone, 1 if quick else 5)
        for name, backbone in (("CLIP", clip()[0]), ("embedded", "embedded"))
    ]


def _row(name: str, backbone: str, count: int) -> BenchRow:
    found = isolated(watch, backbone=backbone, count=count)
    start, torch = found["seconds"], found["torch seconds"]
    allowed = TARGET + (torch["median"] if found["torch imported"] else 0.0)
    how = "torch imported" if found["torch imported"] else "torch not imported"
    return BenchRow(
        f"second start to first Recognition ({name})",
        f"< {TARGET:g} s beyond importing torch, or without importing it",
        f"{start['median']:.2f} s ({start['low']:.2f} … {start['high']:.2f}), {how} "
        f"(importing it alone takes {torch['median']:.2f} s)",
        start["median"] < allowed,
        {f"start, {name}": allowed / start["median"]},
        found,
    )


def watch(backbone: str, count: int) -> dict[str, Any]:
    """Start the node `count` times, after one start that fills the caches."""
    took, imported = [], False
    for number in range(count + 1):
        seconds, imported = _start(backbone)
        if number:
            took.append(seconds)
    return {
        "seconds": spread(took).as_dict(),
        "torch seconds": spread([_import_torch() for _ in range(count)]).as_dict(),
        "torch imported": imported,
    }


def _start(backbone: str) -> tuple[float, bool]:
    with tempfile.TemporaryDirectory() as folder:
        values = {
            "backbone": backbone, "memory_path": str(Path(folder) / "memory.db"), "init_labels": "[cat, rocket]",
        }  # fmt: skip
        pairs = [part for name, value in values.items() for part in ("-p", f"{name}:={value}")]
        command = [sys.executable, "-m", "vfrt_ros.nodes.recognition_node", "--ros-args", *pairs]
        started = time.time()
        with Served(command, Path(folder) / "node.log") as node:
            node.start_camera(30.0)
            seconds = node.first_answer().at - started
            return seconds, any(name.startswith("libtorch") for name in node.libraries())


def _import_torch() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    return time.perf_counter() - start
