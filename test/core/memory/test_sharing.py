# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Export, import and re-embedding."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders.fake import FakeBackbone
from vfrt_ros.core.factory import identity_of
from vfrt_ros.core.memory.absorb import absorb, prepare_merge
from vfrt_ros.core.memory.bundle import Bundle, pack_bundle, read_bundle, unpack_bundle, write_bundle
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.merge import Merged, bundle_of
from vfrt_ros.core.memory.new_example import NewExample
from vfrt_ros.core.memory.payload import TaughtExample
from vfrt_ros.core.memory.reembed import BATCH, reembed
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import MemoryStoreError, RequestError
from vfrt_ros.core.types.example import Prompts

from .teaching import ENCODER, jpeg, new_examples, reopened, taught


def choice_of(memory: Memory) -> Bundle:
    """All its labels, as `export --labels` gives them."""
    return Bundle(memory.encoder, examples=tuple(memory.examples.taught()), prompts=dict(memory.prompts))


def merge(memory: Memory, bundle: Bundle, source: str, limits: RecognitionSettings | None = None) -> Merged:
    """As a node and the command line do it."""
    limits = limits or RecognitionSettings()
    return absorb(memory, prepare_merge(memory, bundle, source, limits), limits)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_bundle(choice_of(taught()), tmp_path / "desk.vfrt.zip")
    return tmp_path / "desk.vfrt.zip"


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    write_bundle(bundle_of(taught()), tmp_path / "log.vfrt.zip")
    return tmp_path / "log.vfrt.zip"


def test_a_log_gives_back_every_operation_and_importing_it_twice_changes_nothing(log_file, tmp_path) -> None:
    source, memory = taught(), Memory(ENCODER)
    source.undo()
    write_bundle(bundle_of(source), tmp_path / "undone.vfrt.zip")
    bundle = read_bundle(tmp_path / "undone.vfrt.zip")
    assert bundle.rows == tuple(source.log.rows())
    done = merge(memory, bundle, "desk")
    assert (done.added, done.duplicates, done.prompts) == (6, 0, 0)
    assert (memory.state_hash(), memory.labels) == (source.state_hash(), ("cup", "dog"))
    assert [e.id for e in memory.examples()] == [e.id for e in source.examples()]
    version = memory.version
    again = merge(memory, bundle, "desk")
    assert (again.added, again.duplicates, memory.version) == (0, 6, version)
    memory.undo()
    assert (len(memory), memory.labels) == (0, ())


def test_a_bundle_gives_back_what_went_in(file) -> None:
    wanted, found = choice_of(taught()), read_bundle(file)
    assert (found.encoder, found.prompts) == (wanted.encoder, wanted.prompts)
    for a, b in zip(wanted.examples, found.examples, strict=True):
        assert (a.label, a.negative, a.batch, a.quality, a.thumbnail) == (
            (b.label, b.negative, b.batch, b.quality, b.thumbnail)
        )
        np.testing.assert_array_equal(a.embedding, b.embedding)


def test_a_bundle_is_not_written_over(file) -> None:
    with pytest.raises(MemoryStoreError, match="is not written over"):
        write_bundle(choice_of(taught()), file)


def test_an_import_joins_labels_drops_near_duplicates_and_is_one_step(file) -> None:
    memory = Memory(ENCODER)
    near = new_examples(3, 1)[0]
    memory.register("cup", [NewExample(near.embedding, {})])
    memory.register("dog", [NewExample(new_examples(3, 1)[1].embedding, {})])
    memory.set_prompts({"dog": ("a hound",)})
    before = memory.state_hash()
    done = merge(memory, read_bundle(file), "imported from desk")
    assert (done.added, done.duplicates, done.prompts, done.prompts_kept) == (5, 1, 1, 1)
    assert (memory.table.count("cup"), memory.table.count("dog"), memory.table.negatives("cup")) == (3, 3, 1)
    assert memory.prompts == {"dog": ("a hound",), "cat": ("a cat",)}
    assert {e.source for e in memory.examples.with_details(memory.examples("cup"))} == {
        "",
        "imported from desk",
    }
    assert len({(e.id.operation, e.batch) for e in memory.examples("dog")}) == 2
    assert merge(memory, read_bundle(file), "again").added == 0
    memory.undo()
    assert memory.state_hash() == before


