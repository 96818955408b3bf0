# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Rows, the file, the plot, the policy and the advice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.bench import machine, plot, policy, report
from tools.bench.__main__ import main
from tools.bench.row import BenchRow, failed
from tools.bench.stopwatch import Stopwatch
from vfrt_ros.bench.advice import TimedOption, as_dict, choose, words
from vfrt_ros.bench.isolated import BenchError

SEARCH = {str(size): {"us": 10.0 * size, "bare us": 9.0 * size} for size in (1000, 10_000)}
ROWS = [
    BenchRow("search", "within 10 %", "+3 %", True, {"search against bare FAISS": 0.97}, SEARCH),
    BenchRow("speed", "≥ 3.5 ×", "2.1 ×", False, {"clip": 2.1}),
    failed("int8", "≥ 5 ×", "no such precision"),
]


def test_everything_is_written_and_drawn(tmp_path, capsys) -> None:
    about = machine.describe()
    report.show(ROWS, about, 0.5)
    report.write(tmp_path / "out" / "bench.json", ROWS, about, 0.5, quick=True)
    printed = capsys.readouterr().out
    assert all(word in printed for word in ("not reached", "not measured: no such", "Others used 50%"))
    written = json.loads((tmp_path / "out" / "bench.json").read_text())
    assert [row["reached"] for row in written["rows"]] == [True, False, None]
    assert plot.draw(ROWS, tmp_path / "search.png")
    assert (tmp_path / "search.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_search_there_is_nothing_to_draw(tmp_path) -> None:
    assert not plot.draw(ROWS[1:], tmp_path / "search.png")


FALLS = {
    "the same": ({"clip": 2.1}, 0),
    "better": ({"clip": 9.0}, 0),
    "a little worse, as runs differ": ({"clip": 2.1 * 0.86}, 0),
    "worse": ({"clip": 2.1 * 0.84}, 1),
    "a rate may fall less": ({"rate": 0.9}, 1),
    "not measured this time": ({}, 0),
    "new": ({"embedded": 1.0}, 0),
}


@pytest.mark.parametrize(("now", "count"), FALLS.values(), ids=FALLS.keys())
def test_the_policy(now, count) -> None:
    assert len(policy.falls(now, {"clip": 2.1, "rate": 1.0})) == count


HERE = {"processor": "one", "cores": 2, "matrix arithmetic": ["avx2"]}


def test_ratios_of_each_kind_of_machine_stand_beside_each_other(tmp_path) -> None:
    path = tmp_path / "bench" / "ratios.json"
    policy.write(path, {"clip": 9.0}, HERE)
    policy.write(path, {"clip": 4.0}, HERE | {"matrix arithmetic": ["avx2", "amx_bf16"]})
    policy.write(path, policy.ratios_of(ROWS), HERE | {"processor": "another of the same kind"})
    assert policy.read(path, HERE) == {"search against bare FAISS": 0.97, "clip": 2.1}
    assert policy.read(path, HERE | {"matrix arithmetic": ["amx_bf16"]}) == {"clip": 4.0}


def test_ratios_of_another_kind_of_machine_are_not_used(tmp_path) -> None:
    path = tmp_path / "ratios.json"
    policy.write(path, {}, HERE)
    with pytest.raises(BenchError, match=r"no ratios of AVX2 with 4 cores \(it has: AVX2 with 2 cores\)"):
        policy.read(path, HERE | {"cores": 4})


def test_the_committed_ratios_can_be_read() -> None:
    assert policy.read(Path(__file__).parents[3] / policy.RATIOS, HERE)["clip"] > 1


def test_ratios_that_cannot_be_read_are_not_written_over(tmp_path) -> None:
    path = tmp_path / "ratios.json"
    path.write_text("{}")
    with pytest.raises(BenchError, match="cannot be read"):
        policy.write(path, {}, HERE)
    assert path.read_text() == "{}"


def test_ratios_that_are_not_there_are_told(tmp_path) -> None:
    with pytest.raises(BenchError, match="cannot be read"):
        policy.read(tmp_path / "none.json", HERE)


def test_an_unknown_part_is_wrong_usage(capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--only", "sped"])
    assert stopped.value.code == 2
    assert "got sped" in capsys.readouterr().err


FAST = TimedOption("embedded", "openvino", (640, 480), 8.0, 125.0)
SLOW_CLIP = TimedOption("clip_vit_b32", "openvino", (640, 480), 200.0, 5.0)
FAST_CLIP = TimedOption("clip_vit_b32", "openvino", (640, 480), 25.0, 40.0)
TORCH = TimedOption("embedded", "torch", (640, 480), 24.0, 41.7)
SMALL = TimedOption("embedded", "openvino", (320, 240), 7.0, 142.9)


def test_clip_is_chosen_where_it_is_fluent() -> None:
    assert choose([FAST, SLOW_CLIP]) == FAST
    assert choose([FAST, FAST_CLIP]) == FAST_CLIP


def test_the_advice_names_the_alternatives() -> None:
    told = " ".join(words([SMALL, FAST, TORCH]))
    assert "Take embedded by openvino at 640x480" in told
    assert "torch would take 3.0 times as long" in told
    assert "320x240" in told
    assert words([]) == ["Nothing could be measured."]
    assert as_dict([], ["why"])["choice"] is None


def test_a_stage_is_counted_without_the_stages_inside_it(monkeypatch) -> None:
    now = iter([0.0, 1.0, 2.0, 5.0, 7.0, 8.0])  # start; outer in; inner in, out; outer out; stop
    monkeypatch.setattr("tools.bench.stopwatch.time.perf_counter", lambda: next(now))
    watch = Stopwatch()
    inner = watch.timed(lambda: None, "inner")
    outer = watch.timed(inner, "outer")
    watch.start()
    outer()
    watch.stop()
    assert (watch.frames, watch.totals) == ([{"inner": 3.0, "outer": 3.0}], [8.0])
