# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The explanation names what decided."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core import Recogniser, RecognitionSettings
from vfrt_ros.core.types.errors import NoFramesError, UnknownLabelError

RED, BLUE = (0, 0, 250), (250, 0, 0)


def frame(colour: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(-25, 26, (48, 64, 3))
    return np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)


def recogniser(**changes: object) -> Recogniser:
    return Recogniser(RecognitionSettings(backbone="fake", memory_path=":memory:", **changes))


@pytest.fixture
def taught() -> Recogniser:
    taught = recogniser(init_labels=("red",))
    taught.register("apple", images=[frame(RED, seed) for seed in range(3)])
    taught.set_prompts(["sky"], ["a blue thing"])
    taught.recognise(frame(RED, 9))
    return taught


EXPLAINED = {
    "the best label": ("", "The frame "),
    "its examples": ("apple", "The memory has "),
    "a label without a prompt": ("apple", "The text says nothing of it: 'apple' has no prompt."),
    "a prompt of its own": ("sky", "“a blue thing”"),
    "the prompt of a template": ("red", "“a photo of a red”"),
    "a label without an example": ("red", "there is no example of 'red'"),
    "what stands against it": ("red", "Against it: 'apple' "),
}


@pytest.mark.parametrize(("label", "words"), EXPLAINED.values(), ids=EXPLAINED.keys())
def test_it_says(taught, label, words) -> None:
    assert words in "\n".join(taught.explain(label))


def test_the_threshold_is_explained_by_rule(taught) -> None:
    assert "5% of the frames of known objects" in "\n".join(taught.explain("red"))
    taught.configure(fuse="late", open_set_threshold=0.3)
    taught.recognise(frame(RED))
    assert "its threshold of 0.30 (the parameter open_set_threshold)" in "\n".join(taught.explain("red"))
    taught.configure(open_set=False)
    taught.recognise(frame(RED))
    assert "no threshold, since open_set is off" in "\n".join(taught.explain("red"))


def test_nothing_learned() -> None:
    empty = recogniser()
    empty.recognise(frame(BLUE))
    assert empty.explain() == [
        "The frame is unknown: nothing is learned yet. Register an object or set prompts."
    ]


def test_the_nearest_examples_come_first_with_what_each_says(taught) -> None:
    taught.register("apple", images=[frame((0, 30 * step, 250 - 20 * step)) for step in range(1, 8)])
    seen = frame((0, 100, 180))
    taught.recognise(seen)
    done = taught.explanation("apple")
    rows = {e.id: e.embedding for e in taught.memory.examples("apple")}
    cosines = {key: float(row @ taught.observe(seen).embedding) for key, row in rows.items()}
    order = sorted(cosines, key=lambda key: -cosines[key])
    assert [near.example for near in done.nearest] == order[:6]
    assert [near.cosine for near in done.nearest] == pytest.approx([cosines[key] for key in order[:6]])
    total = sum(max(cosine, 0.0) for cosine in cosines.values())
    assert [near.share for near in done.nearest] == pytest.approx(
        [max(cosines[key], 0.0) / total for key in order[:6]], abs=1e-6
    )
    assert done.lines == tuple(taught.explain("apple"))


def test_under_the_late_rule_only_the_neighbours_count(taught) -> None:
    taught.register("apple", images=[frame((0, 60, 200)), frame((0, 120, 150))])
    taught.configure(fuse="late", k=2)
    taught.recognise(frame(RED, 9))
    nearest = taught.explanation("apple").nearest
    assert len(nearest) > 2
    assert [near.share > 0 for near in nearest] == [number < 2 for number in range(len(nearest))]
    assert sum(near.share for near in nearest) == pytest.approx(1.0)


def test_numbers_are_those_of_the_answer(taught) -> None:
    decision = taught.recognise(frame(RED, 9))
    for candidate in decision.candidates:
        done = taught.explanation(candidate.label)
        assert (done.label, done.score) == (candidate.label, pytest.approx(candidate.score))
        assert done.text == pytest.approx(candidate.text_score, nan_ok=True)
        assert len(done.nearest) == candidate.examples
    assert taught.explanation(decision.label).threshold == pytest.approx(decision.threshold)
    assert taught.explanation("sky").prompts == ("a blue thing",)
    assert taught.explanation("apple").prompts == ()


def test_what_cannot_be_explained_is_refused(taught) -> None:
    with pytest.raises(UnknownLabelError, match=r"Unknown label 'aple'. Did you mean 'apple'"):
        taught.explain("aple")
    taught.memory.undo()
    with pytest.raises(NoFramesError, match="since the last change"):
        taught.explain()
