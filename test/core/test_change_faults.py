# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Whatever fails at whatever point of a change: it is refused and nothing changed, or it was made and all follow."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.pictures import picture

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.encoders.fake import FakeText
from vfrt_ros.core.memory.example_index import ExampleIndex
from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.memory.folded_state import FoldedState
from vfrt_ros.core.memory.lock import Lock
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.merge import bundle_of
from vfrt_ros.core.memory.replica import Replica
from vfrt_ros.core.memory.store_file import StoreFile
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.rule_in_force import RuleMaker
from vfrt_ros.core.scoring import constants
from vfrt_ros.core.scoring.calibrated import CalibratedRule
from vfrt_ros.core.scoring.late import LateRule
from vfrt_ros.core.types.errors import EncoderError, MemoryStoreError, RequestError, VfrtError
from vfrt_ros.core.types.job import Job

ENCODERS = load_encoders("fake")


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory) -> Iterator[None]:
    """No cache of texts: what is to be encoded is asked of the encoder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setattr("vfrt_ros.core.scoring.prompts._load", lambda key, dim: None)
        patch.setattr("vfrt_ros.core.scoring.prompts.cache.store_arrays", lambda *names, **arrays: None)
        yield


def settings(**changes: Any) -> RecognitionSettings:
    return RecognitionSettings(**{"backbone": "fake", "temporal_ema": 0.0, "init_labels": ("sun",)} | changes)


def pictures(colour: str, first: int = 0) -> list:
    return [picture(colour, first + variant) for variant in range(3)]


def taught(path: Path, fuse: str) -> Recogniser:
    made = Recogniser(settings(memory_path=str(path), fuse=fuse), encoders=ENCODERS)
    made.register("cup", images=pictures("red"))
    made.register("leaf", images=pictures("green"))
    made.register("leaf", images=pictures("cyan"), negative=True)
    made.set_prompts(["cup", "sky"], ["", "something blue"])
    made.memory.forget("leaf")
    made.memory.undo()
    return made


def absorb(made: Recogniser) -> None:
    other = Recogniser(settings(memory_path=":memory:", fuse="late"), encoders=ENCODERS)
    other.register("sea", images=pictures("blue"))
    other.set_prompts(["coal"], ["something black"])
    made.absorb(made.prepare_merge(bundle_of(other.memory), "desk"))


CHANGES: dict[str, Callable[[Recogniser], Any]] = {
    "register": lambda r: r.register("cup", images=pictures("red", 7)),
    "register a new label": lambda r: r.register("night", images=pictures("black")),
    "register what it is not": lambda r: r.register("cup", images=pictures("white"), negative=True),
    "forget": lambda r: r.memory.forget("cup"),
    "forget an initial label": lambda r: r.memory.forget("sun"),
    "forget examples": lambda r: r.memory.forget_examples(
        [e.id for e in r.memory.examples.listed("cup")[0][:2]]
    ),
    "rename": lambda r: r.relabel("cup", "mug"),
    "merge": lambda r: r.relabel("cup", "leaf"),
    "prompts": lambda r: r.set_prompts(["dog", "sky"], ["a red dog", ""]),
    "replace the prompts": lambda r: r.set_prompts(["dog"], replace=True),
    "undo": lambda r: r.memory.undo(),
    "redo": lambda r: r.memory.redo(),
    "import": absorb,
}

POINTS: dict[str, tuple[type, str, Exception]] = {
    "the text encoder": (FakeText, "encode_text", EncoderError("It is gone.")),
    "the text encoder by a bug": (FakeText, "encode_text", ZeroDivisionError()),
    "the check of the rule": (CalibratedRule, "check", RequestError("Too much.")),
    "writing": (StoreFile, "append", MemoryStoreError("No disk.")),
    "writing by a bug": (StoreFile, "append", ZeroDivisionError()),
    "the copy": (Replica, "begin", MemoryStoreError("No disk.")),
    "following with the copy": (Replica, "_catch_up", ZeroDivisionError()),
    "the note in the lock": (Lock, "_write", OSError()),
    "the examples in RAM": (ExampleTable, "follow", ZeroDivisionError()),
    "the prompts in RAM": (FoldedState, "set_prompts", ZeroDivisionError()),
    "adding to the index": (ExampleIndex, "learn", RuntimeError()),
    "removing from the index": (ExampleIndex, "forget", RuntimeError()),
    "the calibrated rule": (CalibratedRule, "apply", ZeroDivisionError()),
    "the prompts of the calibrated rule": (CalibratedRule, "set_prototypes", ZeroDivisionError()),
    "the late rule": (LateRule, "apply", ZeroDivisionError()),
    "the prompts of the late rule": (LateRule, "set_prototypes", ZeroDivisionError()),
    "the next rule": (RuleMaker, "make", ZeroDivisionError()),
}


class Failing:
    """A method that fails so many times, and works from then on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, error: Exception, times: int):
        self.left, original = times, getattr(owner, name)

        def call(*arguments: Any, **named: Any) -> Any:
            if self.left:
                self.left -= 1
                raise error
            return original(*arguments, **named)

        monkeypatch.setattr(owner, name, call)


