# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How many cores this process may use, by its affinity and by the quota of its container."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

_GROUPS = Path("/proc/self/cgroup")
_MOUNT = Path("/sys/fs/cgroup")


def usable_cores(groups: Path = _GROUPS, mount: Path = _MOUNT) -> int:
    """Cores that the process may run on, at most as many as its quota keeps busy; at least 1.

    A container with `--cpus 2` sees all cores of its machine; as many threads would use up the quota early in
    each period and then all stand still until the next.

    Args:
        groups: The control groups of this process.
        mount: Where their files are.

    Source: Linux, Documentation/admin-guide/cgroup-v2.rst, `cpu.max`; cgroup-v1's `cpu.cfs_quota_us`.
    """
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([able, *(math.ceil(share) for share in _quotas(groups, mount))]))


def _quotas(groups: Path, mount: Path) -> Iterator[float]:
    """Cores' worth of time that each group above this process allows; groups without a limit are left out."""
    for controllers, own in _groups(groups):
        version_1 = "cpu" in controllers.split(",")
        if controllers and not version_1:
            continue
        top = mount / "cpu" if version_1 else mount
        place = Path(own.lstrip("/"))
        # In a container the path may be the host's: then only the top is there.
        for folder in (top / place, *(top / above for above in place.parents)):
            share = _share_1(folder) if version_1 else _share_2(folder)
            if share is not None:
                yield share


def _groups(file: Path) -> Iterator[tuple[str, str]]:
    """Controllers, empty for version 2, and path of each control group."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        parts = line.split(":", 2)
        if len(parts) == 3:
            yield parts[1], parts[2]


def _share_2(folder: Path) -> float | None:
    words = _words(folder / "cpu.max")
    return _divided(words[0], words[1]) if len(words) == 2 else None


def _share_1(folder: Path) -> float | None:
    words = [*_words(folder / "cpu.cfs_quota_us"), *_words(folder / "cpu.cfs_period_us")]
    return _divided(words[0], words[1]) if len(words) == 2 else None


def _words(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").split()
    except OSError:
        return []


def _divided(quota: str, period: str) -> float | None:
    """None where there is no limit: `max`, or -1 in version 1."""
    if not quota.isdecimal() or not period.isdecimal() or not int(quota) or not int(period):
        return None
    return int(quota) / int(period)
