# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Slots of several cameras: each its newest, each its turn, however unlike their rates are."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from vfrt_ros.core.worker.frame_worker import NewestWorker
from vfrt_ros.core.worker.slots import Slots

DEADLINE = 10.0
CAMERAS = ("front", "left", "right", "rear")

ARRIVALS = {
    "all at each turn": lambda turn: CAMERAS,
    "in another order at each turn": lambda turn: CAMERAS[turn % 4 :] + CAMERAS[: turn % 4],
    "one floods": lambda turn: ("front",) * 50 + CAMERAS[1:],
    "one floods last": lambda turn: CAMERAS[1:] + ("front",) * 50,
}


@pytest.mark.parametrize("arrivals", ARRIVALS.values(), ids=ARRIVALS.keys())
def test_cameras_that_always_have_a_frame_are_served_equally(arrivals) -> None:
    slots: Slots[str] = Slots()
    served: Counter[str] = Counter()
    for turn in range(100):
        for name in arrivals(turn):
            slots.put(name, name, float(turn))
        served[slots.take()] += 1
    assert set(served.values()) == {25}


def test_a_slow_camera_is_served_as_soon_as_it_comes() -> None:
    slots: Slots[str] = Slots()
    order = []
    for turn in range(12):
        for name in ("front", "left"):
            slots.put(name, name, float(turn))
        if turn % 4 == 3:
            slots.put("slow", "slow", float(turn))
        order.append(slots.take())
    assert [turn for turn, name in enumerate(order) if name == "slow"] == [3, 7, 11]


def test_a_camera_that_stops_leaves_its_turns_to_the_others() -> None:
    slots: Slots[str] = Slots()
    served: Counter[str] = Counter()
    for turn in range(40):
        for name in CAMERAS if turn < 20 else CAMERAS[1:]:
            slots.put(name, name, float(turn))
        served[slots.take()] += 1
    assert served == {"front": 6, "left": 12, "right": 11, "rear": 11}


def test_drops_are_counted_by_camera() -> None:
    slots: Slots[int] = Slots()
    for number in range(5):
        slots.put("front", number, 0.0)
    slots.put("left", 9, 0.0)
    assert slots.dropped == {"front": 4, "left": 0}
    assert (slots.take(), slots.take(), slots.take()) == (4, 9, None)
    slots.put("front", 5, 0.0)
    slots.clear()
    assert slots.take() is None
    assert slots.dropped == {"front": 4, "left": 0}, "what is cleared was not replaced"


class TestWorker:
    @pytest.fixture
    def held(self):
        """A worker that stands in its first item until `go`; what it does then is in `seen`."""
        go, begun = threading.Event(), threading.Event()
        seen: list[str] = []

        def process(item: str) -> None:
            seen.append(item)
            if item == "first":
                begun.set()
                assert go.wait(DEADLINE)
            if item == "all":
                seen.extend(worker.take_rest())

        worker = NewestWorker[str](process, pytest.fail, name="slots")
        worker.seen, worker.go = seen, go
        worker.put("first", "front")
        assert begun.wait(DEADLINE)
        yield worker
        go.set()
        worker.stop()

    def test_the_camera_that_was_served_longest_ago_comes_first(self, held) -> None:
        for name in CAMERAS:
            held.put(f"old {name}", name)
            held.put(name, name)
        done = held.submit(lambda: held.seen.append("job"))
        held.go.set()
        done.result(DEADLINE)
        while held.is_waiting:
            held.submit(lambda: None).result(DEADLINE)
        held.stop()
        assert held.seen == ["first", "job", "left", "right", "rear", "front"]
        assert held.dropped_by_slot == dict.fromkeys(CAMERAS, 1)

    def test_a_process_that_is_faster_with_many_takes_the_rest(self, held) -> None:
        for name in CAMERAS[:0:-1]:
            held.put("all" if name == "rear" else name, name)
        held.put("front", "front")
        held.go.set()
        held.submit(lambda: None).result(DEADLINE)
        while held.is_waiting:
            held.submit(lambda: None).result(DEADLINE)
        held.stop()
        assert held.seen == ["first", "all", "right", "left", "front"]