def answers(made: Recogniser) -> list[tuple]:
    found = []
    for colour in ("red", "green", "blue", "black", "cyan"):
        made.restart_view()
        decision = made.recognise(picture(colour, 20))
        found.append((decision.label, [(c.label, round(c.score, 5)) for c in decision.candidates]))
    return found


def seen(made: Recogniser) -> tuple:
    memory = made.memory
    rows = sorted((e.id, e.label, e.negative) for e in memory.examples())
    return rows, dict(memory.prompts), memory.version, memory.state_hash(), memory.log.history()


def assert_all_agree(made: Recogniser, folder: Path) -> None:
    """RAM, disk, index and rule say the same."""
    made.memory.backup(folder / "copy.db")
    with Recogniser(made.settings.replace(memory_path=str(folder / "copy.db")), encoders=ENCODERS) as again:
        assert seen(again)[:2] == seen(made)[:2]
        assert seen(again)[3:] == seen(made)[3:]
        assert answers(again) == answers(made)
    probe = made.memory.examples()[0].embedding if len(made.memory) else np.zeros(59, np.float32)
    positive = {example.id for example in made.memory.examples() if not example.negative}
    rows, _ = made.memory.search_rows(probe, 100)
    assert {made.memory.table.key(int(row)) for row in rows} == positive


@pytest.fixture(scope="module")
def memory_file(tmp_path_factory) -> Path:
    """A memory that was taught, and closed."""
    path = tmp_path_factory.mktemp("taught") / "memory.db"
    taught(path, "late").close()
    return path


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("change", CHANGES)
def test_a_fault_refuses_a_change_or_leaves_no_trace(
    memory_file, monkeypatch, tmp_path, change, point
) -> None:
    shutil.copytree(memory_file.parent, tmp_path / "own")
    fuse = "calibrated" if "calibrated" in point or "check" in point else "late"
    made = Recogniser(settings(memory_path=str(tmp_path / "own" / "memory.db"), fuse=fuse), encoders=ENCODERS)
    with made:
        assert is_all_or_none(made, change, point, monkeypatch)
        assert_all_agree(made, tmp_path)


