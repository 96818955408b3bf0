# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Forged and damaged exports: one line says what is wrong, or what they hold can be given again."""

from __future__ import annotations

import contextlib
import io
import json
import random
import zipfile
from pathlib import Path

import msgpack
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vfrt_ros.core.config.settings import RecognitionSettings, state_folder
from vfrt_ros.core.memory.absorb import absorb, prepare_merge
from vfrt_ros.core.memory.bundle import Bundle, pack_bundle, unpack_bundle
from vfrt_ros.core.memory.location import memory_file
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.merge import bundle_of, contents_of
from vfrt_ros.core.memory.new_example import NewExample
from vfrt_ros.core.memory.payload import TaughtExample
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import RequestError, VfrtError
from vfrt_ros.core.types.operation import Kind, Operation

ENCODER = EncoderIdentity("fake", "abc123", 3)
ROW = np.array([0.6, 0.8, 0.0], np.float32)
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
ROUNDS = 25
"""Damaged files for each example of hypothesis: 10,000 in `make fuzz`, 1,000 in the tests."""


def members(bundle: Bundle) -> dict[str, bytes]:
    """The parts of an export."""
    with zipfile.ZipFile(io.BytesIO(pack_bundle(bundle))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def choice() -> Bundle:
    """Some labels, without what was done to them."""
    examples = tuple(TaughtExample("cup", ROW, quality={"sharpness": 50.0}) for _ in range(3))
    return Bundle(ENCODER, (), examples, {"cat": ("a cat",), "cup": ()})


def log() -> Bundle:
    """An operation of each kind."""
    memory = Memory(ENCODER)
    memory.register("cup", [NewExample(ROW, {"sharpness": 50.0})])
    memory.register("dog", [NewExample(ROW[::-1].copy(), {})], negative=True)
    memory.set_prompts({"cat": ("a cat",)})
    memory.relabel("cup", "mug")
    memory.forget_examples([memory.examples("dog")[0].id])
    memory.undo()
    memory.redo()
    memory.forget("mug")
    memory.undo()
    return bundle_of(memory)


PARTS, LOG = members(choice()), members(log())
OPERATIONS = list(msgpack.Unpacker(io.BytesIO(LOG["operations.msgpack"])))


def packed(parts: dict[str, bytes], compression: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def is_refused_or_given_again(data: bytes) -> bool:
    """Whether it is refused in one line, or a memory in its place takes it and gives it again."""
    try:
        bundle = unpack_bundle(data, "it")
    except RequestError as error:
        return is_a_line(error)
    place = memory_file("", bundle.encoder.encoder_id)
    if place is None or place.parent.parent != state_folder():
        return False
    memory = Memory(bundle.encoder)
    limits = RecognitionSettings()
    try:
        absorb(memory, prepare_merge(memory, bundle, "imported from it", limits), limits)
    except VfrtError as error:
        return is_a_line(error) and not len(memory) and not memory.log.known()
    return all(
        contents_of(unpack_bundle(pack_bundle(shared), "it")).prompts == memory.prompts
        and [e.label for e in contents_of(unpack_bundle(pack_bundle(shared), "it")).examples]
        == [e.label for e in memory.examples()]
        for shared in (bundle_of(memory), contents_of(bundle_of(memory)))
    )


def is_a_line(error: Exception) -> bool:
    """Whether its text is one line of UTF-8."""
    return "\n" not in str(error) and bool(str(error).encode())


@pytest.mark.parametrize("compression", COMPRESSIONS, ids=["stored", "deflated", "bzip2", "lzma"])
def test_an_export_of_any_compression_is_read(compression) -> None:
    assert len(unpack_bundle(packed(PARTS, compression), "it").examples) == 3
    assert len(unpack_bundle(packed(LOG, compression), "it").rows) == len(OPERATIONS)


@given(
    seed=st.integers(0, 2**32),
    compression=st.sampled_from(COMPRESSIONS),
    parts=st.sampled_from([PARTS, LOG]),
)
def test_damaged_bytes_are_refused_or_read(seed: int, compression: int, parts: dict[str, bytes]) -> None:
    chance, whole = random.Random(seed), packed(parts, compression)
    for _ in range(ROUNDS):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 8))):
            place = chance.randrange(len(data))
            data[place] = chance.randrange(256)
        if chance.random() < 0.2:
            del data[chance.randrange(len(data)) :]
        assert is_refused_or_given_again(bytes(data))


