"""What people may ask for."""

from __future__ import annotations

import pytest

from vfrt_ros.core.errors import RequestError
from vfrt_ros.core.request import LABEL_LENGTH, PROMPT_LENGTH, check_label, check_prompts

GOOD_LABELS = {
    "plain": ("cup", "cup"),
    "blanks around": ("  cup \n", "cup"),
    "blanks inside": ("cup of coffee", "cup of coffee"),
    "any script": ("чашка 茶碗", "чашка 茶碗"),
    "joined by a non-joiner": ("می\u200cخواهم", "می\u200cخواهم"),
    "an emoji of several": ("👩\u200d🚀", "👩\u200d🚀"),
    "no-break space": ("café\u00a0crème", "café\u00a0crème"),
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
        check_label(label)


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
    "too few": (["cat", "dog"], ["a cat"], "one prompt for each of the 2 labels.*got 1"),
    "too many": (["cat"], ["a cat", "a dog"], "one prompt for each of the 1 labels.*got 2"),
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


def test_no_labels_with_replace_removes_all() -> None:
    assert check_prompts([], [], replace=True) == {}
