# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What people may ask for."""

from __future__ import annotations

import pytest

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.types.errors import RequestError
from vfrt_ros.core.types.label import (
    LONGEST_LABEL,
    PROMPT_LENGTH,
    check_images,
    check_label,
    check_prompts,
    check_room,
)

LABEL_LENGTH = RecognitionSettings.max_label_length

GOOD_LABELS = {
    "plain": ("cup", "cup"),
    "blanks around": ("  cup \n", "cup"),
    "blanks inside": ("cup of coffee", "cup of coffee"),
    "any script": ("чашка 茶碗", "чашка 茶碗"),
    "joined by a non-joiner": ("می\u200cخواهم", "می\u200cخواهم"),
    "an emoji of several": ("👩\u200d🚀", "👩\u200d🚀"),
    "no-break space": ("café\u00a0crème", "café crème"),
    "two blanks inside": ("coffee  cup", "coffee cup"),
    "a wide blank": ("茶\u3000碗", "茶 碗"),
    "accents apart from their letters": ("cafe\u0301", "caf\u00e9"),
    "syllables in parts": ("\u1112\u1161\u11ab", "\ud55c"),
    "as long as may be": ("x" * LABEL_LENGTH, "x" * LABEL_LENGTH),
    "unknown in capitals": ("Unknown", "Unknown"),
}


@pytest.mark.parametrize(("given", "kept"), GOOD_LABELS.values(), ids=GOOD_LABELS.keys())
def test_check_label_keeps(given, kept) -> None:
    assert check_label(given) == kept


BAD_LABELS = {
    "empty": ("", "must not be empty"),
    "blanks only": (" \t ", "must not be empty"),
    "too long": ("x" * (LABEL_LENGTH + 1), "at most 100 characters; got 101"),
    "a line break inside": ("cup\ncat", "control characters"),
    "a null": ("cup\0", "control characters"),
    "an escape sequence": ("\x1b[31mcup", "control characters"),
    "half a surrogate pair": ("cup\ud800", "control characters"),
    "text turned around": ("cup\u202egnp", "control characters"),
    "the word for unknown": (" unknown ", "cannot be a label"),
}


@pytest.mark.parametrize(("label", "words"), BAD_LABELS.values(), ids=BAD_LABELS.keys())
def test_check_label_refuses(label, words) -> None:
    with pytest.raises(RequestError, match=words):
        check_label(label, length=LABEL_LENGTH)


def test_a_label_that_is_there_can_be_named_when_the_limit_was_lowered() -> None:
    assert check_label("x" * (LABEL_LENGTH + 1)) == "x" * (LABEL_LENGTH + 1)
    with pytest.raises(RequestError, match="at most 500 characters"):
        check_label("x" * 10_000)


def test_the_longest_label_is_that_of_the_settings() -> None:
    assert RecognitionSettings.parameters()["max_label_length"].high == LONGEST_LABEL


PROMPTS = {
    "labels alone": (["cat", "dog"], [], {"cat": (), "dog": ()}),
    "a prompt each": (["cat", "dog"], ["a cat", "a dog"], {"cat": ("a cat",), "dog": ("a dog",)}),
    "two of one label": (["cat", "cat"], ["a cat", "a kitten"], {"cat": ("a cat", "a kitten")}),
    "an empty prompt stands for the templates": (["cat", "dog"], ["", "a dog"], {"cat": (), "dog": ("a dog",)}),
    "blanks around both": ([" cat "], [" a cat "], {"cat": ("a cat",)}),
}  # fmt: skip


@pytest.mark.parametrize(("labels", "prompts", "found"), PROMPTS.values(), ids=PROMPTS.keys())
def test_check_prompts(labels, prompts, found) -> None:
    assert check_prompts(labels, prompts, replace=False) == found


BAD_PROMPTS = {
    "too few": (["cat", "dog"], ["a cat"], "one prompt for each of 2 labels.*got 1"),
    "too many": (["cat"], ["a cat", "a dog"], "one prompt for each of 1 label,.*got 2"),
    "prompts without labels": ([], ["a cat"], "got 1"),
    "nothing": ([], [], "at least one label"),
    "an empty label": (["cat", ""], [], "must not be empty"),
    "the word for unknown": (["unknown"], [], "cannot be a label"),
    "too long a prompt": (["cat"], ["x" * (PROMPT_LENGTH + 1)], "at most 1000 characters"),
    "a control character": (["cat"], ["a\0cat"], "control characters"),
}


@pytest.mark.parametrize(("labels", "prompts", "words"), BAD_PROMPTS.values(), ids=BAD_PROMPTS.keys())
def test_check_prompts_refuses(labels, prompts, words) -> None:
    with pytest.raises(RequestError, match=words):
        check_prompts(labels, prompts, replace=False)


def test_prompts_of_a_label_have_a_limit() -> None:
    labels, prompts = ["cat", "cat", "dog"], ["a cat", "a kitten", "a dog"]
    assert len(check_prompts(labels, prompts, replace=False, most=2)["cat"]) == 2
    with pytest.raises(RequestError, match=r"at most 1 prompt \(max_prompts\); 'cat' gets more"):
        check_prompts(labels, prompts, replace=False, most=1)


IMAGES = {
    "as many as may be": ([(100, 100)] * 3, None),
    "none": ([], None),
    "too many": ([(1, 1)] * 4, r"at most 3 images \(max_images\); got 4"),
    "too large together": (
        [(1000, 1000), (1000, 1001)],
        "megapixels together, over the 2 of max_request_megapixels",
    ),
    "giants that are not there": ([(2**32 - 1, 2**32 - 1)], "over the 2 of max_request_megapixels"),
}


@pytest.mark.parametrize(("sizes", "words"), IMAGES.values(), ids=IMAGES.keys())
def test_check_images(sizes, words) -> None:
    if words is None:
        check_images(sizes, most=3, megapixels=2.0)
    else:
        with pytest.raises(RequestError, match=words):
            check_images(sizes, most=3, megapixels=2.0)


def test_check_room() -> None:
    check_room(["a", "b"], ["b", "c"], most=3)
    with pytest.raises(RequestError, match="There would be 4 labels, over the 3 of max_labels"):
        check_room(["a", "b"], ["c", "d"], most=3)
    # What is there may be worked on when the limit was lowered.
    check_room(["a", "b", "c"], ["a"], most=1)


def test_no_labels_with_replace_removes_all() -> None:
    assert check_prompts([], [], replace=True) == {}
