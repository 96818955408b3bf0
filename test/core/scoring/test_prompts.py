# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Templates, ensembling and the cache of text embeddings."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.config.templates import check_templates, fill
from vfrt_ros.core.encoders import cache
from vfrt_ros.core.encoders.fake import FakeText
from vfrt_ros.core.scoring.prompts import encode_cached, text_prototypes
from vfrt_ros.core.types.errors import RequestError, SettingError


class CountingText(FakeText):
    """Remembers what it was asked to encode."""

    def __init__(self, seed=42):
        super().__init__(seed)
        self.asked = []

    def encode_text(self, texts):
        self.asked.append(list(texts))
        return super().encode_text(texts)


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "vfrt" / "text"


@pytest.mark.parametrize(
    "template, label, expected",
    [
        ("a photo of a {label}", "cup", "a photo of a cup"),
        ("a photo of a {}.", "cup", "a photo of a cup."),
        ("{label} and {label}", "a", "a and a"),
        ("{label}", "a {label} {}", "a {label} {}"),
        ("{label} {0}", "cup", "cup {0}"),
    ],
    ids=["named", "plain", "twice", "braces in the label", "other braces"],
)
def test_fill(template, label, expected):
    assert fill(template, label) == expected


@pytest.mark.parametrize(
    "templates, message",
    [
        (["a photo of a cup"], r"\{label\} where the label goes, got 'a photo of a cup'"),
        ([], "at least one"),
        ([""], "got ''"),
        ("a {label}", "expected a list of texts, got the text"),
        ([3], "got 3"),
    ],
    ids=["no place", "none", "empty", "a text", "a number"],
)
def test_wrong_templates(templates, message):
    with pytest.raises(SettingError, match=message):
        check_templates(templates)


def test_ensemble_is_averaged_then_normalised():
    text = FakeText()
    templates = ["a {label}", "the {label}", "{} one"]
    parts = text.encode_text([fill(template, "thing") for template in templates])
    mean = parts.mean(0)
    prototype = text_prototypes(text, ["thing"], templates=templates)[0]
    assert np.linalg.norm(mean) < 0.9
    np.testing.assert_allclose(prototype, mean / np.linalg.norm(mean), atol=1e-6)


def test_own_prompt_is_used_as_it_is():
    text = CountingText()
    vectors = text_prototypes(text, ["cup", "red"], ["my blue cup", " "])
    assert text.asked == [["my blue cup", "a photo of a red"]]
    np.testing.assert_allclose(vectors, FakeText().encode_text(["my blue cup", "red"]), atol=1e-6)


def test_as_many_prompts_as_labels():
    with pytest.raises(RequestError, match=r"as many prompts as labels \(2\) or none, got 1"):
        text_prototypes(FakeText(), ["a", "b"], ["one"])


def test_no_labels():
    assert text_prototypes(FakeText(), []).shape == (0, FakeText.dim)


def test_rows_belong_to_their_labels():
    labels = ["red", "blue", "green"]
    vectors = text_prototypes(
        FakeText(), labels, templates=("a bad photo of the {label}.", "art of the {label}.")
    )
    np.testing.assert_allclose(vectors, FakeText().encode_text(labels), atol=1e-6)


def test_what_is_cached_is_not_encoded_again():
    first, second = CountingText(), CountingText()
    expected = encode_cached(first, ["one", "two", "one"])
    np.testing.assert_array_equal(encode_cached(second, ["two", "one", "three"])[:2], expected[[1, 0]])
    assert first.asked == [["one", "two"]]
    assert second.asked == [["three"]]


def test_another_encoder_has_a_cache_of_its_own():
    encode_cached(CountingText(seed=1), ["one"])
    other = CountingText(seed=2)
    encode_cached(other, ["one"])
    assert other.asked == [["one"]]


def test_damaged_cache_is_made_again(fresh_cache):
    expected = encode_cached(FakeText(), ["one"])
    (file,) = fresh_cache.iterdir()
    file.write_bytes(file.read_bytes()[:-3])
    np.testing.assert_array_equal(encode_cached(FakeText(), ["one"]), expected)
    assert cache.load_arrays("text", file.name) is not None


def test_templates_that_cancel_out():
    class Opposed(FakeText):
        fingerprint = "opposed"

        def __init__(self):
            pass

        def encode_text(self, texts):
            vector = np.eye(1, self.dim, dtype=np.float32)
            return np.concatenate([vector if i % 2 == 0 else -vector for i in range(len(texts))])

    prototype = text_prototypes(Opposed(), ["x"], templates=["a {}", "b {}"])
    np.testing.assert_allclose(np.linalg.norm(prototype), 1)
