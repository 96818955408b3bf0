# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The machine that is measured, and how much of it others used meanwhile."""

from __future__ import annotations

import os
import platform
import resource
from pathlib import Path
from typing import Any

from vfrt_ros.core.encoders.runtimes.cores import usable_cores

QUIET = 0.1
"""Share of the processor that others may use before figures are said to be disturbed."""


def describe() -> dict[str, Any]:
    """Processor, cores, what speeds up matrices, and versions."""
    flags = _processor("flags").split()
    wanted = (
        "avx2",
        "avx512f",
        "avx512_vnni",
        "avx_vnni",
        "avx512_bf16",
        "avx512_fp16",
        "amx_bf16",
        "amx_int8",
    )
    return {
        "processor": _processor("model name") or platform.machine(),
        "cores": usable_cores(),
        "matrix arithmetic": [flag for flag in wanted if flag in flags],
        "python": platform.python_version(),
        **_versions("torch", "transformers", "openvino", "faiss-cpu", "numpy", "opencv-python"),
    }


class Company:
    """How much of the processor others use, from now on."""

    def __init__(self) -> None:
        self._before = _busy()

    def share(self) -> float | None:
        """In [0, 1], of all cores, by processes that are not ours or our children's; None where nobody knows."""
        if self._before is None or (now := _busy()) is None:
            return None
        total, busy, own = (after - before for after, before in zip(now, self._before, strict=True))
        return min(1.0, max(0.0, busy - own) / total) if total > 0 else None


def _busy() -> tuple[float, float, float] | None:
    """Seconds that all cores have had, have worked, and have worked for us."""
    try:
        line = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    except OSError:
        return None
    values = [int(text) / os.sysconf("SC_CLK_TCK") for text in line]
    idle = values[3] + values[4]
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(values), sum(values) - idle, sum(entry.ru_utime + entry.ru_stime for entry in usage)


def _processor(key: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")


def _versions(*names: str) -> dict[str, str]:
    from importlib import metadata

    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
