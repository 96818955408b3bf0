# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Views of several cameras: each has its own frames and its own past, and all share what was taught."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
from fixtures.pictures import picture

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.encoders.fake import FakeText
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.types.decision import UNKNOWN
from vfrt_ros.core.types.errors import NoFramesError, RequestError, SettingError

STEP = 1 / 30


@pytest.fixture
def late(tmp_path, monkeypatch) -> Iterator[Recogniser]:
    """A recogniser whose label is that of the nearest example."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    settings = RecognitionSettings(
        backbone="fake",
        memory_path=":memory:",
        temporal_ema=0.0,
        fuse="late",
        open_set_threshold=0.6,
        temperature=1.0,
        k=3,
        cameras=("front", "left", "rear"),
    )
    with Recogniser(settings) as made:
        yield made


def look(recogniser: Recogniser, camera: str, colour: str, count: int = 1, first: int = 0) -> str:
    """Show a camera pictures of a colour; the label of the last one."""
    for n in range(first, first + count):
        label = recogniser.recognise(picture(colour, n), n * STEP, camera).label
    return label


def test_what_one_camera_was_taught_is_known_to_all_with_the_next_frame(late) -> None:
    look(late, "front", "red", 3)
    look(late, "left", "green", 2)
    assert late.register("cup", camera="front").stored == 3
    assert late.register("leaf", camera="left").stored == 2
    assert [look(late, "front", "green", first=9), look(late, "left", "red", first=9)] == ["leaf", "cup"]


def test_frames_of_one_camera_are_no_cut_in_another(late) -> None:
    for n in range(4):
        look(late, "front", "red", first=n)
        look(late, "left", "green", first=n)
    assert late.register("cup", camera="front").stored == 4
    assert late.register("leaf", camera="left").stored == 4


def test_each_camera_is_smoothed_by_its_own_past(late) -> None:
    late.set_prompts(["cup", "leaf"], ["a red thing", "a green thing"])
    late.configure(temporal_ema=0.9)
    alone = [late.recognise(picture("red", n), n * STEP, "front").score for n in range(4)]
    late.restart_view("front")
    beside = []
    for n in range(4):
        beside.append(late.recognise(picture("red", n), n * STEP, "front").score)
        look(late, "left", "green", first=n)
    assert len(set(alone)) == 4, "the past counts"
    assert beside == alone


def test_each_camera_explains_its_own_last_frame(late) -> None:
    look(late, "front", "red", 2)
    look(late, "left", "green", 2)
    late.register("cup", camera="front")
    late.register("leaf", camera="left")
    look(late, "front", "red")
    look(late, "left", "green")
    assert late.explanation(camera="front").label == "cup"
    assert late.explanation(camera="left").label == "leaf"
    with pytest.raises(NoFramesError):
        late.explanation(camera="rear")


@pytest.mark.parametrize("change", ["teach", "undo", "forget"])
def test_a_change_of_the_memory_ends_the_past_of_every_camera(late, change) -> None:
    look(late, "front", "red", 2)
    late.register("cup", camera="front")
    late.configure(temporal_ema=0.99)
    look(late, "front", "red", 2, first=5)
    look(late, "left", "green", 2)
    {
        "teach": lambda: late.register("leaf", camera="left"),
        "undo": late.memory.undo,
        "forget": lambda: late.memory.forget("cup"),
    }[change]()
    for camera in ("front", "left"):
        with pytest.raises(NoFramesError):
            late.explanation(camera=camera)
    taught = {"teach": ["cup", "leaf"], "undo": [UNKNOWN] * 2, "forget": [UNKNOWN] * 2}
    assert [look(late, "front", "red", first=8), look(late, "left", "green", first=8)] == taught[change]


def test_a_change_of_a_parameter_leaves_every_last_frame_explained_as_it_was_decided(late) -> None:
    look(late, "front", "red", 2)
    look(late, "left", "green", 2)
    late.register("cup", camera="front")
    late.register("leaf", camera="left")
    look(late, "front", "red")
    look(late, "left", "green")
    before = [late.explain(camera=camera) for camera in ("front", "left")]
    late.configure(alpha_fusion=0.2)
    assert [late.explain(camera=camera) for camera in ("front", "left")] == before


def test_one_camera_starts_anew_alone(late) -> None:
    look(late, "front", "red", 2)
    look(late, "left", "green", 2)
    late.restart_view("front")
    with pytest.raises(NoFramesError):
        late.register("cup", camera="front")
    assert late.register("leaf", camera="left").stored == 2


def test_without_a_name_the_first_camera_is_meant(late) -> None:
    look(late, "front", "red", 2)
    assert late.register("cup").stored == 2
    look(late, "", "red")
    assert late.explain() == late.explain(camera="front")


CALLS = {
    "recognise": lambda late, camera: late.recognise(picture("red"), camera=camera),
    "register": lambda late, camera: late.register("cup", camera=camera),
    "register pictures": lambda late, camera: late.register("cup", images=[picture("red")], camera=camera),
    "explain": lambda late, camera: late.explain(camera=camera),
    "restart": lambda late, camera: late.restart_view(camera),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_another_camera_is_refused_with_the_names_of_those_that_there_are(late, call) -> None:
    with pytest.raises(RequestError, match=r"no camera 'lefd', only front, left, rear. Did you mean 'left'"):
        call(late, "lefd")
    assert late.memory.version == 0


def test_one_camera_has_no_name() -> None:
    with Recogniser(RecognitionSettings(backbone="fake", memory_path=":memory:")) as one:
        assert one.view() is one.view("")
        with pytest.raises(RequestError, match="there is one camera, which has no name"):
            one.view("front")


NAMES = {
    "a digit first": "2nd",
    "a slash": "front/left",
    "a blank": "front left",
    "a letter that is none of ASCII": "türe",
    "two underscores": "front__left",
    "too long": "a" * 61,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_name_that_no_topic_can_have_is_refused(name) -> None:
    with pytest.raises(SettingError, match="'cameras' must be names of letters"):
        RecognitionSettings(cameras=("front", name))


def test_a_camera_that_stands_twice_is_refused() -> None:
    with pytest.raises(SettingError, match="'front' stands twice"):
        RecognitionSettings(cameras="front, left, front")


@pytest.mark.parametrize("given", ["", "[]", [], None])
def test_no_names_are_one_camera(given) -> None:
    assert RecognitionSettings(cameras=given).cameras == ()


def test_frames_of_several_cameras_are_encoded_together_as_each_alone(late) -> None:
    frames = [picture("red", 1), picture("green", 2), picture("blue", 3, (80, 60))]
    together = late.observe_all(frames, [1.0, None, 3.0])
    alone = [late.observe(frame, stamp) for frame, stamp in zip(frames, [1.0, None, 3.0], strict=True)]
    for one, other in zip(together, alone, strict=True):
        assert np.array_equal(one.embedding, other.embedding)
        assert (one.quality, one.stamp) == (other.quality, other.stamp)


@pytest.mark.parametrize(
    ("device", "said", "batches"),
    [
        ("cpu", {}, False),
        ("cuda", {}, True),
        ("cpu", {"batches": True}, True),
        ("cuda", {"batches": False}, False),
    ],
)
def test_what_runs_on_no_cpu_is_taken_for_faster_together_unless_it_says_so_itself(
    device, said, batches
) -> None:
    backbone = SimpleNamespace(**said)
    assert Encoders(backbone, FakeText(), device, "").batches is batches


class TestRepeats:
    def again(self, recogniser: Recogniser, frame, stamp: float, camera: str = "front"):
        """The answer to a frame that shows what the last one showed."""
        observation = recogniser.repeat(frame, stamp, camera)
        assert observation is not None
        return recogniser.decide(observation, camera)

    def first(self, recogniser: Recogniser, frame, camera: str = "front"):
        assert recogniser.repeat(frame, 0.0, camera) is None
        return recogniser.recognise(frame, 0.0, camera)

    def test_the_answer_is_that_of_the_frame_that_was_encoded(self, late) -> None:
        late.set_prompts(["cup"], ["a red thing"])
        frame = picture("red")
        first = self.first(late, frame)
        again = self.again(late, frame, STEP)
        assert (again.label, again.score) == (first.label, first.score)

    def test_a_change_of_the_memory_or_a_parameter_is_in_force_at_once(self, late) -> None:
        frame = picture("red")
        assert self.first(late, frame).label == UNKNOWN
        late.register("cup", camera="front")
        late.set_prompts(["leaf"], ["a green thing"])
        answer = self.again(late, frame, STEP)
        assert (answer.label, len(answer.candidates)) == ("cup", 2)
        late.configure(k_candidates=1)
        assert len(self.again(late, frame, 2 * STEP).candidates) == 1
        late.memory.undo()
        late.memory.undo()
        assert self.again(late, frame, 3 * STEP).label == UNKNOWN

    def test_smoothing_comes_to_rest_as_if_it_were_encoded(self, late) -> None:
        late.set_prompts(["cup", "leaf"], ["a red thing", "a green thing"])
        late.configure(temporal_ema=0.8)
        frames = [picture("red", n) for n in (0, 1)]
        for camera in ("front", "left"):
            assert late.repeat(frames[0], 0.0, camera) is None
            late.recognise(frames[0], 0.0, camera)
            assert late.repeat(frames[1], STEP, camera) is None
            late.recognise(frames[1], STEP, camera)
        repeated = [self.again(late, frames[1], n * STEP).score for n in range(2, 9)]
        encoded = [late.recognise(frames[1], n * STEP, "left").score for n in range(2, 9)]
        assert repeated == pytest.approx(encoded)
        assert len(set(repeated)) > 1

    def test_each_camera_has_its_own(self, late) -> None:
        frame = picture("red")
        self.first(late, frame)
        assert late.repeat(frame, STEP, "left") is None

    def test_after_a_restart_it_is_encoded(self, late) -> None:
        frame = picture("red")
        self.first(late, frame)
        late.restart_view("front")
        assert late.repeat(frame, STEP, "front") is None
