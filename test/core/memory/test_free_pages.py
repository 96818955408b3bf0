# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from vfrt_ros.core.memory.folded_log import give_back_free_pages

PAGES = 8_000


def resident() -> int:
    """Pages of this process in RAM."""
    return int(Path("/proc/self/statm").read_text().split()[1])


def test_holes_between_objects_that_stay_go_back() -> None:
    if not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.skip("this C library is not glibc")
    going, staying = [], []
    for _ in range(PAGES // 4):
        going.append(bytearray(16_000))
        staying.append(bytearray(600))
    for each in going:
        each[::4096] = b"x" * len(each[::4096])
    going.clear()
    before = resident()
    give_back_free_pages()
    assert before - resident() > PAGES // 2
    assert len(staying) == PAGES // 4


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def load(name: object) -> object:
        asked.append(name)
        return object()

    monkeypatch.setattr(ctypes, "CDLL", load)
    give_back_free_pages()
    assert asked == [None]
