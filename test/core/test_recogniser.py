# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The recogniser without ROS: it learns while it looks, and each lesson counts from the next frame."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
import pytest
from fixtures.pictures import picture, plain

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.encoders.fake import FakeBackbone
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.types.decision import UNKNOWN
from vfrt_ros.core.types.errors import (
    AllRejectedError,
    FrameError,
    MemoryStoreError,
    NoFramesError,
    NothingToUndoError,
    RequestError,
    SettingError,
    UnknownLabelError,
)
from vfrt_ros.core.types.evidence import Scores
from vfrt_ros.core.types.reason import Reason

RULES = {
    "calibrated": {},
    "late": {"fuse": "late", "open_set_threshold": 0.6, "temperature": 1.0, "k": 3},
}


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory) -> Iterator[None]:
    """One cache of text embeddings for all tests here, and none of the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _home(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("ROS_HOME", str(tmp_path / "ros_home"))


def settings(**changes: Any) -> RecognitionSettings:
    return RecognitionSettings(
        **{"backbone": "fake", "memory_path": ":memory:", "temporal_ema": 0.0} | changes
    )


@pytest.fixture(params=RULES.values(), ids=RULES.keys())
def recogniser(request) -> Recogniser:
    return Recogniser(settings(**request.param))


@pytest.fixture
def late() -> Recogniser:
    return Recogniser(settings(**RULES["late"]))


def look(recogniser: Recogniser, colour: str, count: int = 4, first: int = 0):
    """The answer after some frames of a scene."""
    for variant in range(first, first + count):
        decision = recogniser.recognise(picture(colour, variant))
    return decision


def teach(recogniser: Recogniser, **labels: str) -> None:
    for label, colour in labels.items():
        look(recogniser, colour)
        recogniser.register(label)


def test_nothing_learned_is_an_answer_not_an_error(recogniser) -> None:
    decision = look(recogniser, "red", 1)
    assert (decision.label, decision.reason) == (UNKNOWN, Reason.UNKNOWN_NOTHING_LEARNED)
    assert decision.candidates == ()


def test_a_registration_counts_from_the_next_frame(recogniser) -> None:
    teach(recogniser, leaf="green")
    assert look(recogniser, "red").label == UNKNOWN
    done = recogniser.register("cup")
    decision = recogniser.recognise(picture("red", 9))
    assert (decision.label, decision.known) == ("cup", True)
    assert decision.candidates[0].examples == done.stored == 4
    assert decision.memory_version == 2
    assert look(recogniser, "blue", 1).label == UNKNOWN
    assert look(recogniser, "green", 1).label == "leaf"


CHANGES: dict[str, tuple[Callable[[Recogniser], Any], str]] = {
    "forget": (lambda r: r.memory.forget("cup"), UNKNOWN),
    "forget the examples": (
        lambda r: r.memory.forget_examples([e.id for e in r.memory.examples.listed("cup")[0]]),
        UNKNOWN,
    ),
    "relabel": (lambda r: r.relabel("cup", " mug "), "mug"),
    "merge": (lambda r: r.relabel("cup", "leaf"), "leaf"),
}


@pytest.mark.parametrize(("change", "after"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_counts_from_the_next_frame_and_so_do_undo_and_redo(recogniser, change, after) -> None:
    teach(recogniser, cup="red", leaf="green")
    answers = [look(recogniser, "red", 1, first=9)]
    for step in (change, lambda r: r.memory.undo(), lambda r: r.memory.redo()):
        step(recogniser)
        answers.append(recogniser.recognise(picture("red", 9)))
    assert [answer.label for answer in answers] == ["cup", after, "cup", after]
    assert [answer.memory_version for answer in answers] == [2, 3, 4, 5]
    np.testing.assert_allclose(answers[2].score, answers[0].score, atol=1e-5)


def test_a_scene_with_two_names_is_known_by_one_of_them() -> None:
    recogniser = Recogniser(settings(**RULES["calibrated"]))
    for label in ("gadget", "thing"):
        look(recogniser, "red")
        recogniser.register(label, frames=1)
    answer = look(recogniser, "red")
    assert (answer.known, answer.label in ("gadget", "thing")) == (True, True), answer
    assert look(recogniser, "green", 1).label == UNKNOWN


def test_undo_of_a_registration_makes_it_unknown_again(recogniser) -> None:
    teach(recogniser, leaf="green", cup="red")
    recogniser.memory.undo()
    assert look(recogniser, "red", 1).label == UNKNOWN
    assert look(recogniser, "green", 1).label == "leaf"


def test_prompts_alone_recognise(recogniser) -> None:
    recogniser.set_prompts(["tomato", "sky"], ["something red", "something blue"])
    assert look(recogniser, "red", 1).candidates[0].label == "tomato"
    assert look(recogniser, "blue", 1).candidates[0].label == "sky"
    recogniser.set_prompts(["sky"], replace=False)
    assert [summary.label for summary in recogniser.labels()] == ["sky", "tomato"]
    recogniser.set_prompts(["sky"], replace=True)
    assert [summary.label for summary in recogniser.labels()] == ["sky"]
    recogniser.set_prompts([], replace=True)
    assert look(recogniser, "red", 1).reason is Reason.UNKNOWN_NOTHING_LEARNED


def test_initial_labels_get_a_prompt() -> None:
    recogniser = Recogniser(settings(init_labels=("red", " blue ")))
    assert look(recogniser, "blue", 1).candidates[0].label == "blue"
    assert [summary.prompts for summary in recogniser.labels()] == [1, 1]
    with pytest.raises(RequestError, match="cannot be a label"):
        Recogniser(settings(init_labels=("unknown",)))


def test_templates_live_change_the_next_frame(late) -> None:
    late.set_prompts(["tomato"])
    before = look(late, "red", 1).candidates[0].text_score
    late.configure(prompt_templates=["a red {label}"])
    assert look(late, "red", 1).candidates[0].text_score > before + 0.3
    late.set_prompts(["tomato"], ["blue"])
    own = look(late, "red", 1).candidates[0].text_score
    late.configure(prompt_templates=["a {label}"])
    assert look(late, "red", 1).candidates[0].text_score == own, "a prompt of its own needs no template"


class TestRegister:
    def test_it_encodes_nothing_again(self, late) -> None:
        look(late, "red")
        late.encoders = dataclasses.replace(late.encoders, backbone=None)
        assert late.register("cup").stored == 4

    AMOUNTS: ClassVar = {
        "the setting": ({}, 3),
        "fewer": ({"frames": 2}, 2),
        "more": ({"frames": 5}, 5),
        "more than there are": ({"frames": 64}, 6),
    }

    @pytest.mark.parametrize(("asked", "stored"), AMOUNTS.values(), ids=AMOUNTS.keys())
    def test_as_many_recent_frames_as_asked_for(self, late, asked, stored) -> None:
        late.configure(register_frames=3)
        look(late, "red", 6)
        assert late.register("cup", **asked).stored == stored

    def test_near_duplicates_are_left_out_and_the_answer_says_why(self, late) -> None:
        for variant in (0, 0, 1, 1):
            late.recognise(picture("red", variant))
        done = late.register("cup")
        assert done.stored == late.memory.table.count("cup") == 2
        assert len(done.reasons) == 2
        assert done.reasons[0].startswith("frame 2 of 4: near duplicate of a stored example (cosine 1.000")
        with pytest.raises(AllRejectedError, match=r"None of 4 frames was stored: frame 1 of 4: near"):
            late.register("cup")
        assert late.register("cup", negative=True).stored == 2, "as negatives they are new"
        assert late.register("mug").stored == 2, "for another label they are new"

    BAD: ClassVar = {"blurred": plain("red"), "too dark": plain("black"), "overexposed": plain("white")}

    @pytest.mark.parametrize(("word", "frame"), BAD.items(), ids=BAD.keys())
    def test_bad_frames_change_nothing(self, late, word, frame) -> None:
        late.recognise(frame)
        with pytest.raises(AllRejectedError, match=word) as caught:
            late.register("cup")
        assert len(caught.value.reasons) == 1
        assert (late.memory.version, late.labels()) == (0, [])
        with pytest.raises(NothingToUndoError):
            late.memory.undo()

    def test_only_the_scene_in_view_is_learned(self, late) -> None:
        look(late, "green", 5)
        look(late, "red", 2)
        assert late.register("cup").stored == 2
        assert look(late, "green", 1).label == UNKNOWN

    def test_without_a_frame_it_says_so(self, late) -> None:
        with pytest.raises(NoFramesError, match="is the camera running"):
            late.register("cup")
        look(late, "red")
        late.restart_view()
        with pytest.raises(NoFramesError):
            late.register("cup")

    def test_pictures_of_the_request_leave_the_view_alone(self, recogniser) -> None:
        look(recogniser, "red", 3)
        done = recogniser.register("leaf", images=[picture("green", n, (64, 48)) for n in range(3)])
        assert done.stored == 3
        assert look(recogniser, "green", 1).label == "leaf"
        look(recogniser, "red", 3)
        assert recogniser.register("cup").stored == 3

    def test_pictures_are_checked_before_anything_is_stored(self, late) -> None:
        with pytest.raises(FrameError):
            late.register("leaf", images=[picture("green"), np.zeros((4, 4), np.uint8)])
        assert late.labels() == []

    def test_a_bad_label_is_refused(self, late) -> None:
        look(late, "red")
        with pytest.raises(RequestError, match="must not be empty"):
            late.register("  ")
        assert late.memory.version == 0

    def test_what_is_stored_can_be_looked_at(self, late) -> None:
        look(late, "red", 1)
        example = late.memory.examples.with_details(late.register("  cup ").step.examples.added)[0]
        assert example.label == "cup"
        assert example.quality["sharpness"] > 15
        assert example.thumbnail.startswith(b"\xff\xd8")
        assert np.linalg.norm(example.embedding) == pytest.approx(1, abs=1e-5)

    def test_a_negative_takes_the_label_from_what_only_looks_like_it(self, recogniser) -> None:
        teach(recogniser, cup="red")
        lookalike = [picture("red", 50 + n) for n in range(4)]
        before = recogniser.recognise(lookalike[0])
        assert before.label == "cup"
        recogniser.register("cup", images=lookalike, negative=True)
        after = recogniser.recognise(lookalike[0])
        assert after.candidates[0].score < before.candidates[0].score - 0.05
        assert recogniser.labels()[0].negatives == 4
        recogniser.memory.undo()
        assert recogniser.recognise(lookalike[0]).label == "cup"


class TestConfigure:
    def test_a_live_change_counts_from_the_next_frame(self, late) -> None:
        teach(late, cup="red", leaf="green")
        assert len(look(late, "red", 1).candidates) == 2
        late.configure(k_candidates=1, open_set_threshold=1.0)
        decision = look(late, "red", 1)
        assert (len(decision.candidates), decision.threshold, decision.label) == (1, 1.0, UNKNOWN)

    def test_alpha_is_the_weight_of_the_picture(self, late) -> None:
        teach(late, cup="red")
        late.set_prompts(["cup"], ["something blue"])
        scores = []
        for alpha in (0.0, 0.5, 1.0):
            late.configure(alpha_fusion=alpha)
            scores.append(late.recognise(picture("red", 9)).score)
        best = late.recognise(picture("red", 9)).candidates[0]
        assert scores[0] == pytest.approx(max(best.text_score, 0), abs=1e-3)
        assert scores[2] == pytest.approx(min(best.image_score, 1), abs=1e-3)
        assert scores[1] == pytest.approx((best.text_score + best.image_score) / 2, abs=1e-3)

    def test_without_open_set_the_best_label_is_the_answer(self, recogniser) -> None:
        teach(recogniser, cup="red")
        recogniser.configure(open_set=False)
        assert look(recogniser, "blue", 1).label == "cup"
        assert [summary.threshold for summary in recogniser.labels()] == [0.0]

    @pytest.mark.parametrize(("fuse", "threshold"), [("late", 0.6), ("calibrated", 0.1)])
    def test_another_rule_knows_all_that_was_learned(self, recogniser, fuse, threshold) -> None:
        teach(recogniser, cup="red", leaf="green")
        recogniser.set_prompts(["sky"], ["blue"])
        recogniser.configure(fuse=fuse, open_set_threshold=threshold, temperature=1.0)
        assert [look(recogniser, colour, 1).label for colour in ("red", "green")] == ["cup", "leaf"]
        assert look(recogniser, "blue", 1).candidates[0].label == "sky"
        recogniser.memory.forget("cup")
        assert "cup" not in [candidate.label for candidate in look(recogniser, "red", 1).candidates]

    REFUSED: ClassVar = {
        "out of range": ({"alpha_fusion": 1.5}, r"'alpha_fusion' must be a number in \[0, 1\]; got 1.5"),
        "unknown name": ({"alpha_fuson": 0.5}, "'alpha_fuson'. Did you mean 'alpha_fusion'"),
        "no choice": ({"fuse": "early"}, "one of calibrated, late"),
        "only at the start": ({"backbone": "embedded"}, "'backbone' can only be set at the start"),
        "template without a label": ({"prompt_templates": ["a thing"]}, "label"),
        "no template": ({"prompt_templates": []}, "at least one"),
        "one bad of two": ({"k": 3, "alpha_fusion": -0.1}, "alpha_fusion"),
    }

    @pytest.mark.parametrize(("changes", "words"), REFUSED.values(), ids=REFUSED.keys())
    def test_all_or_nothing(self, late, changes, words) -> None:
        before = late.settings
        with pytest.raises(SettingError, match=words):
            late.configure(**changes)
        assert late.settings == before


def test_smoothing_holds_within_a_scene_and_not_over_a_cut(late) -> None:
    teach(late, cup="red", leaf="green")
    late.configure(temporal_ema=0.99, open_set_threshold=1.0)
    first = late.recognise(picture("red", 0), 1.0).candidates[0].score
    held = late.recognise(picture("red", 20), 1.0 + 1 / 30).candidates[0].score
    late.restart_view()
    fresh = late.recognise(picture("red", 20), 2.0).candidates[0].score
    assert abs(held - first) < 0.1 * abs(fresh - first)
    best = late.recognise(picture("green", 0), 2.03).candidates[0]
    assert (best.label, best.score) == ("leaf", pytest.approx(best.image_score))


def test_a_known_label_is_held_against_flicker_while_smoothing_is_on(monkeypatch) -> None:
    recogniser = Recogniser(settings(init_labels=("red", "blue")))
    limits = {"clear": 0.2, "doubtful": 0.5}

    def label(limit: str) -> str:
        scores = Scores(("blue", "red"), np.float32([0.0, 0.45]), np.float32([limits[limit]] * 2), 0.55)
        monkeypatch.setattr(recogniser.rule, "conclude", lambda evidence: scores)
        return recogniser.recognise(plain("red")).label

    assert [label("clear"), label("doubtful")] == ["red", UNKNOWN], (
        "without smoothing each frame is by itself"
    )
    recogniser.configure(temporal_ema=1e-9)
    assert label("doubtful") == UNKNOWN, "it was not known before"
    assert [label("clear"), label("doubtful")] == ["red", "red"]
    recogniser.restart_view()
    assert label("doubtful") == UNKNOWN


def test_a_change_of_memory_ends_the_past_of_the_smoothing(late) -> None:
    teach(late, leaf="green")
    late.configure(temporal_ema=0.99)
    look(late, "red", 5)
    late.register("leaf")
    assert late.recognise(picture("red", 9)).label == "leaf"


def test_labels_tell_what_is_known(late) -> None:
    teach(late, cup="red")
    late.register("sky", images=[picture("blue")], negative=True)
    late.set_prompts(["tree", "tree", "cup"], ["a tree", "an oak", ""])
    late.configure(prompt_templates=["a {label}", "my {label}", "the {label}"])
    told = [(s.label, s.examples, s.negatives, s.prompts, s.threshold) for s in late.labels()]
    assert told == [("cup", 4, 0, 3, 0.6), ("sky", 0, 1, 0, 0.6), ("tree", 0, 0, 2, 0.6)]


@pytest.mark.parametrize("change", [lambda r: r.memory.forget("cpu"), lambda r: r.relabel("cpu", "mug")])
def test_an_unknown_label_names_the_nearest(late, change) -> None:
    teach(late, cup="red")
    with pytest.raises(UnknownLabelError, match=r"'cpu'\. Did you mean 'cup'"):
        change(late)


def test_a_bad_frame_is_refused_and_the_next_one_recognised(recogniser) -> None:
    teach(recogniser, cup="red")
    with pytest.raises(FrameError):
        recogniser.recognise(np.zeros((3, 3), np.uint8))
    assert look(recogniser, "red", 1).label == "cup"


def test_an_encoder_that_fails_once_leaves_no_trace(late) -> None:
    class Failing(FakeBackbone):
        broken = False

        def encode_images(self, images):
            if self.broken:
                raise RuntimeError("out of memory")
            return super().encode_images(images)

    backbone = Failing()
    late.encoders = dataclasses.replace(late.encoders, backbone=backbone)
    teach(late, cup="red")
    before = look(late, "red", 1, first=9)
    backbone.broken = True
    with pytest.raises(RuntimeError):
        late.recognise(picture("red", 3))
    with pytest.raises(RuntimeError):
        late.register("mug", images=[picture("red", 3)])
    backbone.broken = False
    assert late.recognise(picture("red", 9)).as_dict() == before.as_dict()


def test_a_restart_finds_all_and_answers_the_same(tmp_path) -> None:
    chosen = settings(memory_path=str(tmp_path / "memory.db"))
    recogniser = Recogniser(chosen)
    teach(recogniser, cup="red", leaf="green")
    recogniser.set_prompts(["sky"], ["blue"])
    before = look(recogniser, "red", 1, first=9)
    recogniser.close()
    again = Recogniser(chosen)
    after = look(again, "red", 1, first=9)
    assert (after.label, after.memory_version) == (before.label, before.memory_version)
    assert after.score == pytest.approx(before.score, abs=1e-5)
    again.memory.undo()
    assert [summary.label for summary in again.labels()] == ["cup", "leaf"]
    again.close()


def test_the_memory_of_another_encoder_is_refused(tmp_path) -> None:
    path = str(tmp_path / "memory.db")
    recogniser = Recogniser(settings(memory_path=path))
    teach(recogniser, cup="red")
    recogniser.close()
    with pytest.raises(MemoryStoreError, match="fake"):
        Recogniser(settings(memory_path=path, seed=7))


def test_by_default_each_encoder_has_a_memory_of_its_own(tmp_path) -> None:
    recogniser = Recogniser(settings(memory_path=""))
    teach(recogniser, cup="red")
    recogniser.close()
    assert (tmp_path / "ros_home" / "vfrt" / "fake" / "memory.db").is_file()


def test_the_same_seed_gives_the_same_answers() -> None:
    answers = []
    for _ in range(2):
        recogniser = Recogniser(settings())
        teach(recogniser, cup="red", leaf="green")
        answers.append([look(recogniser, colour, 1).as_dict() for colour in ("red", "blue")])
    assert answers[0] == answers[1]


def test_frames_and_lessons_may_come_from_many_threads(recogniser) -> None:
    teach(recogniser, cup="red")
    errors: list[BaseException] = []

    def repeat(action: Callable[[], Any]) -> threading.Thread:
        def run() -> None:
            try:
                for _ in range(25):
                    action()
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def learn_and_undo() -> None:
        recogniser.register("leaf", images=[picture("green")])
        recogniser.labels()
        recogniser.memory.undo()

    actions = [lambda: look(recogniser, "red", 1), lambda: look(recogniser, "green", 1), learn_and_undo]
    for thread in [repeat(action) for action in actions]:
        thread.join(20)
        assert not thread.is_alive()
    assert errors == []
    assert (look(recogniser, "red", 1).label, recogniser.memory.version) == ("cup", 51)


def test_encoders_and_memory_can_be_given() -> None:
    encoders = load_encoders("fake", device="cpu")
    assert Recogniser(settings(), encoders=encoders).encoders is encoders


def test_bad_templates_stop_the_start() -> None:
    with pytest.raises(SettingError, match="label"):
        Recogniser(settings(prompt_templates=("a thing",)))


@pytest.mark.parametrize(("fuse", "rises"), [("late", False), ("calibrated", True)])
def test_a_standing_label_has_an_advantage_under_the_calibrated_rule_only(fuse, rises) -> None:
    labels = ("red", "blue")
    recogniser = Recogniser(
        settings(fuse=fuse, init_labels=labels, temporal_ema=1e-9, open_set_threshold=0.0)
    )
    first, second = (recogniser.recognise(plain("red")).score for _ in range(2))
    assert (second > first + 1e-6) == rises
    assert second >= first - 1e-6


def test_settling_waits_for_the_fit_of_what_was_taught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vfrt_ros.core.scoring.constants.FIT_AT_ONCE", 0)
    recogniser = Recogniser(settings(fuse="calibrated", init_labels=("red", "blue")))
    for name in ("red", "green", "blue"):
        recogniser.register(name, images=[picture(name)])
    recogniser.settle()
    settled = recogniser.recognise(picture("green")).score
    for rule in ("late", "calibrated"):  # makes the rule anew, which fits at once
        recogniser.configure(fuse=rule)
    assert recogniser.recognise(picture("green")).score == pytest.approx(settled, abs=1e-6)
