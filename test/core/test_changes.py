# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What is done with a memory without a frame: single examples, and what others learned."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fixtures.pictures import picture, plain

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.memory.bundle import Bundle
from vfrt_ros.core.memory.merge import bundle_of
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.registration import RejectedFramesError
from vfrt_ros.core.types.errors import EncoderError, RequestError, UnknownLabelError
from vfrt_ros.core.types.label import normal_label


@pytest.fixture(autouse=True)
def _cache(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def recogniser(**changes: Any) -> Recogniser:
    return Recogniser(RecognitionSettings(backbone="fake", memory_path=":memory:", **changes))


def pictures(colour: str, count: int = 3) -> list:
    return [picture(colour, variant) for variant in range(count)]


def teacher() -> Recogniser:
    made = recogniser()
    made.register("cup", images=pictures("red"))
    made.register("leaf", images=pictures("green"))
    made.set_prompts(["sky"], ["something blue"])
    return made


def test_examples_are_listed_oldest_first_whatever_was_undone() -> None:
    made = teacher()
    made.relabel("cup", "mug")
    made.memory.undo()
    found, version = made.memory.examples.listed()
    robot = made.memory.robot
    assert [str(e.id) for e in found] == [f"{robot}:{number}:{n}" for number in (1, 2) for n in range(3)]
    assert version == 5
    assert [str(example.id) for example in made.memory.examples.listed(" leaf ")[0]] == [
        f"{robot}:2:{n}" for n in range(3)
    ]
    assert made.memory.examples.listed("sky") == ([], 5)
    with pytest.raises(UnknownLabelError, match="Did you mean 'cup'"):
        made.memory.examples.listed("cub")
    with pytest.raises(RequestError, match="control"):
        made.memory.examples.listed("a\0b")


OLD_LABELS = {
    "accents apart from their letters": ("cafe\u0301", "caf\u00e9"),
    "blanks around": (" cup ", "cup"),
    "no-break space": ("coffee\u00a0cup", "coffee  cup"),
}


@pytest.mark.parametrize(("stored", "typed"), OLD_LABELS.values(), ids=OLD_LABELS)
def test_a_label_that_an_older_version_stored_as_typed_is_reached(
    stored: str, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def old() -> Recogniser:
        made = recogniser()
        with monkeypatch.context() as patch:
            patch.setattr("vfrt_ros.core.memory.new_example.check_label", lambda label, **_: label)
            made.memory.register(stored, teacher().memory.examples("cup"))
        assert list(made.memory.labels) == [stored]
        return made

    made = old()
    made.recognise(picture("red", 7))
    assert made.explain(typed) == made.explain(stored)
    assert len(made.memory.examples.listed(typed)[0]) == 3
    made.relabel(typed, "mug")
    assert list(made.memory.labels) == ["mug"]
    made = old()
    made.memory.forget(typed)
    assert not made.memory.labels
    made = old()
    made.relabel(stored, typed)
    assert list(made.memory.labels) == [normal_label(typed)]


@pytest.mark.parametrize("fuse", ["calibrated", "late"])
def test_a_bad_example_that_is_forgotten_never_was(fuse) -> None:
    def answer(made: Recogniser) -> Any:
        return [(c.label, c.score, c.image_score) for c in made.recognise(picture("red", 7)).candidates]

    clean, spoiled = (recogniser(fuse=fuse, temporal_ema=0.0) for _ in range(2))
    for made in (clean, spoiled):
        made.register("cup", images=pictures("red"))
        made.register("leaf", images=pictures("green"))
    before = answer(spoiled)
    bad = spoiled.register("leaf", images=[picture("red", 5), picture("red", 6)])
    assert answer(spoiled) != before
    spoiled.memory.forget_examples([example.id for example in bad.step.examples.added])
    assert answer(spoiled) == before == answer(clean)
    spoiled.memory.undo()
    assert spoiled.memory.table.count("leaf") == 5
    spoiled.memory.redo()
    assert answer(spoiled) == before


def test_a_registration_tells_of_every_frame_what_became_of_it() -> None:
    made = recogniser()
    done = made.register("cup", images=[picture("red"), plain("red"), picture("red", 1)])
    assert [bool(frame.rejection) for frame in done.selection] == [False, True, False]
    assert done.reasons == (done.selection[1].reason,)
    assert [example.id.place for example in done.step.examples.added] == [0, 1]
    with pytest.raises(RejectedFramesError) as caught:
        made.register("cup", images=[plain("red"), picture("red")])
    assert [frame.reason for frame in caught.value.selection] == list(caught.value.reasons)


def test_what_one_learned_another_absorbs_in_one_step() -> None:
    learner = recogniser()
    learner.register("cup", images=pictures("red", 1))
    done = learner.absorb(learner.prepare_merge(bundle_of(teacher().memory), "imported from desk"))
    assert (done.added, done.duplicates, done.prompts) == (6, 0, 1)
    assert done.in_words == "Added 6 examples and the prompts of 1 label. Undo takes it back."
    for colour, label in (("red", "cup"), ("green", "leaf")):
        assert learner.recognise(picture(colour, 9)).candidates[0].label == label
    assert {summary.label for summary in learner.labels()} == {"cup", "leaf", "sky"}
    learner.memory.undo()
    assert (len(learner.memory), learner.memory.labels) == (1, ("cup",))


def test_a_choice_of_labels_is_absorbed_without_near_duplicates() -> None:
    learner = recogniser()
    learner.register("cup", images=pictures("red", 1))
    done = learner.absorb(learner.prepare_merge(chosen(teacher()), "imported from desk"))
    assert (done.added, done.duplicates, done.prompts) == (5, 1, 1)
    assert done.in_words.startswith("Added 5 examples and the prompts of 1 label; 1 near duplicate left")


def chosen(made: Recogniser) -> Bundle:
    """All labels of a memory, without what was done to them."""
    memory = made.memory
    return Bundle(memory.encoder, examples=tuple(memory.examples.taught()), prompts=dict(memory.prompts))


def test_an_import_over_a_limit_is_refused_before_its_prompts_are_encoded(monkeypatch) -> None:
    learner, bundle = recogniser(max_labels=2), bundle_of(teacher().memory)
    monkeypatch.setattr("vfrt_ros.core.scoring.prototypes.embed_groups", lambda *_: 1 / 0)
    with pytest.raises(RequestError, match="3 labels, over the 2 of max_labels"):
        learner.prepare_merge(bundle, "desk")


def test_prompts_that_cannot_be_encoded_change_nothing(monkeypatch) -> None:
    learner, bundle = recogniser(), bundle_of(teacher().memory)

    def fail(*_: Any) -> None:
        raise EncoderError("It is gone.")

    monkeypatch.setattr("vfrt_ros.core.scoring.prototypes.embed_groups", fail)
    with pytest.raises(EncoderError):
        learner.prepare_merge(bundle, "desk")
    assert (len(learner.memory), learner.memory.version) == (0, 0)


def test_recognition_goes_on_while_an_import_is_worked_out(monkeypatch) -> None:
    learner, bundle = recogniser(), chosen(teacher())
    begun, go_on = threading.Event(), threading.Event()

    def slow(*arguments: Any, **named: Any) -> None:
        begun.set()
        assert go_on.wait(20)

    monkeypatch.setattr("vfrt_ros.core.memory.merge.duplicate_of", slow)
    thread = threading.Thread(
        target=lambda: learner.absorb(learner.prepare_merge(bundle, "desk")), daemon=True
    )
    thread.start()
    assert begun.wait(20)
    assert not learner.recognise(picture("red")).known
    go_on.set()
    thread.join(20)
    assert len(learner.memory) == 6
