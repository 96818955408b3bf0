# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The memory: what each change does, that undo takes back exactly that, and that a restart finds it all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vfrt_ros.core.memory import store
from vfrt_ros.core.memory.memory import HISTORY_DEPTH, Memory
from vfrt_ros.core.memory.new_example import NewExample
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import (
    MemoryStoreError,
    NothingToRedoError,
    NothingToUndoError,
    RequestError,
    SettingError,
    UnknownLabelError,
)
from vfrt_ros.core.types.operation import ExampleId, OperationId

from .teaching import ENCODER, found, jpeg, new_examples, nth, taught


@pytest.fixture
def memory() -> Memory:
    return Memory(ENCODER)


CHANGES = {
    "register": lambda m: m.register("cup", new_examples(2, 5)),
    "register a new label": lambda m: m.register("hat", new_examples(2, 5)),
    "register a negative": lambda m: m.register("cup", new_examples(2, 5), negative=True),
    "forget": lambda m: m.forget("cup"),
    "forget a label with a prompt only": lambda m: m.forget("cat"),
    "forget some examples": lambda m: m.forget_examples(nth(m, 2, 4, 6)),
    "forget all examples of a label": lambda m: m.forget_examples(nth(m, 5, 4)),
    "rename": lambda m: m.relabel("cup", "mug"),
    "merge": lambda m: m.relabel("cup", "dog"),
    "merge prompts": lambda m: m.relabel("cat", "dog"),
    "set prompts": lambda m: m.set_prompts({"cup": (), "cat": ("a kitten",)}),
    "replace prompts": lambda m: m.set_prompts({"cup": ("a mug",)}, replace_all=True),
    "remove all prompts": lambda m: m.set_prompts({}, replace_all=True),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_undo_and_redo_restore_the_exact_state(change, tmp_path) -> None:
    path = tmp_path / "memory.db"
    memory = taught(path)
    before, centroid = memory.state_hash(), memory.table.centroid("dog")
    change(memory)
    after = memory.state_hash()
    assert after != before
    memory.undo()
    assert memory.state_hash() == before
    np.testing.assert_allclose(memory.table.centroid("dog"), centroid, atol=1e-6)
    memory.redo()
    assert memory.state_hash() == after
    memory.undo()
    memory.close()
    restarted = Memory(ENCODER, path)
    assert restarted.state_hash() == before
    restarted.redo()
    assert restarted.state_hash() == after


def test_a_restart_finds_examples_prompts_version_and_history(tmp_path) -> None:
    memory = taught(tmp_path / "deep" / "memory.db")
    memory.close()
    again = Memory(ENCODER, tmp_path / "deep" / "memory.db")
    assert (again.state_hash(), again.version) == (memory.state_hash(), memory.version)
    (first,) = again.examples.with_details(again.examples("cup")[:1])
    assert first.quality == {"sharpness": 50.0}
    assert first.thumbnail == jpeg(1)
    assert [again.undo().what for _ in range(4)] == [
        "set the prompts of 'cat', 'dog'",
        "registered 1 example that are not 'cup'",
        "registered 2 examples of 'dog'",
        "registered 3 examples of 'cup'",
    ]


def test_counts_search_and_centroid_see_positive_examples_only(memory) -> None:
    positive = memory.register("cup", new_examples(3, 1)).examples.added
    negative = memory.register("cup", new_examples(2, 2), negative=True).examples.added
    assert (memory.table.count("cup"), memory.table.negatives("cup"), len(memory)) == (3, 2, 5)
    rows, cosines = memory.search_rows(negative[0].embedding, 5)
    assert {memory.table.key(int(row)) for row in rows} == {example.id for example in positive}
    assert list(cosines) == sorted(cosines, reverse=True)
    mean = np.mean([example.embedding for example in positive], axis=0)
    np.testing.assert_allclose(memory.table.centroid("cup"), mean / np.linalg.norm(mean), atol=1e-6)
    assert memory.table.centroid("never seen") is None


def test_every_change_raises_the_version_and_tells_listeners(memory) -> None:
    heard = []
    memory.listen(heard.append)
    memory.register("cup", new_examples(2))
    memory.relabel("cup", "mug")
    memory.undo()
    assert memory.version == 3
    assert [len(step.examples.added) for step in heard] == [2, 2, 2]
    assert heard[2].examples.added[0].label == "cup"


def test_ids_are_never_used_again(memory) -> None:
    first = memory.register("cup", new_examples(2)).examples.added
    memory.undo()
    second = memory.register("cup", new_examples(2)).examples.added
    assert not {e.id for e in first} & {e.id for e in second}


def test_single_examples_are_forgotten_and_the_rest_stays() -> None:
    memory = taught()
    second, rest = nth(memory, 2)[0], nth(memory, 2, 4, 5, 6)
    step = memory.forget_examples(nth(memory, 3, 1, 3))
    assert step.what == "forgot 2 examples of 'cup'"
    assert [example.id for example in memory.examples()] == rest
    assert (memory.table.count("cup"), memory.table.negatives("cup")) == (1, 1)
    embedding = memory.table.embedding(memory.table.row(second))
    np.testing.assert_allclose(memory.table.centroid("cup"), embedding, atol=1e-6)
    assert memory.forget_examples(nth(memory, 2, 1)).what == "forgot 2 examples of 'cup', 'dog'"


def test_a_change_after_undo_ends_redo(memory) -> None:
    memory.register("cup", new_examples(1))
    memory.undo()
    memory.register("dog", new_examples(1))
    with pytest.raises(NothingToRedoError):
        memory.redo()


def test_undo_reaches_a_hundred_changes_after_compact_and_all_before_it(memory) -> None:
    for seed in range(HISTORY_DEPTH + 5):
        memory.register("cup", new_examples(1, seed))
    memory.compact()
    for _ in range(HISTORY_DEPTH):
        memory.undo()
    with pytest.raises(NothingToUndoError):
        memory.undo()
    assert memory.table.count("cup") == 5


def test_undo_reaches_back_to_the_first_change_while_nothing_was_compacted(memory) -> None:
    for seed in range(HISTORY_DEPTH + 5):
        memory.register("cup", new_examples(1, seed))
    for _ in range(HISTORY_DEPTH + 5):
        memory.undo()
    assert len(memory) == 0


def test_initial_prompts_last_for_one_run(tmp_path) -> None:
    memory = Memory(ENCODER, tmp_path / "m.db")
    memory.add_initial_prompts(["cat"])
    assert memory.labels == ("cat",)
    memory.close()
    assert Memory(ENCODER, tmp_path / "m.db").labels == ()


GONE = ExampleId(OperationId("nobody", 1), 0)
REFUSED = {
    "forget an unknown label": (lambda m: m.forget("cub"), UnknownLabelError, "Did you mean 'cup'"),
    "relabel an unknown label": (lambda m: m.relabel("x", "y"), UnknownLabelError, "Known: cat, cup, dog"),
    "forget no example": (lambda m: m.forget_examples([]), RequestError, "at least one example"),
    "forget an unknown example": (
        lambda m: m.forget_examples([*nth(m, 1), GONE]),
        RequestError,
        "There is no example nobody:1:0: ",
    ),
    "forget unknown examples": (
        lambda m: m.forget_examples([GONE, *nth(m, 1), GONE._replace(place=1)]),
        RequestError,
        "no example nobody:1:0 and 1 others",
    ),
    "relabel to the same name": (lambda m: m.relabel("cup", "cup"), RequestError, "another one"),
}


@pytest.mark.parametrize(("call", "error", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_change_changes_nothing(call, error, text) -> None:
    memory = taught()
    before = memory.state_hash(), memory.version
    with pytest.raises(error, match=text):
        call(memory)
    assert (memory.state_hash(), memory.version) == before


def test_a_failed_write_changes_nothing(tmp_path) -> None:
    memory = taught(tmp_path / "m.db")
    before = memory.state_hash(), memory.version, len(memory)
    memory.close()
    with pytest.raises(MemoryStoreError, match="Cannot"):
        memory.forget("cup")
    assert (memory.state_hash(), memory.version, len(memory)) == before


@pytest.mark.parametrize(("name", "cure"), [("other", "start with that backbone"), ("fake", "set precision")])
def test_another_encoders_memory_is_refused(tmp_path, name, cure) -> None:
    taught(tmp_path / "m.db").close()
    with pytest.raises(MemoryStoreError, match=rf"learned with the encoder fake .*{cure}.* set memory_path"):
        Memory(EncoderIdentity(name, "fff", 16), tmp_path / "m.db")
    assert Memory(ENCODER, tmp_path / "m.db").table.count("cup") == 3


def test_a_second_process_is_refused(tmp_path) -> None:
    memory = taught(tmp_path / "m.db")
    with pytest.raises(MemoryStoreError, match="another process uses it"):
        Memory(ENCODER, tmp_path / "m.db")
    memory.forget("cup")


def test_a_file_that_is_no_memory_is_refused_and_kept(tmp_path) -> None:
    path = tmp_path / "m.db"
    path.write_bytes(b"not a database, " * 100)
    with pytest.raises(MemoryStoreError, match="is not a memory"):
        Memory(ENCODER, path)
    assert path.read_bytes() == b"not a database, " * 100


@pytest.mark.parametrize("factory", ["Flat", "IVF4,Flat", "HNSW16", "SQ8", "IDMap2,Flat", "IDMap,Flat"])
def test_any_factory_finds_adds_and_removes(factory) -> None:
    memory = Memory(ENCODER, index=factory)
    memory.register("few", new_examples(5, 1))
    memory.register("many", new_examples(300, 2))
    wanted = memory.register("wanted", new_examples(1, 3)).examples.added[0]
    assert found(memory, wanted.embedding, 1)[0] == wanted.id
    memory.forget("wanted")
    assert found(memory, wanted.embedding, 1)[0] != wanted.id
    assert len(found(memory, wanted.embedding, 8)) == 8


def test_an_unknown_factory_string_is_refused() -> None:
    with pytest.raises(SettingError, match=r"memory_index.*FAISS factory string.*'Flet'"):
        Memory(ENCODER, index="Flet")


BAD_EMBEDDINGS = {
    "too short": np.ones(3, np.float32) / np.sqrt(3, dtype=np.float32),
    "not finite": np.full(16, np.nan, np.float32),
    "not of unit norm": np.ones(16, np.float32),
}


@pytest.mark.parametrize("embedding", BAD_EMBEDDINGS.values(), ids=BAD_EMBEDDINGS)
def test_what_is_no_embedding_is_refused(memory, embedding) -> None:
    with pytest.raises(RequestError, match="cannot be stored: its embedding has"):
        memory.register("cup", [NewExample(embedding, {})])
    assert (len(memory), memory.version) == (0, 0)


def test_a_restart_makes_no_difference_to_what_is_recorded_later(tmp_path) -> None:
    paths = tmp_path / "restarted.db", tmp_path / "not.db"
    memories = [Memory(ENCODER, path, clock=lambda: 1.0) for path in paths]
    for memory in memories:
        memory.register("cup", new_examples(2))
        memory.set_prompts({"dog": ("a",), "cat": ("b",), "cup": ()})
        memory.set_prompts({"dog": ("c",)})
    memories[0].close()
    memories[0] = Memory(ENCODER, paths[0], clock=lambda: 1.0)
    for memory in memories:
        memory.set_prompts({"hat": ()}, replace_all=True)
        memory.undo()
    assert memories[0].log.history() == memories[1].log.history()
    recorded = [[(e.kind, e.time, e.in_force) for e in memory.log.entries()] for memory in memories]
    assert recorded[0] == recorded[1]


def test_an_older_sqlite_is_told(monkeypatch) -> None:
    assert Memory(ENCODER).notices == ()
    monkeypatch.setattr(store, "NEEDED", (99, 0))
    assert "the memory needs 99.0 or newer" in Memory(ENCODER).notices[0]


SPACES = {
    "the same": ("abc-float", ()),
    "what it was called before": ("new-float", ("other", "abc-float")),
}


@pytest.mark.parametrize(("space", "former"), SPACES.values(), ids=SPACES.keys())
def test_a_memory_of_the_encoders_space_opens_whatever_its_precision(tmp_path, space, former) -> None:
    taught(tmp_path / "m.db", EncoderIdentity("fake", "abc-float", 16)).close()
    own = EncoderIdentity("fake", space, 16, former)
    for _ in range(2):
        memory = Memory(own, tmp_path / "m.db")
        assert (len(memory), memory.notices, memory.encoder) == (6, (), own)
        memory.close()


def test_a_memory_of_another_space_is_one_line_with_the_cure(tmp_path) -> None:
    taught(tmp_path / "m.db", EncoderIdentity("fake", "abc-int8", 16)).close()
    with pytest.raises(MemoryStoreError, match="vfrt memory reembed") as caught:
        Memory(EncoderIdentity("fake", "abc-float", 16, ("abc-f32",)), tmp_path / "m.db")
    assert "\n" not in str(caught.value)


def test_near_examples_are_found_without_an_index() -> None:
    memory = taught()
    there = memory.examples("cup")
    rows, cosines = memory.table.near(there[1].embedding, 0.999)
    assert [memory.table.key(int(row)) for row in rows] == [there[1].id]
    assert cosines == pytest.approx([1.0], abs=1e-5) and memory.index.faiss_index is None
    memory.forget("cup")
    assert not len(memory.table.near(there[1].embedding, 0.999)[0])


def test_a_memory_reached_by_another_way_is_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = taught(tmp_path / "deep" / "memory.db")
    robot = memory.robot
    memory.close()
    (tmp_path / "link").symlink_to(tmp_path / "deep")
    monkeypatch.chdir(tmp_path)
    for path in (Path("deep/memory.db"), Path("deep/../deep/memory.db"), tmp_path / "link" / "memory.db"):
        memory = Memory(ENCODER, path)
        assert (memory.robot, list(memory.notices)) == (robot, [])
        memory.close()
