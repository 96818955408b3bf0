# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Service requests with any fields, in any order: a named code, a sentence, and a memory that stays whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")

from fixtures.bad_images import BAD_IMAGES, image
from fixtures.pictures import picture
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Header

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.memory.bundle import pack_bundle
from vfrt_ros.core.memory.merge import bundle_of
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.report.overlay import ShownPace
from vfrt_ros.nodes.conversions import image_from_frame
from vfrt_ros.nodes.messages import memory_info_message, recognition_message
from vfrt_ros.nodes.result import Result
from vfrt_ros.nodes.service_context import ServiceContext
from vfrt_ros.nodes.services import SERVICES, answer

GOOD_IMAGES = [image_from_frame(picture(colour), Header()) for colour in ("red", "blue")]

# What a middleware can carry: UTF-8 text.
any_text = st.text(st.characters(codec="utf-8"), max_size=40)
labels = st.one_of(
    st.sampled_from(
        ["cup", "mug", " cup ", "sky", "", "unknown", "../cup", "a\0b", "x" * 10_000, "{label}", "{", "茶"]
    ),
    any_text,
)
images = st.lists(st.sampled_from([*GOOD_IMAGES, image(), *(bad.message for bad in BAD_IMAGES)]), max_size=3)
ids = st.one_of(
    st.builds("{}:{}:{}".format, st.text(max_size=3), st.integers(-1, 6), st.integers(-1, 6)),
    st.text(max_size=20),
)


def file(colour: str) -> bytes:
    """An export in which `cup` has this colour."""
    other = Recogniser(RecognitionSettings(backbone="fake", memory_path=":memory:"))
    other.register("cup", images=[picture(colour)])
    other.set_prompts(["sky"], ["something blue"])
    return pack_bundle(bundle_of(other.memory))


def hurt(data: bytes, place: float, bit: int) -> bytes:
    """The file with one bit flipped."""
    changed = bytearray(data)
    changed[int(place * len(changed))] ^= 1 << bit
    return bytes(changed)


FILES = [file(colour) for colour in ("red", "green")]
files = st.one_of(
    st.sampled_from(FILES),
    st.builds(hurt, st.sampled_from(FILES), st.floats(0, 1, exclude_max=True), st.integers(0, 7)),
    st.builds(lambda data, end: data[: int(end * len(data))], st.sampled_from(FILES), st.floats(0, 1)),
    st.binary(max_size=100),
)
requests = st.one_of(
    st.tuples(
        st.just("register"),
        st.fixed_dictionaries({
            "label": labels, "frames": st.integers(0, 2**32 - 1), "images": images, "negative": st.booleans(),
            "pictures": st.booleans(),
        }),
    ),
    st.tuples(st.sampled_from(["forget", "explain"]), st.fixed_dictionaries({"label": labels})),
    st.tuples(st.just("relabel"), st.fixed_dictionaries({"label": labels, "new_label": labels})),
    st.tuples(st.sampled_from(["undo", "redo", "list_labels", "audit"]), st.just({})),
    st.tuples(
        st.just("set_prompts"),
        st.fixed_dictionaries({
            "labels": st.lists(labels, max_size=3), "prompts": st.lists(labels, max_size=3), "replace": st.booleans(),
        }),
    ),
    st.tuples(st.just("snapshot"), st.fixed_dictionaries({"name": labels, "picture": st.booleans()})),
    st.tuples(st.just("forget_examples"), st.fixed_dictionaries({"examples": st.lists(ids, max_size=4)})),
    st.tuples(
        st.just("list_examples"),
        st.fixed_dictionaries({
            "label": labels, "offset": st.one_of(st.integers(0, 8), st.just(2**32 - 1)),
            "limit": st.one_of(st.integers(0, 8), st.just(2**32 - 1)), "pictures": st.booleans(),
            "examples": st.lists(ids, max_size=4),
        }),
    ),
    st.tuples(st.just("export_memory"), st.just({})),
    st.tuples(st.just("import_memory"), st.fixed_dictionaries({"name": labels, "data": files})),
    st.tuples(st.just("look"), st.fixed_dictionaries({"colour": st.sampled_from(["red", "blue", "green"])})),
)  # fmt: skip


