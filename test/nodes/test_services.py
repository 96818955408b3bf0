# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Every service: what it answers to good and bad requests."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy")

from fixtures.bad_images import image as small_image
from fixtures.pictures import picture, plain
from fixtures.services import CHANGE_THE_MEMORY
from nodes.counter import Counter, exported, image, nth

from vfrt_msgs.msg import Conflict, Finding, Recognition, ShownFrame
from vfrt_ros.core.memory.bundle import pack_bundle
from vfrt_ros.core.memory.merge import bundle_of
from vfrt_ros.core.report.audit import FindingKind
from vfrt_ros.core.types.errors import MemoryStoreError
from vfrt_ros.core.types.reason import Reason
from vfrt_ros.core.types.rejection import RejectionCode
from vfrt_ros.nodes import services
from vfrt_ros.nodes.conversions import frame_from_compressed
from vfrt_ros.nodes.services import SERVICES, refuse


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory) -> Iterator[None]:
    """One cache of text embeddings for all tests here, and none of the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def desk(tmp_path) -> Counter:
    return Counter(tmp_path / "snapshots")


GOOD = {
    "register what is in view": (
        "register", {"label": "leaf"}, "Registered 4 examples of 'leaf'.", {"stored": 4, "rejected": 0},
    ),
    "register the newest two": (
        "register", {"label": "leaf", "frames": 2}, "Registered 2 examples of 'leaf'.", {"stored": 2},
    ),
    "register images": (
        "register", {"label": "sea", "images": [image(picture("cyan", n)) for n in range(3)]},
        "Registered 3 examples of 'sea'.", {"stored": 3, "reasons": []},
    ),
    "register, one left out": (
        "register", {"label": "sea", "images": [image(picture("cyan")), image(plain("cyan"))]},
        "Registered 1 example of 'sea', 1 left out.", {"stored": 1, "rejected": 1},
    ),
    "register a scene that has a name": (
        "register", {"label": "mug", "images": [image(picture("red", 1))]},
        "Registered 1 example of 'mug'. These look like 'cup' (cosine 1.00).", {"stored": 1},
    ),
    "register a negative": (
        "register", {"label": "cup", "negative": True}, "Registered 4 examples that are not 'cup'.", {"stored": 4},
    ),
    "forget": ("forget", {"label": " cup "}, "Forgot 'cup' (4 examples); undo brings it back.", {"removed": 4}),
    "forget examples": (
        "forget_examples", {"examples": nth(1, 3)},
        "Forgot 2 examples of 'cup'; undo brings them back.", {"removed": 2},
    ),
    "list examples": ("list_examples", {}, "Examples 1 to 4 of 4.", {"total": 4}),
    "list some examples": (
        "list_examples", {"label": "cup", "offset": 1, "limit": 2}, "Examples 2 to 3 of 4.", {"total": 4},
    ),
    "list examples past the end": (
        "list_examples", {"offset": 9}, "None of 4 examples after the first 9.", {"total": 4},
    ),
    "list examples of a prompt": ("list_examples", {"label": "sky"}, "No examples.", {"total": 0, "examples": []}),
    "export": ("export_memory", {}, "4 examples of 2 labels, 0.0 MB.", {}),
    "import": (
        "import_memory", {"name": "desk.zip", "data": exported("green")},
        "Added 2 examples. Undo", {"added": 2, "duplicates": 0},
    ),
    "import what is there": (
        "import_memory", {"data": lambda counter: pack_bundle(bundle_of(counter.recogniser.memory))},
        "Added 0 examples; 4 examples known already.", {"added": 0, "duplicates": 4},
    ),
    "forget a prompt": ("forget", {"label": "sky"}, "Forgot 'sky' (0 examples)", {"removed": 0}),
    "relabel": ("relabel", {"label": "cup", "new_label": "mug"}, "Renamed 'cup' to 'mug' (4 examples).", {"moved": 4}),
    "merge": ("relabel", {"label": "cup", "new_label": "sky"}, "Merged 'cup' into 'sky' (4 examples).", {"moved": 4}),
    "undo": ("undo", {}, "Undone: set the prompts of 'sky'.", {"what": "set the prompts of 'sky'"}),
    "list labels": ("list_labels", {}, "2 labels.", {}),
    "set prompts": ("set_prompts", {"labels": ["cat"]}, "Set the prompts of 'cat'.", {}),
    "remove all prompts": ("set_prompts", {"replace": True}, "Removed all prompts.", {}),
    "snapshot": ("snapshot", {"name": "desk 1"}, "Wrote /", {}),
    "snapshot by the time": ("snapshot", {}, "Wrote /", {}),
}  # fmt: skip


def test_a_second_name_for_a_scene_is_answered_with_a_code_and_the_other_label(desk) -> None:
    found = desk.ask("register", label="mug", images=[image(picture("red", 1))]).conflicts
    assert [(one.code, one.label) for one in found] == [(Conflict.SAME_SCENE, "cup")]
    assert found[0].cosine == pytest.approx(1.0, abs=1e-4)
    assert not desk.ask("register", label="leaf").conflicts


@pytest.mark.parametrize(("name", "fields", "message", "expected"), GOOD.values(), ids=GOOD.keys())
def test_a_good_request(desk, name, fields, message, expected) -> None:
    response = desk.ask(name, **fields)
    assert (response.code, response.message[: len(message)]) == (response.OK, message)
    assert {field: getattr(response, field) for field in expected} == expected
    if hasattr(response, "memory_version"):
        changed = (name in CHANGE_THE_MEMORY and "added" not in expected) or expected.get("added", 0) > 0
        assert response.memory_version == desk.recogniser.memory.version == 2 + changed


BAD = {
    "register nothing": ("register", {}, "INVALID_REQUEST", "must not be empty"),
    "register unknown": ("register", {"label": "unknown"}, "INVALID_REQUEST", "cannot be a label"),
    "register a broken image": (
        "register", {"label": "sea", "images": [image(picture("cyan")), small_image(step=0)]},
        "INVALID_REQUEST", "Image 2 cannot be read: ",
    ),
    "register a depth image": (
        "register", {"label": "sea", "images": [small_image("16UC1", 2)]}, "INVALID_REQUEST", "Nothing was stored",
    ),
    "register blurred images": (
        "register", {"label": "sea", "images": [image(plain("cyan"))]}, "ALL_REJECTED", "blurred",
    ),
    "register the same again": (
        "register", {"label": "cup", "images": [image(picture("red"))]}, "ALL_REJECTED", "near duplicate",
    ),
    "forget no example": ("forget_examples", {}, "INVALID_REQUEST", "at least one example"),
    "forget examples that are not there": (
        "forget_examples", {"examples": ["a:7:0"]}, "INVALID_REQUEST", "There is no example a:7:0: list",
    ),
    "forget what is no id": (
        "forget_examples", {"examples": ["7"]}, "INVALID_REQUEST", "Expected an example as robot:number:index; got '7'",
    ),
    "list examples of an unknown label": ("list_examples", {"label": "cpu"}, "UNKNOWN_LABEL", "Did you mean 'cup'"),
    "list examples of no label": ("list_examples", {"label": "a\0"}, "INVALID_REQUEST", "control characters"),
    "import nothing": ("import_memory", {}, "INVALID_REQUEST", "a file is not an export"),
    "import something": ("import_memory", {"name": "x/y.zip", "data": b"PK"}, "INVALID_REQUEST", "y.zip is not an"),
    "import under a name of control signs": (
        "import_memory", {"name": "a\nb", "data": exported("green")}, "INVALID_REQUEST", "control characters",
    ),
    "import of another encoder": (
        "import_memory", {"data": exported("green", seed=7)}, "INVALID_REQUEST", "different encoders cannot be mixed",
    ),
    "forget nothing": ("forget", {}, "INVALID_REQUEST", "must not be empty"),
    "forget an unknown label": ("forget", {"label": "cpu"}, "UNKNOWN_LABEL", "Did you mean 'cup'"),
    "relabel to nothing": ("relabel", {"label": "cup"}, "INVALID_REQUEST", "must not be empty"),
    "relabel to the same": ("relabel", {"label": "cup", "new_label": "cup"}, "INVALID_REQUEST", "this name already"),
    "relabel an unknown label": ("relabel", {"label": "x", "new_label": "y"}, "UNKNOWN_LABEL", "Known: cup, sky"),
    "redo without undo": ("redo", {}, "NOTHING_TO_REDO", "nothing to redo"),
    "prompts for nothing": ("set_prompts", {}, "INVALID_REQUEST", "at least one label"),
    "too few prompts": (
        "set_prompts", {"labels": ["a", "b"], "prompts": ["x"]}, "INVALID_REQUEST", "each of 2 labels",
    ),
    "a snapshot elsewhere": ("snapshot", {"name": "../x"}, "INVALID_REQUEST", "name must be letters"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "fields", "code", "words"), BAD.values(), ids=BAD.keys())
def test_a_bad_request_changes_nothing(desk, name, fields, code, words) -> None:
    before = desk.recogniser.memory.state_hash()
    response = desk.ask(name, **fields)
    assert response.code == getattr(response, code)
    assert words in response.message
    assert desk.recogniser.memory.state_hash() == before
    assert getattr(response, "memory_version", 2) == desk.recogniser.memory.version == 2


def test_undo_until_nothing_is_left_and_redo_all(desk) -> None:
    whats = [desk.ask("undo").what for _ in range(2)]
    assert whats == ["set the prompts of 'sky'", "registered 4 examples of 'cup'"]
    response = desk.ask("undo")
    assert (response.code, response.what) == (response.NOTHING_TO_UNDO, "")
    assert desk.ask("list_labels").message == "Nothing learned yet."
    assert [desk.ask("redo").what for _ in range(2)] == whats[::-1]
    response = desk.ask("redo")
    assert (response.code, response.what) == (response.NOTHING_TO_REDO, "")


def test_rejected_frames_are_told_one_by_one(desk) -> None:
    response = desk.ask("register", label="sea", images=[image(plain("cyan")), image(plain("black"))])
    assert (response.code, response.stored, response.rejected) == (response.ALL_REJECTED, 0, 2)
    assert [reason.split(":")[0] for reason in response.reasons] == ["frame 1 of 2", "frame 2 of 2"]
    assert ["blurred" in response.reasons[0], "too dark" in response.reasons[1]] == [True, True]
    assert list(response.reason_codes) == [ShownFrame.BLURRED, ShownFrame.TOO_DARK]


def test_without_a_frame(desk) -> None:
    desk.recogniser.restart_view()
    desk.result = None
    register, snapshot = desk.ask("register", label="cup"), desk.ask("snapshot")
    assert (register.code, snapshot.code) == (register.NO_FRAMES, snapshot.NO_FRAMES)
    assert not desk.folder.exists()


def test_an_answer_is_explained_in_words_and_in_numbers(desk) -> None:
    done = desk.ask("explain", label="cup")
    assert done.lines[0] == done.message
    assert (done.label, done.prompts) == ("cup", list(desk.recogniser.explanation("cup").prompts))
    assert 0.0 <= done.score <= 1.0
    ids = [near.example for near in done.nearest]
    assert sorted(ids) == [example.id for example in desk.ask("list_examples", label="cup").examples]
    assert sum(near.share for near in done.nearest) == pytest.approx(1.0)


def test_labels_are_told_with_what_is_known(desk) -> None:
    found = {
        info.label: (info.examples, info.negatives, info.prompts) for info in desk.ask("list_labels").labels
    }
    assert found == {"cup": (4, 0, 0), "sky": (0, 0, 1)}


def test_a_snapshot_shows_the_last_recognised_frame(desk) -> None:
    path = Path(desk.ask("snapshot", name="desk").path)
    assert path == desk.folder / "desk"
    told = json.loads((path / "recognition.json").read_text())
    assert (told["label"], told["frame_id"], told["dropped"]) == ("cup", "eye", 2)
    again = desk.ask("snapshot", name="desk")
    assert (again.code, again.path) == (again.INVALID_REQUEST, "")


def test_a_snapshot_answers_with_its_overlay_where_that_is_asked_for(desk, monkeypatch) -> None:
    response = desk.ask("snapshot", name="desk", picture=True)
    assert response.picture.header.frame_id == "eye"
    shown, written = frame_from_compressed(response.picture), cv2.imread(f"{response.path}/overlay.png")
    assert shown.shape == written.shape
    assert np.abs(shown.astype(int) - written).mean() < 10
    monkeypatch.setattr(services, "compressed_from_frame", lambda *_: 1 / 0)
    assert len(desk.ask("snapshot").picture.data) == 0


def test_a_memory_that_cannot_be_written_is_said(desk, monkeypatch) -> None:
    def fail(*_: Any) -> None:
        raise MemoryStoreError("The disk is full.")

    monkeypatch.setattr(desk.recogniser.memory._folded.store, "append", fail)
    before = desk.recogniser.memory.state_hash()
    for name, fields in {
        "register": {"label": "leaf"},
        "forget": {"label": "cup"},
        "forget_examples": {"examples": nth(1)},
        "import_memory": {"data": exported("green")},
        "relabel": {"label": "cup", "new_label": "mug"},
        "set_prompts": {"labels": ["cat"]},
    }.items():
        response = desk.ask(name, **fields)
        assert (response.code, response.message) == (response.STORAGE_FAILED, "The disk is full."), name
    assert desk.recogniser.memory.state_hash() == before


def test_a_bug_is_not_taken_for_a_bad_request(desk, monkeypatch) -> None:
    monkeypatch.setattr(desk.recogniser.memory, "forget", lambda label: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        desk.ask("forget", label="cup")


@pytest.mark.parametrize("name", SERVICES)
def test_every_code_that_a_service_may_answer_is_named_alike(name) -> None:
    response = SERVICES[name][0].Response()
    assert response.OK == 0
    for error, code in (
        (MemoryStoreError("x"), 6),
        (type("E", (MemoryStoreError,), {"code": "NOT_ACTIVE"})("x"), 7),
    ):
        if hasattr(response, error.code):
            refused = refuse(response, error)
            assert (refused.code, refused.message) == (code, "x")


def test_a_code_that_a_service_does_not_have_is_an_internal_error() -> None:
    response = SERVICES["list_labels"][0].Response()
    assert refuse(response, MemoryStoreError("x")).code == response.INTERNAL_ERROR


OVER = {
    "images": ({"max_images": 2}, "Expected at most 2 images (max_images); got 3."),
    "one picture": ({"max_megapixels": 0.01}, "Image 1 cannot be read: 128x96 is over the limit of 0.01"),
    "together": (
        {"max_request_megapixels": 0.03},
        "Got 3 images of 0.0369 megapixels together, over the 0.03",
    ),
}


@pytest.mark.parametrize(("limits", "message"), OVER.values(), ids=OVER.keys())
def test_a_request_over_a_limit_is_refused_before_it_costs_anything(desk, limits, message) -> None:
    desk.recogniser.configure(**limits)
    version = desk.recogniser.memory.version
    images = [image(picture("cyan", n)) for n in range(3)]
    response = desk.ask("register", label="sea", images=images)
    assert (response.code, response.message[: len(message)]) == (response.INVALID_REQUEST, message)
    assert desk.recogniser.memory.version == version


def test_a_thousand_images_at_once_are_refused(desk) -> None:
    response = desk.ask("register", label="sea", images=[small_image()] * 1000)
    assert (response.code, response.stored) == (response.INVALID_REQUEST, 0)
    assert "got 1000. Send them in parts." in response.message


def test_old_snapshots_make_room(desk) -> None:
    desk.recogniser.configure(max_snapshots_mb=1.0)
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    assert desk.result is not None
    desk.result = dataclasses.replace(desk.result, frame=noise)
    for name in ("first", "second"):
        assert desk.ask("snapshot", name=name).code == 0
    assert [path.name for path in desk.folder.iterdir()] == ["second"]


def test_the_kinds_of_findings_are_the_constants_of_the_message() -> None:
    names = [
        name for name in dir(type(Finding)) if name.isupper() and isinstance(getattr(Finding, name), str)
    ]
    assert {kind.name: kind.value for kind in FindingKind} == {name: getattr(Finding, name) for name in names}


CODES = {"why unknown": (Reason, Recognition), "why left out": (RejectionCode, ShownFrame)}


@pytest.mark.parametrize(("codes", "message"), CODES.values(), ids=CODES)
def test_codes_and_their_messages_have_the_same_numbers_and_every_code_has_words(
    codes: Any, message: Any
) -> None:
    numbers = {
        name: number
        for name in dir(type(message))
        if name.isupper() and isinstance(number := getattr(message, name), int)
    }
    assert {code.name: code.value for code in codes} == numbers
    assert all(code.words for code in codes)


def test_every_service_has_a_code_for_a_request_that_is_refused() -> None:
    assert [
        name for name, (kind, _) in SERVICES.items() if not hasattr(kind.Response, "INVALID_REQUEST")
    ] == []
