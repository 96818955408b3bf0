# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Every measurement, on something tiny: that it runs, and that its numbers hang together. Never a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.bench import cameras, encodings, entrants, overlay, pipeline, regions, register, search, stages
from vfrt_ros.bench.contest import contest
from vfrt_ros.bench.entrants import vfrt
from vfrt_ros.bench.isolated import BenchError, isolated
from vfrt_ros.core.frames.encodings import ENCODINGS

pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")
SMALL = {"examples": 40, "labels": 4}


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ROS_HOME", str(tmp_path / "ros_home"))


def test_a_contest_takes_turns_and_says_who_could_not_take_part() -> None:
    outcome = contest(
        {
            "ours": (vfrt, {"backbone": "fake", **SMALL}),
            "bare": (entrants.encoder, {"backbone": "fake"}),
            "unknown": (entrants.encoder, {"backbone": "fale"}),
        },
        rounds=3,
        steps=2,
    )
    assert {name: len(rounds) for name, rounds in outcome.rounds.items()} == {"ours": 3, "bare": 3}
    assert "Did you mean" in outcome.failures["unknown"] or "fale" in outcome.failures["unknown"]
    assert outcome.ratio("ours", "ours").median == 1.0


def test_what_fails_in_another_process_is_told() -> None:
    with pytest.raises(BenchError, match=r"memory_index.*'Flet'"):
        isolated(search.compare, size=50, factory="Flet", dim=8)


def test_a_frame_is_followed_through_all_its_stages() -> None:
    table = isolated(stages.profile, backbone="fake", count=5, **SMALL)
    expected = {
        "take and deserialise", "message to frame", "small picture and its quality", "score: evidence",
        "score: conclusion", "decide", "make the message", "publish", "cut to another scene?", "smooth",
    }  # fmt: skip
    assert expected <= set(table["stages"])
    assert table["frames"] == 5
    assert table["rest ms"] == table["total ms"], "the fake encoder has no forward pass"


def test_every_encoding_has_its_cost() -> None:
    found = isolated(encodings.profile, rounds=2)
    assert set(found) == set(ENCODINGS)
    assert found["bgr8"]["of bgr8"] == 1.0
    assert all(entry["ms"] > 0 for entry in found.values())


def test_a_running_node_accounts_for_every_frame() -> None:
    found = isolated(pipeline.watch, backbone="fake", seconds=2, turns=1, fps=20.0, **SMALL)
    assert found["frames sent"] == found["answered"] + found["dropped"] + found["not accounted for"]
    assert found["answered"] > 0
    assert all(megabytes > 0 for megabytes in found["resident MB"])


def test_several_cameras_are_counted_one_by_one() -> None:
    found = isolated(cameras.watch, backbone="fake", turns=1, fps=10.0, **SMALL)
    assert set(found["answers by camera"]) == set(cameras.CAMERAS)
    assert found["offered Hz"] == 40.0
    assert found["rate ratio"]["median"] > 0
    assert found["resident MB, four cameras"] > 0


def test_a_slow_overlay_is_drawn_while_answers_go_on() -> None:
    found = isolated(overlay.watch, seconds=1.5, painting=0.2, encoding=0.02)
    assert found["painted"] > 0


def test_registering_is_measured_with_and_without_a_disk() -> None:
    found = register.watch(count=2, **SMALL)
    assert {name: entry["n"] for name, entry in found.items()} == {"disk": 2, "ram": 2}


@pytest.mark.parametrize("factory", ["Flat", "auto", "HNSW16"])
def test_a_search_finds_what_is_left(factory) -> None:
    found = search.compare(size=400, factory=factory, dim=16)
    assert found["forgotten ones found"] == 0
    assert found["recall"] >= 0.98


def test_regions_are_scored_together_and_boxes_have_a_rate() -> None:
    scored = regions.score(turns=2, backbone="fake", **SMALL)
    assert scored["times"] == pytest.approx(scored["many ms"] / scored["one ms"])
    found = regions.rate(boxes=3, count=2, backbone="fake", **SMALL)
    assert found["rate"] == pytest.approx(1e3 / found["ms"])


def test_boxes_sent_to_a_node_are_answered() -> None:
    found = isolated(regions.answer, seconds=2.0, backbone="fake", **SMALL)
    assert 0 < found["answered"] <= found["sent"]
    assert 0 < found["median ms"] <= found["99th ms"]
