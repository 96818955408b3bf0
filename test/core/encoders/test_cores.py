# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How many threads the forward pass gets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vfrt_ros.core.encoders.runtimes.cores import usable_cores

CASES = {
    "version 2, in a container": ("0::/", {"cpu.max": "150000 100000"}, 2),
    "version 2, no limit": ("0::/", {"cpu.max": "max 100000"}, 8),
    "version 2, of a group above": (
        "0::/a/b",
        {"a/cpu.max": "300000 100000", "a/b/cpu.max": "max 100000"},
        3,
    ),
    "version 2, the least counts": ("0::/a", {"cpu.max": "200000 100000", "a/cpu.max": "500000 100000"}, 2),
    "version 2, the host's path": ("0::/docker/123", {"cpu.max": "400000 100000"}, 4),
    "less than one core": ("0::/", {"cpu.max": "20000 100000"}, 1),
    "version 1": (
        "5:cpu,cpuacct:/a\n3:memory:/b",
        {"cpu/a/cpu.cfs_quota_us": "250000", "cpu/a/cpu.cfs_period_us": "100000"},
        3,
    ),
    "version 1, no limit": (
        "5:cpu:/",
        {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"},
        8,
    ),
    "nothing is mounted": ("0::/", {}, 8),
    "no control groups": (None, {}, 8),
    "what makes no sense": ("nonsense\n0::/", {"cpu.max": "0 0 0\n"}, 8),
}


@pytest.mark.parametrize(("groups", "files", "expected"), CASES.values(), ids=CASES)
def test_a_quota_counts_like_missing_cores(groups, files, expected, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    for name, text in files.items():
        (tmp_path / "mount" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mount" / name).write_text(text)
    if groups is not None:
        (tmp_path / "groups").write_text(groups)
    assert usable_cores(tmp_path / "groups", tmp_path / "mount") == expected


def test_affinity_counts_where_it_is_less(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3}, raising=False)
    (tmp_path / "cpu.max").write_text("400000 100000")
    (tmp_path / "groups").write_text("0::/")
    assert usable_cores(tmp_path / "groups", tmp_path) == 1