def is_all_or_none(made: Recogniser, change: str, point: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the change is refused by an error of ours or of the point and leaves everything, or is one step."""
    if change == "redo":
        made.memory.undo()
    before = seen(made), answers(made)
    with monkeypatch.context() as patch:
        failing = Failing(patch, *POINTS[point], 1)
        try:
            CHANGES[change](made)
        except Exception as error:
            failing.left = 0
            told = isinstance(error, VfrtError) or type(error) is type(POINTS[point][2])
            return told and (seen(made), answers(made)) == before
        return made.memory.version == before[0][2] + 1


def test_listeners_that_fail_refuse_nothing_and_are_counted(tmp_path) -> None:
    with taught(tmp_path / "memory.db", "calibrated") as made:
        told, built = [], []
        made.memory.listen(lambda step: 1 / 0, rebuild=lambda: built.append(made.memory.version))
        made.memory.listen(told.append)
        done = made.register("night", images=pictures("black"))
        assert (done.stored, len(told), built, made.memory.faults) == (3, 1, [made.memory.version], 1)
        assert_all_agree(made, tmp_path)


def test_who_is_asked_can_refuse_and_nothing_is_written(tmp_path) -> None:
    with taught(tmp_path / "memory.db", "calibrated") as made:
        before = seen(made)

        def refuse(step: Any) -> None:
            raise RequestError("Not now.")

        made.memory.listen(lambda step: None, check=refuse)
        for change in (
            lambda: made.memory.forget("cup"),
            made.memory.undo,
            lambda: made.relabel("cup", "mug"),
        ):
            with pytest.raises(RequestError, match="Not now"):
                change()
        assert seen(made) == before


def test_an_index_that_fails_for_good_leaves_searches_exact(tmp_path, monkeypatch) -> None:
    with taught(tmp_path / "memory.db", "late") as made:
        monkeypatch.setattr(ExampleIndex, "learn", lambda *_: 1 / 0)
        made.register("night", images=pictures("black"))
        key = made.memory.examples("night")[0]
        assert list(made.memory.search_rows(key.embedding, 1)[0]) == [made.memory.table.row(key.id)]
        assert made.recognise(picture("black", 1)).candidates[0].label == "night"
        monkeypatch.undo()
        made.memory.forget("leaf")
        made.memory.search_rows(key.embedding, 1)
        assert made.memory.index.faiss_index is not None and len(made.memory.index) == 6


def test_a_search_that_fails_is_answered_all_the_same(tmp_path, monkeypatch) -> None:
    with taught(tmp_path / "memory.db", "late") as made:
        before = answers(made)
        monkeypatch.setattr(ExampleIndex, "search", lambda *_: 1 / 0)
        assert answers(made) == before
        assert made.memory.faults == 1


CONFIGURED: dict[str, dict[str, Any]] = {
    "templates": {"prompt_templates": ["one {label}"], "alpha_fusion": 0.2},
    "the rule": {"fuse": "calibrated", "alpha_fusion": 0.2},
    "both": {"fuse": "calibrated", "prompt_templates": ["one {label}"], "temporal_ema": 0.5},
}


@pytest.mark.parametrize("error", [EncoderError("It is gone."), ZeroDivisionError()], ids=["typed", "a bug"])
@pytest.mark.parametrize("changes", CONFIGURED.values(), ids=CONFIGURED.keys())
def test_settings_whose_prompts_cannot_be_encoded_change_nothing(monkeypatch, changes, error) -> None:
    made = Recogniser(settings(memory_path=":memory:", fuse="late"), encoders=ENCODERS)
    made.register("cup", images=pictures("red"))
    before = made.settings, answers(made)
    with monkeypatch.context() as patch:
        Failing(patch, FakeText, "encode_text", error, 1)
        with pytest.raises(type(error)):
            made.configure(**changes)
    assert (made.settings, answers(made)) == before
    made.configure(**changes)
    assert made.settings == before[0].replace(**changes)
    fresh = Recogniser(made.settings, encoders=made.encoders, memory=made.memory)
    assert answers(made) == answers(fresh)


@pytest.mark.parametrize("changes", CONFIGURED.values(), ids=CONFIGURED.keys())
def test_a_change_of_settings_that_was_given_up_on_while_it_hung_changes_nothing(
    monkeypatch, changes
) -> None:
    made = Recogniser(settings(memory_path=":memory:", fuse="late"), encoders=ENCODERS)
    made.register("cup", images=pictures("red"))
    before = made.settings, answers(made)
    entered, go, encode = threading.Event(), threading.Event(), FakeText.encode_text

    def hang(self: FakeText, texts: list[str]) -> Any:
        entered.set()
        assert go.wait(30)
        return encode(self, texts)

    job = Job(lambda: made.configure(**changes))
    with monkeypatch.context() as patch:
        patch.setattr(FakeText, "encode_text", hang)
        thread = threading.Thread(target=job.run)
        thread.start()
        assert entered.wait(30)
        assert job.abandon(EncoderError("It gives no answer."))
        go.set()
        thread.join(30)
    assert not thread.is_alive()
    assert (made.settings, answers(made)) == before
    made.configure(**changes)
    assert made.settings == before[0].replace(**changes)


def test_one_change_reaches_everybody_who_reads_the_settings() -> None:
    made = Recogniser(settings(memory_path=":memory:"), encoders=ENCODERS)
    rule = made.rule
    made.configure(alpha_fusion=0.2)
    assert made.rule is rule
    assert made.settings.alpha_fusion == made.live.alpha_fusion == rule.settings.alpha_fusion == 0.2


def test_more_examples_than_the_sums_hold_are_refused_before_they_are_written(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(constants, "MOST_EXAMPLES", 7)
    with taught(tmp_path / "memory.db", "calibrated") as made:
        before = seen(made)
        with pytest.raises(RequestError, match="9 examples, over the 7"):
            made.register("night", images=pictures("black"))
        assert seen(made) == before
        made.register("cup", images=pictures("white"), negative=True)
        made.configure(fuse="late")
        made.register("night", images=pictures("black"))
        with pytest.raises(RequestError, match="set fuse to late"):
            made.configure(fuse="calibrated", k=3)
        assert (made.settings.fuse, made.settings.k) == ("late", 8)
    with pytest.raises(RequestError, match="set fuse to late"):
        Recogniser(made.settings.replace(fuse="calibrated"))
    with contextlib.closing(Memory(None, tmp_path / "memory.db")) as memory:
        assert len(memory) == 15
