# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from core.sources.fakes import FakeClock, FakeSource, opens, picture

from vfrt_ros.core.sources import grabber as module
from vfrt_ros.core.sources.grabber import Grabber
from vfrt_ros.core.sources.notice import Event, Notice
from vfrt_ros.core.sources.picture_watch import Sight
from vfrt_ros.core.sources.source import Frame, Source
from vfrt_ros.core.types.errors import SourceError

DEADLINE = 10.0
SIZE = (64, 48)


class Rig:
    """A grabber with a fake clock, and what it told."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.notices: list[Notice] = []
        self.told = threading.Condition()
        self.grabber: Grabber | None = None

    def report(self, notice: Notice) -> None:
        with self.told:
            self.notices.append(notice)
            self.told.notify_all()

    def start(self, opener: Callable[[], Source], **options: Any) -> Grabber:
        options = {"size": SIZE, "fps": 1000.0, "clock": self.clock, **options}
        self.grabber = Grabber(opener, report=self.report, **options)
        self.grabber.start()
        return self.grabber

    def wait_for(self, event: Event) -> Notice:
        def happened() -> list[Notice]:
            return [notice for notice in self.notices if notice.event is event]

        with self.told:
            assert self.told.wait_for(happened, DEADLINE), (event, self.notices)
            return happened()[-1]

    def frame(self, value: int = 0, size: tuple[int, int] = SIZE) -> Callable[[], Frame]:
        """A step of a script: a live frame that comes 10 ms after the last one."""

        def step() -> Frame:
            self.clock.time += 0.01
            return Frame(picture(value, size))

        return step

    def events(self) -> list[Event]:
        return [notice.event for notice in self.notices]


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    if rig.grabber:
        rig.grabber.stop()


class Block:
    """A step of a script that hangs until it is let go, and then gives `then`."""

    def __init__(self, then: Frame | SourceError | None = None) -> None:
        self.then = then or SourceError("The fake camera woke up.")
        self.reached = threading.Event()
        self.go = threading.Event()

    def __call__(self) -> Frame | SourceError:
        self.reached.set()
        self.go.wait(DEADLINE)
        return self.then


def test_the_newest_frame_wins(rig: Rig) -> None:
    block = Block()
    grabber = rig.start(
        opens(FakeSource([*(Frame(picture(n), n / 10) for n in range(5)), block], live=False))
    )
    assert block.reached.wait(DEADLINE)
    grabbed = grabber.wait(timeout=DEADLINE)
    assert grabbed is not None
    assert (grabbed.sequence, grabbed.image[0, 0, 0]) == (5, 4)
    assert grabber.wait(after=5, timeout=0) is None
    block.go.set()


def test_frames_of_a_file_come_at_their_times(rig: Rig) -> None:
    stamps: list[float] = []
    source = FakeSource([Frame(picture(), t) for t in (0.0, 0.5, 1.5)] + [None], live=False)

    def stamp() -> float:
        stamps.append(rig.clock.now())
        return stamps[-1]

    rig.start(opens(source), stamp=stamp)
    rig.wait_for(Event.ENDED)
    assert np.subtract(stamps, stamps[0]) == pytest.approx([0, 0.5, 1.5])


def test_a_fast_file_is_asked_for_no_more_than_fps(rig: Rig) -> None:
    source = FakeSource([Frame(picture(), t / 10) for t in range(4)] + [None], live=False)
    rig.start(opens(source), fps=5.0)
    rig.wait_for(Event.ENDED)
    assert source.asked[1] == pytest.approx(0.15)
    assert rig.grabber and (grabbed := rig.grabber.wait()) is not None
    assert grabbed.sequence == 2


def test_the_end_of_a_file_is_an_event_and_its_last_frame_stays(rig: Rig) -> None:
    source = FakeSource([Frame(picture(3), 0.0), None], live=False)
    grabber = rig.start(opens(source))
    rig.wait_for(Event.ENDED)
    assert grabber.ended
    assert source.closed.is_set()
    grabbed = grabber.wait(timeout=DEADLINE)
    assert grabbed is not None and grabbed.image[0, 0, 0] == 3
    assert grabber.wait(after=grabbed.sequence, timeout=DEADLINE) is None
    assert rig.events() == [Event.ENDED]


def test_a_lost_camera_is_opened_again_with_one_line_at_each_end(rig: Rig) -> None:
    gone = SourceError("There is no device.")
    first = FakeSource([Frame(picture(1)), SourceError("The fake camera delivers no more frames.")])
    block = Block()
    again = FakeSource([rig.frame(2), rig.frame(3), block])
    grabber = rig.start(opens(first, gone, gone, gone, again))
    assert rig.wait_for(Event.LOST).text.startswith("The fake camera delivers no more frames.")
    assert rig.wait_for(Event.BACK).text == "The fake camera is back after 7.5 s."
    assert block.reached.wait(DEADLINE)
    assert rig.events() == [Event.LOST, Event.BACK]
    assert rig.clock.waits == [0.5, 1.0, 2.0, 4.0]
    assert first.closed.is_set()
    assert grabber.health.lost_for is None
    grabbed = grabber.wait(timeout=DEADLINE)
    assert grabbed is not None and grabbed.image[0, 0, 0] == 3
    block.go.set()


def test_a_camera_that_flaps_is_not_tried_faster_and_faster(rig: Rig) -> None:
    flaps = [FakeSource([Frame(picture())]) for _ in range(3)]
    block = Block()
    rig.start(opens(*flaps, FakeSource([block])))
    assert block.reached.wait(DEADLINE)
    assert rig.clock.waits == [0.5, 1.0, 2.0]
    block.go.set()


def test_a_source_that_is_not_there_yet_is_waited_for_as_after_a_loss(rig: Rig) -> None:
    gone = SourceError("There is no device.")
    block = Block()
    source = FakeSource([rig.frame(2), rig.frame(3), block])
    grabber = rig.start(opens(gone, gone, gone, source), name="camera 7")
    assert block.reached.wait(DEADLINE)
    assert [notice.text for notice in rig.notices] == [
        "There is no device. It is tried again until it is there.",
        "The fake camera is there after 3.5 s.",
    ]
    assert rig.events() == [Event.LOST, Event.BACK]
    assert rig.clock.waits == [0.5, 1.0, 2.0]
    assert (grabber.health.reopenings, grabber.health.lost_for) == (0, None)
    block.go.set()


def test_while_it_is_waited_for_it_counts_as_lost(rig: Rig) -> None:
    second = Block()
    left = [SourceError("There is no device."), second]

    def opener() -> Source:
        step = left.pop(0)
        if isinstance(step, Block):
            step()
            return FakeSource([second])
        raise step

    grabber = rig.start(opener, name="camera 7")
    assert second.reached.wait(DEADLINE)
    health = grabber.health
    assert (health.name, health.frames, health.lost_for) == ("camera 7", 0, pytest.approx(0.5))
    second.go.set()


def test_after_frames_have_flowed_the_pause_is_short_again(rig: Rig) -> None:
    gone = SourceError("There is no device.")
    block = Block()
    flows = [rig.frame(number) for number in range(module.HEALTHY_FRAMES)]
    rig.start(opens(gone, gone, gone, FakeSource(flows), gone, FakeSource([block])))
    assert block.reached.wait(DEADLINE)
    assert rig.clock.waits == [0.5, 1.0, 2.0, 0.5, 1.0]
    block.go.set()


def test_a_source_gives_way_to_its_successor(rig: Rig) -> None:
    opened: list[str] = []
    block = Block()
    camera = FakeSource([rig.frame(8), rig.frame(9), block])
    camera.name = "camera 2"
    demo = FakeSource([Frame(picture(1), 0.0), None], live=False)
    demo.stands_in, demo.successor = True, camera
    grabber = rig.start(opens(demo), opened=lambda source: opened.append(source.name))
    assert block.reached.wait(DEADLINE)
    grabbed = grabber.wait(timeout=DEADLINE)
    assert grabbed is not None and (grabbed.image[0, 0, 0], grabbed.stands_in) == (9, False)
    assert (opened, rig.events()) == (["fake camera", "camera 2"], [])
    assert (grabber.health.name, grabber.health.stands_in) == ("camera 2", False)
    assert demo.closed.is_set() and not camera.closed.is_set()
    block.go.set()


def test_frames_of_what_stands_in_say_so(rig: Rig) -> None:
    block = Block()
    demo = FakeSource([Frame(picture(1), 0.0), block], live=False)
    demo.stands_in = True
    grabber = rig.start(opens(demo))
    assert block.reached.wait(DEADLINE)
    grabbed = grabber.wait(timeout=DEADLINE)
    assert grabbed is not None and grabbed.stands_in and grabber.health.stands_in
    block.go.set()


def test_single_pictures_are_asked_for_at_the_wanted_rate_and_may_stand_still(rig: Rig) -> None:
    block = Block()
    source = FakeSource([*[Frame(picture(90))] * 60, block])
    source.polled, source.fps = True, 2.0
    rig.start(opens(source), fps=2.0)
    assert block.reached.wait(DEADLINE)
    pauses = [pause for pause in rig.clock.waits[2:] if pause > 0]
    assert pauses == pytest.approx([0.5] * len(pauses)) and len(pauses) > 50
    assert rig.events() == []
    block.go.set()


def test_pictures_are_turned_before_they_are_fitted(rig: Rig) -> None:
    block = Block()
    upright = np.zeros((64, 48, 3), np.uint8)
    upright[0, 0] = 200
    grabber = rig.start(
        opens(FakeSource([Frame(upright), block])),
        turn=lambda image: np.ascontiguousarray(np.rot90(image, -1)),
    )
    assert block.reached.wait(DEADLINE)
    grabbed = grabber.wait(timeout=DEADLINE)
    assert grabbed is not None and grabbed.image.shape == (48, 64, 3)
    assert grabbed.image[0, 63, 0] == 200
    assert rig.events() == [], "the size is the right one once it was turned"
    block.go.set()


def test_a_slow_source_may_take_its_time(rig: Rig) -> None:
    watched = threading.Semaphore(0)

    class WatchedClock(FakeClock):
        def now(self) -> float:
            if threading.current_thread().name == "vfrt-grabber" and self.time > 105:
                watched.release()
            return self.time

    clock, end = WatchedClock(), Block()

    def slow() -> Frame:
        clock.time += 10.0
        assert watched.acquire(timeout=DEADLINE)
        return Frame(picture(4))

    source = FakeSource([slow, end])
    source.fps = 0.1
    grabber = rig.start(opens(source), clock=clock, stall=0.2, fps=0.1)
    grabbed = grabber.wait(timeout=DEADLINE)
    assert grabbed is not None and grabbed.image[0, 0, 0] == 4
    assert rig.events() == []
    end.go.set()


def test_after_a_healthy_time_the_pause_is_short_again(rig: Rig) -> None:
    def healthy() -> Frame:
        rig.clock.time += module.HEALTHY_S
        return Frame(picture())

    lives = [FakeSource([Frame(picture()), healthy]) for _ in range(3)]
    block = Block()
    rig.start(opens(*lives, FakeSource([block])))
    assert block.reached.wait(DEADLINE)
    assert rig.clock.waits == [0.5, 0.5, 0.5]
    block.go.set()


def test_a_source_that_hangs_is_replaced(rig: Rig) -> None:
    block = Block(then=Frame(picture(99)))
    hanging = FakeSource([Frame(picture(1)), block, Frame(picture(99))])
    end = Block()
    again = FakeSource([Frame(picture(2)), end])
    grabber = rig.start(opens(hanging, again), clock=None, stall=0.05)
    assert "The fake camera gives no answer." in rig.wait_for(Event.LOST).text
    rig.wait_for(Event.BACK)
    block.go.set()
    assert hanging.closed.wait(DEADLINE)
    grabbed = grabber.wait(timeout=DEADLINE)
    assert grabbed is not None and grabbed.image[0, 0, 0] == 2
    end.go.set()


def test_a_source_may_take_longer_to_open_than_to_read(rig: Rig) -> None:
    watched = threading.Event()

    class WatchedClock(FakeClock):
        def now(self) -> float:
            if threading.current_thread().name == "vfrt-grabber" and self.time > 100:
                watched.set()
            return self.time

    clock, end = WatchedClock(), Block()

    def slow() -> Source:
        clock.time += 0.4 * (module.OPENING - 1)
        assert watched.wait(DEADLINE)
        return FakeSource([Frame(picture(5)), end])

    grabber = rig.start(slow, clock=clock, stall=0.4)
    grabbed = grabber.wait(timeout=DEADLINE)
    assert grabbed is not None and grabbed.image[0, 0, 0] == 5
    assert rig.events() == []
    end.go.set()


def test_hanging_attempts_do_not_pile_up(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    many_pauses = threading.Event()

    class Quick:
        count = 0

        def next(self) -> float:
            self.count += 1
            if self.count == module.MAX_HANGING + 5:
                many_pauses.set()
            return 0.001

    monkeypatch.setattr(module, "Backoff", Quick)
    blocks = [Block() for _ in range(module.MAX_HANGING)]
    again = FakeSource([Frame(picture(7))])
    opened = opens(*(FakeSource([block]) for block in blocks), again)
    grabber = rig.start(opened, clock=None, stall=0.02)
    assert all(block.reached.wait(DEADLINE) for block in blocks)
    assert many_pauses.wait(DEADLINE)
    assert grabber.wait(timeout=0) is None
    blocks[0].go.set()
    grabbed = grabber.wait(timeout=DEADLINE)
    assert grabbed is not None and grabbed.image[0, 0, 0] == 7
    for block in blocks:
        block.go.set()


def test_another_size_in_mid_stream_is_fitted_and_said_once(rig: Rig) -> None:
    big = (128, 48)
    frames = [rig.frame(n, size) for n, size in enumerate([SIZE, big, big, SIZE, (48, 64)])]
    block = Block()
    grabber = rig.start(opens(FakeSource([*frames, block])))
    assert block.reached.wait(DEADLINE)
    texts = [notice.text for notice in rig.notices]
    assert len(texts) == 2
    assert texts[0] == "The fake camera: frames of 128x48 are cut at the sides and scaled to 64x48."
    assert "cut at top and bottom" in texts[1]
    grabbed = grabber.wait(timeout=DEADLINE)
    assert grabbed is not None and grabbed.image.shape == (48, 64, 3)
    block.go.set()


def test_pictures_of_many_sizes_are_nothing_to_say(rig: Rig) -> None:
    source = FakeSource(
        [Frame(picture(0, (10, 10)), 0.0), Frame(picture(0, (20, 10)), 0.1), None], live=False
    )
    source.mixed_sizes = True
    rig.start(opens(source))
    rig.wait_for(Event.ENDED)
    assert rig.events() == [Event.ENDED]


def test_a_bug_in_a_source_comes_to_light_where_frames_are_awaited(rig: Rig) -> None:
    grabber = rig.start(opens(FakeSource([ZeroDivisionError("a bug")])))
    with pytest.raises(ZeroDivisionError):
        grabber.wait(timeout=DEADLINE)


def test_a_bug_in_a_source_that_somebody_is_told_of_is_a_failure_like_others(rig: Rig) -> None:
    bugs: list[BaseException] = []
    again = FakeSource([Frame(picture(5), 0.0), None], live=False)
    rig.start(opens(FakeSource([ZeroDivisionError("a bug")]), again), on_bug=bugs.append)
    rig.wait_for(Event.ENDED)
    assert [type(bug) for bug in bugs] == [ZeroDivisionError]
    assert rig.events() == [Event.LOST, Event.BACK, Event.ENDED]


def test_the_first_source_is_the_callers(rig: Rig) -> None:
    first = FakeSource([Frame(picture(5), 0.0), None], live=False)
    grabber = rig.start(opens(), first=first)
    rig.wait_for(Event.ENDED)
    grabbed = grabber.wait()
    assert grabbed is not None and grabbed.image[0, 0, 0] == 5


def test_a_stop_wakes_who_waits_and_closes_the_source(rig: Rig) -> None:
    block = Block()
    source = FakeSource([block])
    grabber = rig.start(opens(source), clock=None)
    assert block.reached.wait(DEADLINE)
    results: list[object] = []
    waiter = threading.Thread(target=lambda: results.append(grabber.wait(timeout=DEADLINE)))
    waiter.start()
    stopper = threading.Thread(target=grabber.stop)
    stopper.start()
    waiter.join(DEADLINE)
    assert results == [None]
    block.go.set()
    stopper.join(DEADLINE)
    assert source.closed.is_set()


def test_a_stop_before_the_start_closes_what_the_caller_opened() -> None:
    first = FakeSource([])
    Grabber(opens(), size=SIZE, fps=30, report=print, first=first).stop()
    assert first.closed.is_set()


def test_a_stop_does_not_wait_for_a_pause(rig: Rig) -> None:
    grabber = rig.start(opens(SourceError("gone"), SourceError("gone")), clock=None)
    rig.wait_for(Event.LOST)
    grabber.stop(timeout=DEADLINE)
    assert not any(thread.name == "vfrt-grabber" for thread in threading.enumerate())


def frames_for(rig: Rig, seconds: float, image: Any, *, step: float = 0.1) -> list[Callable[[], Frame]]:
    """Steps of a script: the same picture, again and again."""

    def give() -> Frame:
        rig.clock.time += step
        return Frame(image)

    return [give] * round(seconds / step)


def test_a_frozen_camera_is_opened_again_and_told_as_lost_and_back(rig: Rig) -> None:
    block = Block()
    frozen = FakeSource(frames_for(rig, 5.0, picture(90)))
    again = FakeSource([rig.frame(91), rig.frame(92), block])
    grabber = rig.start(opens(frozen, again))
    assert block.reached.wait(DEADLINE)
    assert rig.events() == [Event.LOST, Event.BACK]
    assert "gives the same picture again and again" in rig.notices[0].text
    assert frozen.closed.is_set()
    assert grabber.health.reopenings == 1
    assert grabber.health.sight is Sight.GOOD
    block.go.set()


def test_a_camera_that_stays_frozen_goes_on_and_is_told_once_until_it_moves(rig: Rig) -> None:
    frozen, moves, end = Block(), Block(), Block()
    frozen.then = Frame(picture(92))
    again = FakeSource([*frames_for(rig, 9.0, picture(90)), frozen, rig.frame(91), moves, end])
    grabber = rig.start(opens(FakeSource(frames_for(rig, 5.0, picture(90))), again))
    assert frozen.reached.wait(DEADLINE)
    assert rig.events() == [Event.LOST, Event.BACK, Event.FROZEN]
    assert grabber.health.sight is Sight.FROZEN
    frozen.go.set()
    assert moves.reached.wait(DEADLINE)
    assert rig.events()[3:] == [Event.SEES]
    assert grabber.health.sight is Sight.GOOD
    moves.go.set()


def test_a_covered_lens_is_told_once_and_its_end_too(rig: Rig) -> None:
    covered, end = Block(then=Frame(picture(90))), Block()
    grabber = rig.start(
        opens(FakeSource([rig.frame(90), *frames_for(rig, 8.0, picture(3)), covered, rig.frame(91), end]))
    )
    assert covered.reached.wait(DEADLINE)
    assert rig.events() == [Event.BLACK]
    assert grabber.health.sight is Sight.BLACK
    covered.go.set()
    assert end.reached.wait(DEADLINE)
    assert rig.events() == [Event.BLACK, Event.SEES]
    end.go.set()


def test_a_recording_may_stand_still_and_be_dark(rig: Rig) -> None:
    still = [Frame(picture(0), number / 10) for number in range(100)]
    grabber = rig.start(opens(FakeSource([*still, None], live=False)))
    rig.wait_for(Event.ENDED)
    assert rig.events() == [Event.ENDED]
    assert grabber.health.ended


def test_health_counts_what_the_operator_asks_for(rig: Rig) -> None:
    gone = SourceError("There is no device.")
    block, middle = Block(), Block()
    first, second = FakeSource([rig.frame(80), gone]), FakeSource([rig.frame(81), rig.frame(82), block])
    first.fps = 15.0

    def reopen() -> Source:
        middle()
        return second

    left = [lambda: first, reopen]
    grabber = rig.start(lambda: left.pop(0)(), fps=100.0)
    assert middle.reached.wait(DEADLINE)
    health = grabber.health
    assert (health.name, health.frames, health.reopenings, health.fps) == ("fake camera", 1, 0, 15.0)
    assert health.lost_for == pytest.approx(0.5)
    middle.go.set()
    assert block.reached.wait(DEADLINE)
    health = grabber.health
    assert (health.frames, health.reopenings, health.lost_for, health.fps) == (3, 1, None, 100.0)
    block.go.set()