def test_another_encoders_bundle_is_refused(file) -> None:
    memory = Memory(EncoderIdentity("fake", "other", 16))
    with pytest.raises(RequestError, match="different encoders cannot be mixed"):
        merge(memory, read_bundle(file), "desk")
    assert len(memory) == 0


def changed(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Rewrites a member of the zip."""

    def do(file: Path) -> None:
        with zipfile.ZipFile(file) as archive:
            members = {entry: archive.read(entry) for entry in archive.namelist()}
        members[name] = change(members[name])
        with zipfile.ZipFile(file, "w") as archive:
            for entry, data in members.items():
                archive.writestr(entry, data)

    return do


def array(values: np.ndarray) -> Callable[[bytes], bytes]:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=values.dtype == object)
    return lambda _: buffer.getvalue()


def line(**changes: object) -> Callable[[Path], None]:
    """Changes the first example."""

    def do(data: bytes) -> bytes:
        first, *rest = data.split(b"\n")
        return b"\n".join([json.dumps({**json.loads(first), **changes}).encode(), *rest])

    return changed("examples.jsonl", do)


def giant_jpeg(data: bytes) -> bytes:
    """The picture, its header saying 30,000 x 30,000."""
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", 30_000, 30_000) + data[at + 4 :]


def manifest(**changes: object) -> Callable[[bytes], bytes]:
    return lambda data: json.dumps({**json.loads(data), **changes}).encode()


BROKEN = {
    "no zip": (lambda file: file.write_bytes(b"PK no zip"), "not an export"),
    "cut": (lambda file: file.write_bytes(file.read_bytes()[:3000]), "not an export"),
    "a bit of a member": (
        lambda file: file.write_bytes(file.read_bytes().replace(jpeg(1)[40:60], bytes(20))),
        "CRC",
    ),
    "another zip": (changed("manifest.json", manifest(format="notes")), "its format is 'notes'"),
    "a newer version": (changed("manifest.json", manifest(version=3)), "update vfrt"),
    "a pickle": (changed("embeddings.npy", array(np.array([{}] * 6))), "expected"),
    "rows too few": (changed("embeddings.npy", array(np.zeros((3, 16), np.float32))), "expected"),
    "not unit norm": (changed("embeddings.npy", array(np.ones((6, 16), np.float32))), "norm"),
    "a label of control signs": (
        changed("examples.jsonl", lambda data: data.replace(b"cup", b"c\\u0000p")),
        "control",
    ),
    "a prompt that is no text": (changed("prompts.json", lambda _: b'{"cat": [7]}'), "not an export"),
    "prompts that are a list": (changed("prompts.json", lambda _: b"[]"), "not an export"),
    "a field that is missing": (
        changed("examples.jsonl", lambda data: data.replace(b"negative", b"positive")),
        "negative",
    ),
    "a thumbnail that is none": (changed("thumbnails/000000.jpg", lambda _: b"MZ"), "no small JPEG"),
    "a thumbnail that is cut off": (changed("thumbnails/000000.jpg", lambda d: d[:200]), "no small JPEG"),
    "a thumbnail that unpacks to a giant": (changed("thumbnails/000000.jpg", giant_jpeg), "900 megapixels"),
    "an array that says it is larger than it is": (
        changed("embeddings.npy", lambda d: d.replace(b"(6, 16)", b"(6,160)")),
        "expected",
    ),
    "an array without its end": (changed("embeddings.npy", lambda d: d[:-4]), "bytes"),
    "a truth value in words": (line(negative="false"), "negative must be true or false"),
    "no time": (line(created=float("inf")), "created at inf"),
    "a batch that is no number": (line(batch=float("inf")), "not an export"),
    "a quality that is no number": (line(quality={"sharpness": float("nan")}), "finite numbers"),
    "a quality of many things": (line(quality=dict.fromkeys(map(str, range(50)), 1)), "at most 20"),
    "a source of control signs": (line(source="a\x1b[2J"), "control characters"),
    "a source that no file can hold": (line(source="\ud800"), "control characters"),
    "a line that is no object": (
        changed("examples.jsonl", lambda d: b"[]\n" * 5 + b"[]"),
        "no object",
    ),
    "JSON that is nested deep": (changed("prompts.json", lambda _: b"[" * 100_000), "recursion"),
    "an encoder with a line break": (
        changed("manifest.json", manifest(encoder={"id": "a\nb", "fingerprint": "x", "dim": 16})),
        "control",
    ),
    "prompts in one text": (changed("prompts.json", lambda _: b'{"cat": "a cat"}'), "no list"),
}


@pytest.mark.parametrize(("do", "text"), BROKEN.values(), ids=BROKEN)
def test_a_broken_bundle_is_refused_in_words(do, text, file) -> None:
    do(file)
    with pytest.raises(RequestError, match=text) as caught:
        read_bundle(file)
    assert "\n" not in str(caught.value)
    with pytest.raises(RequestError, match=text):
        unpack_bundle(file.read_bytes(), "the file")


def test_a_file_in_memory_is_the_file_on_disk(file) -> None:
    found = unpack_bundle(pack_bundle(choice_of(taught())), "desk")
    assert [e.thumbnail for e in found.examples] == [e.thumbnail for e in read_bundle(file).examples]
    assert found.size == sum(len(e.thumbnail) + 4 * 16 for e in found.examples)


def test_what_unpacks_to_more_than_is_taken_is_refused_unread() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("embeddings.npy", bytes(10**7))
    assert len(buffer.getvalue()) < 10**5
    with pytest.raises(RequestError, match="it unpacks to 10 MB; at most 1 are taken"):
        unpack_bundle(buffer.getvalue(), "bomb", largest=10**6)


def test_a_directory_of_countless_members_is_not_even_opened(monkeypatch) -> None:
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: 1 / 0)
    with pytest.raises(RequestError, match="too many members"):
        unpack_bundle(b"PK\x01\x02" * 20_000, "bomb", largest=10**6)


LIMITS = {
    "examples": ({"max_examples": 3}, "'cup' would have 4 examples, over the 3 of max_examples"),
    "labels": ({"max_labels": 2}, "3 labels, over the 2 of max_labels"),
    "length": ({"max_label_length": 2}, "at most 2 characters; got 3"),
    "prompts": ({"max_prompts": 1}, "'cat' would have 2 prompts, over the 1 of max_prompts"),
    "pictures": ({"max_megapixels": 0.01}, "over the 0.01 of max_megapixels"),
}


@pytest.mark.parametrize(("limits", "words"), LIMITS.values(), ids=LIMITS)
def test_an_import_keeps_to_the_limits_or_changes_nothing(limits, words) -> None:
    source, memory = taught(), Memory(ENCODER)
    source.set_prompts({"cat": ("a cat", "a kitten")})
    large = cv2.imencode(".jpg", np.zeros((120, 120, 3), np.uint8))[1].tobytes()
    source.register("dog", [NewExample(new_examples(1, 9)[0].embedding, {}, large)])
    with pytest.raises(RequestError, match=words):
        merge(memory, choice_of(source), "desk", RecognitionSettings(**limits))
    assert (len(memory), memory.version, memory.labels) == (0, 0, ())
    assert merge(memory, choice_of(source), "desk").added == 7


def test_what_is_there_counts_for_the_limit_and_duplicates_do_not() -> None:
    memory, limits = taught(), RecognitionSettings(max_examples=4)
    assert merge(memory, choice_of(taught()), "again", limits).duplicates == 6
    other = Memory(ENCODER)
    other.register("cup", new_examples(1, 50))
    with pytest.raises(RequestError, match="'cup' would have 5 examples"):
        merge(memory, choice_of(other), "more", limits)


def test_a_merge_that_was_prepared_counts_what_was_learned_meanwhile(file) -> None:
    memory = Memory(ENCODER)
    limits = RecognitionSettings()
    prepared = prepare_merge(memory, read_bundle(file), "desk", limits)
    memory.register("cup", new_examples(3, 1))
    done = absorb(memory, prepared, limits)
    assert (done.added, done.duplicates, memory.table.count("cup")) == (3, 3, 3)


def test_a_file_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(RequestError, match="Cannot read"):
        read_bundle(tmp_path / "nowhere.zip")


class InterruptedWorkError(Exception):
    """A kill, for a test."""


@pytest.fixture
def source() -> tuple[list[TaughtExample], dict[str, Prompts]]:
    memory = taught()
    for seed in range(40):
        memory.register("hat", new_examples(1, 100 + seed))
    memory.register("blind", [NewExample(e.embedding, {}) for e in new_examples(1, 99)])
    return memory.examples.taught(), dict(memory.prompts)


def test_reembedding_keeps_labels_and_prompts_and_goes_on_after_a_kill(source, tmp_path) -> None:
    backbone, ticks = FakeBackbone(), []
    identity = identity_of(backbone)
    target = tmp_path / "deep" / "new.db"

    def stop(done: int) -> None:
        ticks.append(done)
        if len(ticks) == 3:
            raise InterruptedWorkError

    with pytest.raises(InterruptedWorkError):
        reembed(*source, backbone, identity, target, stop)
    assert ticks == [0, BATCH, BATCH]
    assert not target.exists()
    done = reembed(*source, backbone, identity, target)
    assert (done.examples, done.resumed, done.left_out) == (46, 2 * BATCH, 1)
    memory = reopened(target, identity)
    assert (memory.table.count("cup"), memory.table.negatives("cup"), memory.table.count("hat")) == (3, 1, 40)
    assert (memory.prompts, memory.notices) == (source[1], ())
    again = Memory(memory.encoder, tmp_path / "at-once.db")
    again.close()
    (tmp_path / "at-once.db").unlink()
    (tmp_path / "at-once.db.copy").unlink()
    reembed(*source, backbone, identity, tmp_path / "at-once.db")
    at_once = reopened(tmp_path / "at-once.db", memory.encoder)
    assert contents(at_once) == contents(memory)
    memory.close()
    at_once.close()
    assert sorted(p.name for p in target.parent.iterdir() if "reembed" in p.name) == []


def contents(memory: Memory) -> list[tuple]:
    examples = memory.examples.with_details(memory.examples())
    return [(e.label, e.negative, e.embedding.tobytes(), e.thumbnail, e.created) for e in examples]


def test_reembedding_writes_over_nothing(source, tmp_path) -> None:
    target = tmp_path / "new.db"
    target.write_text("something")
    with pytest.raises(MemoryStoreError, match="is not written over"):
        reembed(*source, FakeBackbone(), identity_of(FakeBackbone()), target)
    assert target.read_text() == "something"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_changes_nothing(place, bit, file) -> None:
    data = bytearray(file.read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    hurt = file.with_name("hurt.zip")
    hurt.write_bytes(data)
    try:
        found = read_bundle(hurt)
    except RequestError:
        return
    # What the check sums of a zip do not cover: names and times of members, unused bytes.
    wanted = read_bundle(file)
    assert found.prompts == wanted.prompts
    assert [e.label for e in found.examples] == [e.label for e in wanted.examples]
    assert all(
        a.thumbnail in (b.thumbnail, b"") for a, b in zip(found.examples, wanted.examples, strict=True)
    )