json_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(), max_size=8),
        st.sampled_from(["..", "", ".", "\ud800", "a\nb", "x" * 300, 10**30, 2**63, -1, 0, "/etc", "../../x"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=5,
)  # fmt: skip


@given(key=st.sampled_from(["format", "version", "encoder", "id", "fingerprint", "dim"]), value=json_values)
def test_a_forged_manifest_is_refused_or_read(key: str, value: object) -> None:
    manifest = json.loads(PARTS["manifest.json"])
    (manifest["encoder"] if key in manifest["encoder"] else manifest)[key] = value
    assert is_refused_or_given_again(
        packed({**PARTS, "manifest.json": json.dumps(manifest).encode()}, zipfile.ZIP_DEFLATED)
    )


@given(
    key=st.sampled_from(["label", "negative", "batch", "created", "quality", "source"]),
    value=st.one_of(
        json_values, st.dictionaries(st.text(st.characters(), max_size=4), st.floats(), max_size=3)
    ),
)
def test_a_forged_example_is_refused_or_read(key: str, value: object) -> None:
    first, *rest = PARTS["examples.jsonl"].decode().split("\n")
    line = json.dumps({**json.loads(first), key: value})
    assert is_refused_or_given_again(
        packed({**PARTS, "examples.jsonl": "\n".join([line, *rest]).encode()}, zipfile.ZIP_DEFLATED)
    )


@given(
    number=st.integers(0, len(OPERATIONS) - 1),
    field=st.sampled_from(["robot", "number", "clock", "kind", "pruned", "payload", "digest", "inside"]),
    name=st.sampled_from(
        ["labels", "label", "new_label", "examples", "embeddings", "dropped", "targets", "prompts", "adopted"]
    ),
    value=json_values,
    pruned=st.booleans(),
)
@example(number=0, field="number", name="labels", value=2**63, pruned=False)
@example(number=0, field="number", name="labels", value=2**62, pruned=False)
@example(number=0, field="clock", name="labels", value=2**62, pruned=False)
def test_a_forged_operation_is_refused_or_read(
    number: int, field: str, name: str, value: object, pruned: bool
) -> None:
    """Whoever forges one gives it a digest that fits."""
    entry = list(OPERATIONS[number])
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        value = 0
    if field == "inside":
        content = {**msgpack.unpackb(entry[5]), name: value}
        entry[5] = packed_value(content)
    else:
        entry[["robot", "number", "clock", "kind", "pruned", "payload", "digest"].index(field)] = value
    with contextlib.suppress(Exception):
        robot, count, clock, kind, _, payload, _ = entry
        entry[6] = Operation.make(robot, count, clock, Kind(kind), payload).checksum
    entry[4] = pruned if field != "pruned" else entry[4]
    entries = [*OPERATIONS[:number], entry, *OPERATIONS[number + 1 :]]
    assert is_refused_or_given_again(
        packed({**LOG, "operations.msgpack": b"".join(map(packed_value, entries))}, zipfile.ZIP_STORED)
    )


def packed_value(value: object) -> bytes:
    """MessagePack of a value, with a number in place of those that it has no room for."""
    return bytes(msgpack.packb(value, default=str, unicode_errors="surrogatepass"))


@given(value=json_values)
def test_forged_prompts_are_refused_or_read(value: object) -> None:
    for prompts in (value, {"cat": value}, {"cat": [value]}):
        assert is_refused_or_given_again(
            packed({**PARTS, "prompts.json": json.dumps(prompts).encode()}, zipfile.ZIP_DEFLATED)
        )


@example(label="cup", quality={"m" * 41: 0.0}, prompt="", source="")
@given(
    label=st.text(st.characters(), max_size=12),
    quality=st.dictionaries(st.text(st.characters(), max_size=50), st.floats(), max_size=25),
    prompt=st.text(st.characters(), max_size=30),
    source=st.text(st.characters(), max_size=10),
)
def test_what_a_memory_takes_it_can_give(
    label: str, quality: dict[str, float], prompt: str, source: str
) -> None:
    memory = Memory(ENCODER)
    try:
        memory.register(label, [NewExample(ROW, quality, b"", source)])
        memory.set_prompts({label: (prompt,), "cat": ()})
    except RequestError as error:
        str(error).encode()
    whole = bundle_of(memory)
    for shared in (whole, contents_of(whole)):
        again = contents_of(unpack_bundle(pack_bundle(shared), "it"))
        assert again.prompts == memory.prompts
        assert [(e.label, dict(e.quality)) for e in again.examples] == [
            (e.label, {name[:40]: value for name, value in e.quality.items()})
            for e in memory.examples.with_details(memory.examples())
        ]


STRAY = {"dots": "..", "nothing": "", "one dot": ".", "blanks": "  "}


@pytest.mark.parametrize("name", STRAY.values(), ids=STRAY.keys())
def test_no_encoder_has_a_memory_outside_the_folder(name) -> None:
    place = memory_file("", name)
    assert place is not None
    assert place.resolve().parent.parent == state_folder().resolve()
    assert isinstance(place, Path)
