# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Text prototypes: from prompts or templates, unit norm, and only what is new is encoded."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.encoders.fake import FakeText
from vfrt_ros.core.scoring.prototypes import Prototypes

TEMPLATES = ("a photo of a {label}",)


class CountingText(FakeText):
    """A text encoder that notes what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def encode_text(self, texts):
        self.asked += texts
        return super().encode_text(texts)


@pytest.fixture(autouse=True)
def _empty_cache(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture
def text() -> CountingText:
    return CountingText()


def direct(*texts: str) -> np.ndarray:
    mean = FakeText().encode_text(list(texts)).mean(0)
    return mean / np.linalg.norm(mean)


CASES = {
    "by the template": ((), TEMPLATES, ["a photo of a red"]),
    "by several templates": ((), ("a {label}", "my {}"), ["a red", "my red"]),
    "by a prompt of its own": (("a crimson cup",), TEMPLATES, ["a crimson cup"]),
    "by several of its own": (("a red cup", "something blue"), TEMPLATES, ["a red cup", "something blue"]),
}


@pytest.mark.parametrize(("own", "templates", "texts"), CASES.values(), ids=CASES.keys())
def test_a_prototype_is_the_mean_of_its_texts(text, own, templates, texts) -> None:
    labels, vectors = Prototypes(text).embed({"red": own}, templates)
    assert labels == ("red",)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, [direct(*texts)], atol=1e-6)


def test_rows_belong_to_their_labels_whatever_the_number_of_prompts(text) -> None:
    prompts = {"one": ("red", "green", "blue"), "two": (), "three": ("white",)}
    labels, vectors = Prototypes(text).embed(prompts, TEMPLATES)
    assert labels == ("one", "two", "three")
    expected = [direct("red", "green", "blue"), direct("a photo of a two"), direct("white")]
    np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_only_what_changed_is_encoded_again(text) -> None:
    prototypes = Prototypes(text)
    first = prototypes.embed({"red": (), "blue": ()}, TEMPLATES)[1]
    text.asked.clear()
    again = prototypes.embed({"blue": (), "red": (), "green": ("a leaf",)}, TEMPLATES)[1]
    assert text.asked == ["a leaf"]
    np.testing.assert_array_equal(again[:2], first[::-1])
    prototypes.embed({"red": ()}, ("my {label}",))
    assert text.asked == ["a leaf", "my red"]


def test_no_labels_no_rows(text) -> None:
    labels, vectors = Prototypes(text).embed({}, TEMPLATES)
    assert (labels, vectors.shape) == ((), (0, text.dim))
    assert text.asked == []
