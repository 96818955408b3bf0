# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Objects in a picture: each recognised by itself, followed, and taught by its box or its track."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fixtures.pictures import picture

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.frames.regions.grid import windows
from vfrt_ros.core.frames.regions.tracker import OWN_FROM
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.types.decision import UNKNOWN
from vfrt_ros.core.types.errors import NoFramesError, RequestError
from vfrt_ros.core.types.recognised_object import RecognisedObject
from vfrt_ros.core.types.region import Box, Region

RED, BLUE, GREEN = Box(40, 60, 120, 120), Box(250, 60, 120, 120), Box(450, 240, 120, 120)


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def recogniser(**changes: Any) -> Recogniser:
    return Recogniser(RecognitionSettings(backbone="fake", memory_path=":memory:", **changes))


def scene(moved: int = 0, variant: int = 0, **boxes: Box) -> np.ndarray:
    """A grey picture with things in it: colour to the place of each; without any, the usual three."""
    frame = np.full((480, 640, 3), 128, np.uint8)
    frame += np.random.default_rng(variant).integers(0, 9, frame.shape, np.uint8)
    for colour, box in (boxes or {"red": RED, "blue": BLUE, "green": GREEN}).items():
        thing = picture(colour, variant, size=(box.height, box.width))
        frame[box.y : box.bottom, box.x + moved : box.right + moved] = thing
    return frame


def regions(*boxes: Box) -> list[Region]:
    return [Region(box) for box in boxes or (RED, BLUE, GREEN)]


def see(
    made: Recogniser, frame: np.ndarray, *boxes: Box, stamp: float | None = None
) -> list[RecognisedObject]:
    made.recognise(frame, stamp)
    return made.decide_objects(made.observe_regions(frame, regions(*boxes), stamp), stamp)


def labels(objects: list[RecognisedObject]) -> list[str]:
    return [each.decision.label for each in objects]


@pytest.fixture
def taught() -> Iterator[Recogniser]:
    with recogniser() as made:
        for label, colour in (("cup", "red"), ("pen", "blue")):
            made.register(label, images=[picture(colour, variant) for variant in range(4)])
        yield made


def test_each_region_has_an_answer_of_its_own(taught: Recogniser) -> None:
    objects = see(taught, scene())
    assert labels(objects)[:2] == ["cup", "pen"]
    assert labels(objects)[2] not in ("cup", "pen")
    assert [each.box for each in objects] == [RED, BLUE, GREEN]
    assert [each.track for each in objects] == [1, 2, 3]


def test_the_whole_frame_has_its_own_answer_beside_them(taught: Recogniser) -> None:
    with recogniser() as other:
        for label, colour in (("cup", "red"), ("pen", "blue")):
            other.register(label, images=[picture(colour, variant) for variant in range(4)])
        for n in range(3):
            frame = scene(variant=n)
            alone = other.recognise(frame, n / 30)
            beside = taught.recognise(frame, n / 30)
            taught.decide_objects(taught.observe_regions(frame, regions(), n / 30), n / 30)
            assert (beside.label, beside.score) == (alone.label, alone.score)


def test_a_track_follows_a_thing_and_smooths_along_it(taught: Recogniser) -> None:
    for n in range(5):
        box = Box(RED.x + 10 * n, RED.y, RED.width, RED.height)
        (seen,) = see(taught, scene(red=box), box, stamp=n / 10)
        assert (seen.track, seen.decision.label) == (1, "cup")


def test_no_region_has_no_object(taught: Recogniser) -> None:
    frame = scene()
    taught.recognise(frame)
    assert taught.decide_objects(taught.observe_regions(frame, []), None) == []


def test_a_box_of_the_newest_frame_teaches_and_undo_takes_it_back(taught: Recogniser) -> None:
    for n in range(4):
        see(taught, scene(moved=6 * n, variant=n), stamp=n / 10)
    moved = Box(GREEN.x + 18, GREEN.y, GREEN.width, GREEN.height)
    done = taught.register("leaf", frames=4, box=moved)
    assert done.stored >= 1
    for example in taught.memory.examples.with_details(done.step.examples.added):
        assert len(example.thumbnail) > 0
    assert all(frame.observation.small.shape[:2] == (120, 120) for frame in done.selection), (
        "crops are stored"
    )
    boxes = [Box(box.x + 18, box.y, box.width, box.height) for box in (RED, BLUE, GREEN)]
    assert labels(see(taught, scene(moved=18, variant=3), *boxes, stamp=0.5)) == ["cup", "pen", "leaf"]
    taught.memory.undo()
    assert labels(see(taught, scene(moved=18, variant=3), *boxes, stamp=0.6))[2] != "leaf"


def test_a_track_teaches_its_recent_crops(taught: Recogniser) -> None:
    for n in range(4):
        objects = see(taught, scene(moved=6 * n, variant=n), stamp=n / 10)
    done = taught.register("leaf", track=objects[2].track)
    assert done.stored >= 1
    assert labels(see(taught, scene(variant=9), stamp=0.5))[2] == "leaf"


