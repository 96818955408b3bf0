# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Initial labels are a suggestion: what a person forgot, renamed or replaced stays so."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fixtures.pictures import picture

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.recogniser import Recogniser


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def started(path: Path, *labels: str) -> Recogniser:
    return Recogniser(
        RecognitionSettings(backbone="fake", fuse="late", memory_path=str(path), init_labels=labels)
    )


CHANGES: dict[str, tuple[Callable[[Recogniser], Any], set[str]]] = {
    "nothing": (lambda r: None, {"cat", "dog"}),
    "forgotten": (lambda r: r.memory.forget("cat"), {"dog"}),
    "renamed": (lambda r: r.relabel("cat", "tom"), {"dog", "tom"}),
    "merged into another": (lambda r: r.relabel("cat", "dog"), {"dog"}),
    "replaced": (lambda r: r.set_prompts(["cow"], replace=True), {"cow"}),
    "all removed": (lambda r: r.set_prompts([], replace=True), set()),
    "described": (lambda r: r.set_prompts(["cat"], ["my cat"]), {"cat", "dog"}),
    "taught and forgotten": (
        lambda r: (r.register("cat", images=[picture("red")]), r.memory.forget("cat")), {"dog"},
    ),
    "forgotten and described again": (
        lambda r: (r.memory.forget("cat"), r.set_prompts(["cat"])), {"cat", "dog"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "labels"), CHANGES.values(), ids=CHANGES.keys())
def test_what_a_person_changed_stays_so_over_restarts(tmp_path, change, labels) -> None:
    path = tmp_path / "memory.db"
    with started(path, "cat", "dog") as made:
        change(made)
        assert set(made.memory.labels) == labels
        prompts = dict(made.memory.prompts)
    for _ in range(2):
        with started(path, "cat", "dog") as made:
            assert made.memory.prompts == prompts


@pytest.mark.parametrize("restarts", [False, True], ids=["at once", "after restarts"])
@pytest.mark.parametrize("change", ["forgotten", "renamed", "replaced", "all removed", "described"])
def test_undo_and_redo_of_it_are_exact(tmp_path, change, restarts) -> None:
    path = tmp_path / "memory.db"

    def again(made: Recogniser) -> Recogniser:
        if not restarts:
            return made
        made.close()
        return started(path, "cat", "dog")

    made = started(path, "cat", "dog")
    before = dict(made.memory.prompts)
    CHANGES[change][0](made)
    after = dict(made.memory.prompts)
    for prompts in (before, after, before):
        made = again(made)
        (Memory.undo if prompts == before else Memory.redo)(made.memory)
        assert made.memory.prompts == prompts
    made = again(made)
    assert made.memory.prompts == before
    made.close()
    with contextlib.closing(Memory(None, path)) as bare:
        assert bare.prompts == {}, "a suggestion is not written"


def test_a_prompt_that_is_taken_out_of_the_initial_labels_is_gone(tmp_path) -> None:
    path = tmp_path / "memory.db"
    with started(path, "cat", "dog") as made:
        made.set_prompts(["cow"])
        made.memory.undo()
        made.memory.forget("dog")
        made.memory.undo()
    with started(path) as made:
        assert made.memory.labels == ()
