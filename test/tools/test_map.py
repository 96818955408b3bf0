# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The map: every place that it names exists, and its pictures are those that the code gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.architecture.__main__ import PAGE, made
from tools.architecture.places import ROOT, is_there, starts_threads
from tools.architecture.threads import THREADS, unlisted
from tools.architecture.ways import FRAME, REGISTRATION, THREAD_COLOURS
from tools.import_graph import CORE_LAYERS, LAYERS

PLACES = sorted({f"vfrt_ros.{stop.place}" for stop in (*FRAME, *REGISTRATION)})


@pytest.mark.parametrize("place", PLACES)
def test_every_step_of_a_way_names_a_place_that_exists(place) -> None:
    assert is_there(place)


def test_the_pictures_and_the_table_are_those_that_the_code_gives() -> None:
    stale = [str(path.relative_to(ROOT)) for path, text in made().items() if path.read_text("utf-8") != text]
    assert not stale, f"{stale} differ from the code: run make map"


def test_every_thread_that_is_started_has_its_row() -> None:
    assert unlisted() == []


def test_every_step_is_in_a_thread_that_has_a_colour() -> None:
    assert {stop.thread for stop in (*FRAME, *REGISTRATION)} == set(THREAD_COLOURS)


STARTS = {
    "a thread": ("import threading\nthreading.Thread(target=print).start()", True),
    "a subclass": ("class Reading(threading.Thread): ...", True),
    "a pool": ("pool = ThreadPoolExecutor(1)", True),
    "work ahead": ("work_ahead.start(print, 'x')", True),
    "a hint alone": ("worker: threading.Thread | None = None", False),
}


@pytest.mark.parametrize(("source", "starts"), STARTS.values(), ids=STARTS.keys())
def test_what_starts_a_thread(tmp_path: Path, source: str, starts: bool) -> None:
    (tmp_path / "some.py").write_text(source)
    assert starts_threads(tmp_path / "some.py") is starts


def test_what_does_not_exist_is_found_out() -> None:
    assert not is_there("vfrt_ros.core.recogniser:Recogniser.fly")
    assert not is_there("vfrt_ros.core.nowhere:Recogniser")
    assert is_there("vfrt_ros.core.memory")


def test_the_page_names_folders_and_files_that_exist() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z/]+)`(?:, `([a-z/]+)`)? \|", page, re.MULTILINE)
    named = {name for row in rows for name in row if name}
    assert {*(f"core/{name}" for name in CORE_LAYERS)} <= named
    assert {name for name in LAYERS if (ROOT / "vfrt_ros" / name).is_dir()} <= named
    for path in re.findall(r"`((?:core|nodes)/[\w/]+\.py)`", page):
        assert (ROOT / "vfrt_ros" / path).is_file(), path
    assert len(THREADS) == page.count("](../vfrt_ros/")
