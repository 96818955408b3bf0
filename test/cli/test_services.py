# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The commands that call one service: the request they make, what they print, and their exit status."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest

from vfrt_msgs import srv

from .fake_recognition import FakeRecognition, two_labels

pytestmark = pytest.mark.ros


class Case(NamedTuple):
    """A command line, the service it calls, and the fields that the request must have."""

    line: str
    service: str
    fields: dict[str, Any]


REQUESTS = {
    "register": Case(
        "register cat", "Register", {"label": "cat", "frames": 0, "negative": False, "images": []}
    ),
    "register so many frames": Case("register cat --frames 3", "Register", {"frames": 3}),
    "register what it is not": Case("register cat --negative", "Register", {"negative": True}),
    "forget": Case("forget cat", "Forget", {"label": "cat"}),
    "forget examples": Case(
        "forget --example a:7:0 b:9:1", "ForgetExamples", {"examples": ["a:7:0", "b:9:1"]}
    ),
    "examples": Case("examples", "ListExamples", {"label": "", "offset": 0, "pictures": False}),
    "examples of a label": Case("examples cat", "ListExamples", {"label": "cat"}),
    "relabel": Case("relabel cat dog", "Relabel", {"label": "cat", "new_label": "dog"}),
    "undo": Case("undo", "Undo", {}),
    "redo": Case("redo", "Redo", {}),
    "labels": Case("labels", "ListLabels", {}),
    "prompts by label": Case("prompts cat dog", "SetPrompts", {"labels": ["cat", "dog"], "prompts": []}),
    "own prompts": Case("prompts cat=kitten", "SetPrompts", {"labels": ["cat"], "prompts": ["kitten"]}),
    "no prompts at all": Case("prompts --replace", "SetPrompts", {"labels": [], "replace": True}),
    "snapshot": Case("snapshot", "Snapshot", {"name": ""}),
    "snapshot by name": Case("snapshot kitchen", "Snapshot", {"name": "kitchen"}),
}


@pytest.mark.parametrize("case", REQUESTS.values(), ids=REQUESTS)
def test_the_request_has_what_was_typed(fake: FakeRecognition, vfrt: Any, case: Case) -> None:
    outcome = vfrt(*case.line.split())
    assert (outcome.status, outcome.err) == (0, "")
    request = fake.asked[case.service]
    assert {name: getattr(request, name) for name in case.fields} == case.fields


REFUSALS = {
    "register": ("register cat", "Register", "NO_FRAMES"),
    "forget": ("forget cat", "Forget", "UNKNOWN_LABEL"),
    "examples": ("examples cat", "ListExamples", "UNKNOWN_LABEL"),
    "forget examples": ("forget --example a:7:0", "ForgetExamples", "INVALID_REQUEST"),
    "relabel": ("relabel cat dog", "Relabel", "UNKNOWN_LABEL"),
    "undo": ("undo", "Undo", "NOTHING_TO_UNDO"),
    "redo": ("redo", "Redo", "NOTHING_TO_REDO"),
    "labels": ("labels", "ListLabels", "NOT_ACTIVE"),
    "prompts": ("prompts cat", "SetPrompts", "INVALID_REQUEST"),
    "snapshot": ("snapshot", "Snapshot", "STORAGE_FAILED"),
}


@pytest.mark.parametrize(("line", "service", "code"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_one_line_and_status_1(
    fake: FakeRecognition, vfrt: Any, line: str, service: str, code: str
) -> None:
    number = getattr(getattr(srv, service).Response, code)
    fake.answers[service] = {"code": number, "message": "It cannot be."}
    outcome = vfrt(*line.split())
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == f"vfrt {line.split()[0]}: It cannot be. [{code}]\n"


def test_a_refusal_in_json_has_its_code_by_name(fake: FakeRecognition, vfrt: Any) -> None:
    fake.answers["Forget"] = {"code": srv.Forget.Response.UNKNOWN_LABEL, "message": "No such label."}
    outcome = vfrt("forget", "cat", "--json")
    assert outcome.status == 1
    expected = {"ok": False, "code": "UNKNOWN_LABEL", "message": "No such label.", "removed": 0}
    assert outcome.json == {**expected, "memory_version": 0}


def test_register_tells_what_was_left_out_and_why(fake: FakeRecognition, vfrt: Any) -> None:
    fake.answers["Register"] = {"message": "1 stored.", "reason_codes": [3, 1, 3, 99]}
    expected = ["1 stored.", "  left out 2: blurred", "  left out 1: reason 99", "  left out 1: too dark"]
    assert vfrt("register", "cat").out.splitlines() == expected


def test_register_sends_pictures_as_they_are(fake: FakeRecognition, vfrt: Any, tmp_path: Any) -> None:
    pixels = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    path = tmp_path / "cup.png"
    cv2.imwrite(str(path), pixels)
    assert vfrt("register", "cup", "--images", str(path)).status == 0
    (image,) = fake.asked["Register"].images
    assert (image.height, image.width, image.step, image.encoding) == (4, 5, 15, "bgr8")
    np.testing.assert_array_equal(np.frombuffer(image.data, np.uint8).reshape(pixels.shape), pixels)


MISUSED = {
    "nothing to forget": ("forget", "Name either a label or, with --example, examples."),
    "a label and an example": (
        "forget cat --example a:7:0",
        "Name either a label or, with --example, examples.",
    ),
    "no id": ("forget --example 7", "Expected an example as robot:number:index; got '7'"),
    "no number": ("forget --example a:seven:0", "Expected an operation as robot:number; got 'a:seven'"),
}


@pytest.mark.parametrize(("line", "words"), MISUSED.values(), ids=MISUSED)
def test_wrong_usage_is_said_before_a_node_is_asked(vfrt: Any, line: str, words: str) -> None:
    outcome = vfrt(*line.split())
    assert (outcome.status, outcome.out) == (2, "")
    assert words in outcome.err


def test_labels_are_shown_as_a_table(fake: FakeRecognition, vfrt: Any) -> None:
    fake.answers["ListLabels"] = {"labels": two_labels()}
    assert [row.split() for row in vfrt("labels").out.splitlines()] == [
        ["label", "examples", "negatives", "prompts", "threshold"],
        ["cat", "5", "1", "0", "0.50"],
        ["cup", "of", "coffee", "0", "0", "2", "0.25"],
    ]


def test_labels_in_json_are_a_list_of_objects(fake: FakeRecognition, vfrt: Any) -> None:
    fake.answers["ListLabels"] = {"labels": two_labels(), "memory_version": 7}
    answer = vfrt("labels", "--json").json
    assert (answer["ok"], answer["code"], answer["memory_version"]) == (True, "OK", 7)
    cat = {"label": "cat", "examples": 5, "negatives": 1, "prompts": 0, "threshold": 0.5}
    assert answer["labels"][0] == cat


def test_no_labels_say_what_to_do(fake: FakeRecognition, vfrt: Any) -> None:
    assert "vfrt register" in vfrt("labels").out


def test_snapshot_prints_the_path_alone(fake: FakeRecognition, vfrt: Any) -> None:
    fake.answers["Snapshot"] = {"path": "/somewhere/kitchen"}
    assert vfrt("snapshot").out == "/somewhere/kitchen\n"
