"""The explanation names what decided."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core import Recogniser, RecognitionSettings
from vfrt_ros.core.errors import NoFramesError, UnknownLabelError

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


def test_what_cannot_be_explained_is_refused(taught) -> None:
    with pytest.raises(UnknownLabelError, match=r"Unknown label 'aple'. Did you mean 'apple'"):
        taught.explain("aple")
    taught.undo()
    with pytest.raises(NoFramesError, match="since the last change"):
        taught.explain()