CODES = {
    name: {
        value for code in dir(service.Response) if isinstance(value := getattr(service.Response, code), int)
    }
    for name, (service, _) in SERVICES.items()
}
"""The named codes of each service."""


class Visitor:
    """Asks one thing after another, and looks at the frames in between."""

    def __init__(self, folder: Path) -> None:
        self.recogniser = Recogniser(RecognitionSettings(backbone="fake", memory_path=":memory:"))
        self.folder = folder
        self.latest: Result | None = None

    def look(self, colour: str) -> None:
        frame = picture(colour)
        decision = self.recogniser.recognise(frame)
        assert 0 <= sum(candidate.score for candidate in decision.candidates) <= 1 + 1e-5
        self.latest = Result(frame, Header(), decision, ShownPace(30.0, 0.0), 0)
        sent = recognition_message(self.latest)
        assert deserialize_message(serialize_message(sent), type(sent)).label == decision.label

    def ask(self, name: str, fields: dict[str, Any]) -> None:
        service = SERVICES[name][0]
        context = ServiceContext(self.recogniser, lambda camera: self.latest, self.folder)
        before = self.recogniser.memory.version
        response = answer(name, context, service.Request(**fields), service.Response())
        assert response.code in CODES[name]
        assert response.code != response.INTERNAL_ERROR
        assert response.message
        assert "\n" not in response.message
        if response.code != response.OK:
            assert self.recogniser.memory.version == before, "a refusal changes nothing"
        serialize_message(response)
        serialize_message(memory_info_message(self.recogniser, Header()))


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("place")


def inside(place: Path) -> set[Path]:
    return {path for path in place.iterdir() if path.name != "snapshots"}


@example(
    [
        ("set_prompts", {"labels": ["cup"], "prompts": ["{label"], "replace": True}),
        ("look", {"colour": "red"}),
    ]
)
@example([("register", {"label": "x" * 10_000, "frames": 2**32 - 1, "images": [], "negative": False})])
@example(
    [("snapshot", {"name": "../escaped"}), ("look", {"colour": "red"}), ("snapshot", {"name": "../escaped"})]
)
@settings(max_examples=max(20, settings().max_examples // 2))
@given(st.lists(requests, min_size=1, max_size=8))
def test_every_request_has_an_answer_and_the_memory_stays_whole(place: Path, steps: list) -> None:
    visitor = Visitor(place / "snapshots")
    for name, fields in steps:
        if name == "look":
            visitor.look(**fields)
        else:
            visitor.ask(name, fields)
    memory = visitor.recogniser.memory
    assert (
        len(memory)
        == len(memory.examples())
        == sum(memory.table.count(label) + memory.table.negatives(label) for label in memory.labels)
    )
    visitor.look("red")
    assert inside(place) == set(), "nothing is written outside the folder of snapshots"


@settings(max_examples=max(15, settings().max_examples // 4))
@given(
    st.lists(requests.filter(lambda step: step[0] not in ("undo", "redo", "look", "snapshot")), max_size=6)
)
def test_undo_takes_back_all_of_it_and_redo_brings_it_back(place: Path, steps: list) -> None:
    visitor = Visitor(place / "snapshots")
    memory = visitor.recogniser.memory

    def state() -> Any:
        examples = sorted((e.label, e.negative, e.embedding.tobytes()) for e in memory.examples())
        return dict(memory.prompts), examples

    states = [state()]
    for name, fields in steps:
        version = memory.version
        visitor.ask(name, fields)
        if memory.version != version:
            states.append(state())
    for before in reversed(states[:-1]):
        visitor.recogniser.memory.undo()
        assert state() == before
    for after in states[1:]:
        visitor.recogniser.memory.redo()
        assert state() == after
