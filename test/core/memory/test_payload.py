# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What operations carry: what goes in comes out, and nothing broken gets through."""

from __future__ import annotations

import contextlib

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vfrt_ros.core.memory.payload import Forget, Payload, Relabel, SetPrompts, Switch, TaughtExample, Teach
from vfrt_ros.core.memory.payload_bytes import decode, encode
from vfrt_ros.core.types.errors import OperationError
from vfrt_ros.core.types.operation import ExampleId, Kind, OperationId

from .teaching import jpeg, new_examples

DIM = 16
KEY = OperationId("a1", 3)
NAMES = (ExampleId(KEY, 0), ExampleId(KEY, 4))


def example(**changes: object) -> TaughtExample:
    facts = {"label": "cup", "embedding": new_examples(1, 1)[0].embedding, "created": 12.5} | changes
    return TaughtExample(**facts)


PAYLOADS = {
    "teach": (Kind.TEACH, Teach((example(negative=True, thumbnail=jpeg(1), source="desk.zip", batch=2),))),
    "teach nothing": (Kind.TEACH, Teach((), {"cup": ()}, (KEY,), "desk.zip")),
    "forget a label": (Kind.FORGET, Forget(NAMES, ("cup",), {"cup": None}, whole=True)),
    "forget examples": (Kind.FORGET, Forget(NAMES, ("cup", "dog"))),
    "relabel": (Kind.RELABEL, Relabel(NAMES, "cup", "mug", {"cup": None, "mug": ("a mug",)}, merged=True)),
    "prompts": (Kind.PROMPTS, SetPrompts({"cup": ("a", "b"), "dog": (), "hat": None})),
    "undo": (Kind.UNDO, Switch((KEY,))),
    "redo": (Kind.REDO, Switch((KEY, OperationId("b2", 9)))),
}


@pytest.mark.parametrize(("kind", "payload"), PAYLOADS.values(), ids=PAYLOADS)
def test_a_payload_comes_back_as_it_was(kind: Kind, payload: Payload) -> None:
    found = decode(kind, encode(payload), DIM)
    if isinstance(payload, Teach) and isinstance(found, Teach):
        for before, after in zip(payload.examples, found.examples, strict=True):
            np.testing.assert_array_equal(before.embedding, after.embedding)
            assert (before.label, before.negative, before.created) == (
                after.label,
                after.negative,
                after.created,
            )
            assert (before.thumbnail, before.source, before.batch) == (
                after.thumbnail,
                after.source,
                after.batch,
            )
        assert (found.prompts, found.adopted, found.origin) == (
            payload.prompts,
            payload.adopted,
            payload.origin,
        )
    else:
        assert found == payload


def test_what_was_dropped_comes_back_as_dropped() -> None:
    dropped = example(embedding=np.empty(0, np.float32))
    found = decode(Kind.TEACH, encode(Teach((example(), dropped, example(label="dog")))), DIM)
    assert isinstance(found, Teach)
    assert [(each.label, len(each.embedding)) for each in found.examples] == [
        ("cup", DIM),
        ("cup", 0),
        ("dog", DIM),
    ]


def teach(**changes: object) -> bytes:
    content = msgpack.unpackb(encode(Teach((example(),))))
    return msgpack.packb(content | changes)


BROKEN = {
    "no MessagePack": (Kind.TEACH, b"\xc1\x00\x01", "broken 'teach'"),
    "cut off": (Kind.TEACH, encode(Teach((example(),)))[:-9], "broken 'teach'"),
    "no map": (Kind.PROMPTS, msgpack.packb([1]), "expected a map; got list"),
    "a part is missing": (Kind.UNDO, msgpack.packb({}), "there is no 'targets'"),
    "an undo of nothing": (Kind.UNDO, encode(Switch(())), "names no operation"),
    "another dimension": (Kind.TEACH, teach(embeddings=b"1234" * 15), "60 bytes; expected 64"),
    "no embedding": (Kind.TEACH, teach(embeddings=b"\0" * 64), "norm 0.000"),
    "not finite": (Kind.TEACH, teach(embeddings=np.full(16, np.nan, "<f4").tobytes()), "not finite"),
    "a label that is none": (Kind.TEACH, teach(labels=["unknown"]), "unknown"),
    "a label that is no text": (Kind.TEACH, teach(labels=[7]), "expected a text; got 7"),
    "a picture that is none": (Kind.TEACH, teach(pictures=[b"hello"]), "no small JPEG"),
    "a time that is none": (Kind.TEACH, teach(created=[float("inf")]), "created must be"),
    "a measure that is none": (Kind.TEACH, teach(quality=[{"s": float("nan")}]), "finite numbers"),
    "columns of other lengths": (Kind.TEACH, teach(negative=[]), r"\[1, 0, 1, 1, 1, 1, 1\]"),
    "a robot that is none": (Kind.UNDO, msgpack.packb({"targets": [["../x", 1]]}), "letters and digits"),
    "a number that is none": (Kind.UNDO, msgpack.packb({"targets": [["a", 0]]}), "whole number from 1"),
}


@pytest.mark.parametrize(("kind", "data", "text"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_refused_in_one_line(kind: Kind, data: bytes, text: str) -> None:
    with pytest.raises(OperationError, match=text) as caught:
        decode(kind, data, DIM)
    assert "\n" not in str(caught.value)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(list(PAYLOADS.values())),
    st.integers(0, 10**6),
    st.integers(0, 255),
    st.sampled_from(list(Kind)),
)
def test_no_flipped_byte_raises_anything_else(pair, place: int, value: int, kind: Kind) -> None:
    data = bytearray(encode(pair[1]))
    data[place % len(data)] = value
    for each in (pair[0], kind):
        with contextlib.suppress(OperationError):
            decode(each, bytes(data), DIM)


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63 - 1)
        | st.floats()
        | st.text()
        | st.binary(max_size=80),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    ),
    st.sampled_from(list(Kind)),
    st.sampled_from(
        ["labels", "targets", "prompts", "examples", "embeddings", "dropped", "quality", "adopted"]
    ),
)
def test_nothing_that_is_no_payload_raises_anything_else(value, kind: Kind, name: str) -> None:
    content = msgpack.unpackb(encode(PAYLOADS["teach"][1])) | {
        "targets": [["a", 1]],
        "label": "a",
        "new_label": "b",
    }
    for data in (value, content | {name: value}):
        with contextlib.suppress(OperationError):
            decode(kind, msgpack.packb(data), DIM)
