# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures of what is taught, single examples, and a whole memory as a file, as services answer with them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import groupby

import numpy as np
import pytest

pytest.importorskip("rclpy")

from fixtures.pictures import picture, plain
from fixtures.waiting import wait_for
from nodes.counter import Counter, exported, image
from nodes.recognition_bench import RecognitionBench

from vfrt_ros.core.memory.bundle import unpack_bundle
from vfrt_ros.core.memory.merge import contents_of
from vfrt_ros.core.types.operation import ExampleId
from vfrt_ros.nodes import services, sharing
from vfrt_ros.nodes.conversions import frame_from_compressed, frame_from_image
from vfrt_ros.nodes.services import SERVICES


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory) -> Iterator[None]:
    """One cache of text embeddings for all tests here, and none of the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def desk(tmp_path) -> Counter:
    return Counter(tmp_path / "snapshots")


def test_a_registration_shows_every_frame_where_that_is_asked_for(desk, monkeypatch) -> None:
    images = [image(picture("cyan")), image(plain("cyan")), image(picture("cyan", 1))]
    response = desk.ask("register", label="sea", images=images, pictures=True)
    first, left_out, last = (frame.example for frame in response.shown)
    assert (first, left_out, last) == (f"{response.batch}:0", "", f"{response.batch}:1")
    assert [frame.reason for frame in response.shown] == [
        "",
        response.reasons[0].removeprefix("frame 2 of 3: "),
        "",
    ]
    for sent, frame in zip(images, response.shown, strict=True):
        wanted = frame_from_image(sent).astype(int)
        assert np.abs(frame_from_compressed(frame.picture) - wanted).mean() < 20
    again = desk.ask("register", label="sea", images=images, pictures=True)
    assert (again.code, len(again.shown)) == (again.ALL_REJECTED, 3)
    assert [f"frame {n} of 3: {frame.reason}" for n, frame in enumerate(again.shown, 1)] == again.reasons
    monkeypatch.setattr(services, "shown_message", lambda *_: 1 / 0)
    assert desk.ask("register", label="sea", images=images[:1]).shown == []
    assert desk.ask("register", label="leaf").shown == []


def test_examples_are_told_with_all_that_is_known_of_them(desk) -> None:
    desk.ask("register", label="cup", negative=True)
    desk.ask("import_memory", name="/tmp/desk.zip", data=exported("blue"))
    plain_, told = (desk.ask("list_examples", pictures=pictures).examples for pictures in (False, True))
    batches = [str(ExampleId.parse(e.id).operation) for e in told]
    assert [e.batch for e in told[:8]] == batches[:8]
    assert [len(list(group)) for _, group in groupby(e.batch for e in told)] == [4, 4, 2]
    assert [ExampleId.parse(e.id).place for e in told[:8]] == [0, 1, 2, 3] * 2
    assert [e.negative for e in told] == [False] * 4 + [True] * 4 + [False] * 2
    assert {e.source for e in told[8:]} == {"imported from desk.zip"}
    assert all(time.time() - 600 < e.created.sec < time.time() + 1 for e in told)
    assert frame_from_compressed(told[0].picture).shape == (96, 128, 3)
    assert all(len(e.picture.data) == 0 for e in plain_)


def test_single_examples_are_told_in_the_order_in_which_they_were_asked_for(desk) -> None:
    first, _, third, *_ = (example.id for example in desk.ask("list_examples").examples)
    page = desk.ask("list_examples", examples=[third, "nobody:1:0", first], pictures=True)
    assert ([e.id for e in page.examples], page.total) == ([third, first], 2)
    assert all(len(e.picture.data) for e in page.examples)
    assert desk.ask("list_examples", label="cup", examples=["nobody:1:0"]).examples == []


def show_large(desk: Counter, count: int) -> None:
    """Register pictures whose JPEGs have more than 10 kB each."""
    large = [image(picture("cyan", variant, (400, 300))) for variant in range(count)]
    assert desk.ask("register", label="sea", images=large).stored == count


def test_a_page_of_pictures_is_no_larger_than_allowed(desk) -> None:
    show_large(desk, 12)
    desk.recogniser.configure(max_transfer_mb=0.1)
    seen: list[str] = []
    while len(seen) < 12:
        page = desk.ask("list_examples", label="sea", offset=len(seen), pictures=True)
        assert page.total == 12
        assert 0 < len(page.examples) < 12
        seen += [example.id for example in page.examples]
    assert [ExampleId.parse(name).place for name in seen] == list(range(12))


def test_what_is_exported_is_imported_elsewhere(desk, tmp_path) -> None:
    response = desk.ask("export_memory")
    assert response.name == "fake.vfrt.zip"
    bundle = unpack_bundle(response.data.tobytes(), "x")
    assert [example.label for example in contents_of(bundle).examples] == ["cup"] * 4
    other = Counter(tmp_path / "other")
    other.ask("forget", label="cup")
    there = other.ask("import_memory", name=response.name, data=response.data)
    assert (there.added, other.recogniser.memory.table.count("cup")) == (4, 4)
    assert other.ask("undo").what == "imported from fake.vfrt.zip: 2 operations"
    assert other.recogniser.memory.table.count("cup") == 0


def test_an_import_brings_nothing_back_that_was_forgotten_since(desk) -> None:
    response = desk.ask("export_memory")
    desk.ask("forget", label="cup")
    back = desk.ask("import_memory", name=response.name, data=response.data)
    assert (back.added, back.duplicates, desk.recogniser.memory.table.count("cup")) == (0, 4, 0)


@pytest.mark.parametrize("name", ["export_memory", "import_memory"])
def test_a_file_over_the_limit_is_refused(desk, name, monkeypatch) -> None:
    show_large(desk, 12)
    data = desk.ask("export_memory").data
    desk.recogniser.configure(max_transfer_mb=0.1)
    monkeypatch.setattr(sharing, "pack_bundle", lambda bundle: 1 / 0)
    monkeypatch.setattr(sharing, "unpack_bundle", lambda *_, **__: 1 / 0)
    response = desk.ask(name, **({"data": data} if name == "import_memory" else {}))
    assert response.code == response.INVALID_REQUEST
    assert "over the 0.1 of max_transfer_mb" in response.message


@pytest.mark.ros
class TestBesideTheWorker:
    """The node answers them in a thread of its own, and the worker does only what must be done in its turn."""

    @pytest.fixture
    def bench(self, ros, monkeypatch) -> RecognitionBench:
        monkeypatch.setenv("VFRT_BACKBONE", "fake")
        bench = RecognitionBench(ros)
        bench.show(picture("red"))
        assert bench.call("register", label="cup").stored == 1
        return bench

    def test_frames_and_services_are_answered_while_a_file_is_made(self, bench, monkeypatch) -> None:
        begun, go_on = threading.Event(), threading.Event()

        def slow(bundle) -> bytes:
            begun.set()
            assert go_on.wait(20)
            return b"done"

        monkeypatch.setattr(sharing, "pack_bundle", slow)
        client = bench.tester.create_client(SERVICES["export_memory"][0], "export_memory")
        wait_for(client.service_is_ready, "the service")
        answer = client.call_async(SERVICES["export_memory"][0].Request())
        assert begun.wait(20)
        assert bench.show(picture("red", 1)).label == "cup"
        assert bench.call("register", label="mug").stored == 2
        assert not answer.done()
        go_on.set()
        wait_for(answer.done, "the file")
        assert bytes(answer.result().data) == b"done"

    def test_an_import_that_comes_too_late_for_its_turn_is_told_so(self, bench, monkeypatch) -> None:
        data = bench.call("export_memory").data
        begun, go_on = threading.Event(), threading.Event()

        def slow(*arguments, **named):
            begun.set()
            assert go_on.wait(20)
            return unpack_bundle(*arguments, **named)

        monkeypatch.setattr(sharing, "unpack_bundle", slow)
        client = bench.tester.create_client(SERVICES["import_memory"][0], "import_memory")
        wait_for(client.service_is_ready, "the service")
        answer = client.call_async(SERVICES["import_memory"][0].Request(data=data))
        assert begun.wait(20)
        bench.node._path.frames.stop()
        go_on.set()
        wait_for(answer.done, "the answer")
        assert answer.result().code == answer.result().NOT_ACTIVE