@pytest.mark.parametrize("box", [Box(700, 10, 20, 20), Box(10, 10, 0, 20)])
def test_a_box_that_is_not_in_the_frame_changes_nothing(taught: Recogniser, box: Box) -> None:
    see(taught, scene())
    version = taught.memory.version
    with pytest.raises(RequestError, match="640x480"):
        taught.register("leaf", box=box)
    assert taught.memory.version == version


def test_a_track_that_is_not_in_view_changes_nothing(taught: Recogniser) -> None:
    see(taught, scene())
    version = taught.memory.version
    with pytest.raises(RequestError, match="track 77; those of the last picture: 1, 2, 3"):
        taught.register("leaf", track=77)
    assert taught.memory.version == version


def test_before_the_first_frame_there_is_nothing_to_point_at(taught: Recogniser) -> None:
    with pytest.raises(NoFramesError):
        taught.register("leaf", box=GREEN)


def test_a_cut_ends_the_tracks(taught: Recogniser) -> None:
    see(taught, scene(), stamp=0.0)
    dark = np.zeros((480, 640, 3), np.uint8)
    dark[::2] = 255
    taught.recognise(dark, 0.1)
    with pytest.raises(RequestError):
        taught.register("leaf", track=1)


def test_cameras_have_tracks_of_their_own() -> None:
    frame = scene()
    with recogniser(cameras=("left", "right")) as made:
        for camera in ("left", "right"):
            made.recognise(frame, 0.0, camera)
            objects = made.decide_objects(made.observe_regions(frame, regions(), 0.0), 0.0, camera)
            assert [each.track for each in objects] == [1, 2, 3]


def test_an_object_is_explained(taught: Recogniser) -> None:
    see(taught, scene())
    assert taught.explanation(track=2).label == "pen"
    with pytest.raises(RequestError, match="track 9"):
        taught.explanation(track=9)


TAKEN = {
    "the first one of ours": (1, [Region(RED)]),
    "one of ours beside a sender's": (OWN_FROM, [Region(RED), Region(GREEN, 7)]),
}


@pytest.mark.parametrize(("number", "before"), TAKEN.values(), ids=TAKEN)
def test_a_sender_that_takes_a_number_of_ours_takes_none_of_its_crops(
    taught: Recogniser, number: int, before: list[Region]
) -> None:
    frame = scene()
    for stamp, given in enumerate([before, [Region(RED), Region(BLUE, number)]]):
        taught.recognise(frame, float(stamp))
        seen = taught.observe_regions(frame, given, float(stamp))
        objects = taught.decide_objects(seen, float(stamp))
    assert objects[1].track == number
    assert taught.view().objects.recent(number, 9) == [seen[1].observation]
    assert objects[0].track not in (1, number)


def test_a_change_counts_with_the_next_picture_of_every_track(taught: Recogniser) -> None:
    for n in range(3):
        see(taught, scene(), stamp=n / 30)
    taught.memory.forget("cup")
    assert "cup" not in labels(see(taught, scene(), stamp=0.1))
    with pytest.raises(NoFramesError):
        taught.memory.undo()
        taught.explanation(track=1)


def test_given_pictures_are_answered_and_leave_nothing(taught: Recogniser) -> None:
    whole, parts = taught.recognise_pictures([picture("red", 7), scene()], [[], regions(RED, BLUE)])
    assert labels(whole) == ["cup"]
    assert labels(parts) == ["cup", "pen"]
    assert (whole[0].box.width, whole[0].box.height) == picture("red", 7).shape[1::-1]
    assert {each.track for each in whole + parts} == {0}
    with pytest.raises(NoFramesError):
        taught.register("leaf")


def test_windows_find_what_is_known_once_each(taught: Recogniser) -> None:
    frame = scene()
    taught.recognise(frame)
    seen = taught.observe_regions(frame, [Region(box) for box in windows(640, 480)])
    found = taught.decide_objects(seen, None, search=True)
    assert UNKNOWN not in labels(found)
    assert len(found) <= taught.settings.max_regions
    for i, one in enumerate(found):
        for other in found[i + 1 :]:
            assert one.box.overlap(other.box) <= 0.3


def test_background_windows_of_what_was_taught_are_not_it() -> None:
    """A memory of one label calls all of a scene by it, until a box has shown what is beside it."""
    with recogniser(open_set=False) as made:
        place = Box(0, 0, 240, 240)
        frame = scene(variant=7, red=place, blue=BLUE, green=GREEN)
        every = [Region(box) for box in windows(640, 480)]
        made.register("cup", images=[picture("red", variant) for variant in range(4)])
        made.recognise(frame)
        before = made.decide_objects(made.observe_regions(frame, every), None, search=True)
        made.register("cup", box=place)
        after = made.decide_objects(made.observe_regions(frame, every), None, search=True)
        assert [each for each in before if not each.box.shared(place)], "it was called so everywhere"
        assert [each for each in after if not each.box.shared(place)] == []
        assert any(each.box.overlap(place) > 0.5 for each in after)
