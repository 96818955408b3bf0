# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`/recognition` in this process with the fake encoder: topics, services, parameters, and what goes wrong."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest

pytest.importorskip("rclpy")

from builtin_interfaces.msg import Time
from fixtures.bad_images import BAD_COMPRESSED, BAD_IMAGES
from fixtures.pictures import picture, plain
from fixtures.waiting import wait_for
from nodes.conftest import Ros
from nodes.recognition_bench import RecognitionBench
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from vfrt_msgs.msg import Recognition
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders.fake import FakeBackbone
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.nodes import camera_channel, names, qos
from vfrt_ros.nodes.conversions import (
    compressed_from_frame,
    frame_from_compressed,
    frame_from_image,
    image_from_frame,
)

pytestmark = pytest.mark.ros


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory) -> Iterator[None]:
    """One cache of text embeddings for all tests here, and none of the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _settings(monkeypatch) -> None:
    monkeypatch.setenv("VFRT_BACKBONE", "fake")
    monkeypatch.setenv("VFRT_TEMPORAL_EMA", "0.0")


@pytest.fixture
def bench(ros: Ros) -> RecognitionBench:
    return RecognitionBench(ros)


def show_scene(bench: RecognitionBench, colour: str, count: int = 4) -> Recognition:
    for variant in range(count):
        answer = bench.show(picture(colour, variant))
    return answer


class TestFrames:
    def test_an_answer_has_the_header_of_its_frame(self, bench) -> None:
        answer = bench.show(picture("red"))
        assert answer.header.frame_id == "camera_optical_frame"
        assert (answer.label, answer.reason) == (Recognition.UNKNOWN, Recognition.UNKNOWN_NOTHING_LEARNED)
        assert -1 < answer.latency.sec < 60

    def test_a_registration_counts_from_the_next_frame_and_undo_too(self, bench) -> None:
        show_scene(bench, "red")
        done = bench.call("register", label="cup")
        assert (done.code, done.stored) == (done.OK, 4)
        answer = bench.show(picture("red", 9))
        assert (answer.label, answer.reason, answer.memory_version) == ("cup", Recognition.KNOWN, 1)
        assert [(found.label, found.examples) for found in answer.candidates] == [("cup", 4)]
        assert answer.score >= answer.threshold > 0
        assert bench.call("undo").what == "registered 4 examples of 'cup'"
        assert bench.show(picture("red", 9)).label == Recognition.UNKNOWN
        assert bench.call("redo").code == 0
        assert bench.show(picture("red", 9)).label == "cup"

    def test_only_what_is_registered_from_the_scene_in_view(self, bench) -> None:
        show_scene(bench, "green")
        show_scene(bench, "red", 2)
        assert bench.call("register", label="cup").stored == 2

    STAMPS: ClassVar = {
        "none": Time(),
        "before 1970": Time(sec=-5, nanosec=1),
        "as early as can be": Time(sec=-(2**31), nanosec=2),
        "as late as can be": Time(sec=2**31 - 1, nanosec=999_999_999),
        "too many nanoseconds": Time(sec=7, nanosec=2**32 - 1),
    }

    @pytest.mark.parametrize("stamp", STAMPS.values(), ids=STAMPS.keys())
    def test_every_stamp_is_answered_unchanged(self, bench, stamp) -> None:
        bench.show(picture("red"))
        bench.recognitions.clear()
        message = image_from_frame(picture("red"), Header(stamp=stamp))
        bench.send(message)
        wait_for(lambda: bench.recognitions, "an answer")
        assert bench.recognitions[0].header.stamp == stamp
        assert bench.statistics.counts().refused == {}

    def test_newer_frames_replace_older_ones_and_are_counted(self, ros) -> None:
        entered, go = threading.Event(), threading.Event()

        class Held(FakeBackbone):
            def encode_images(self, images):
                entered.set()
                assert go.wait(20)
                return super().encode_images(images)

        bench = RecognitionBench(ros, with_backbone(Held()))
        frame = image_from_frame(picture("red"), Header())

        def send_until_held() -> bool:
            bench.send(bench.stamped(frame))
            return entered.is_set()

        wait_for(send_until_held, "a frame in the encoder")
        arrived = bench.node._path.frames
        before = arrived.dropped

        def send_until_dropped() -> bool:
            bench.send(bench.stamped(frame))
            return arrived.dropped >= before + 3

        wait_for(send_until_dropped, "newer frames")
        dropped = arrived.dropped
        go.set()
        answer = bench.show(picture("red"))
        assert answer.dropped >= dropped

    def test_the_executor_is_free_while_a_frame_is_encoded(self, ros) -> None:
        entered, go = threading.Event(), threading.Event()

        class Held(FakeBackbone):
            def encode_images(self, images):
                entered.set()
                assert go.wait(20)
                return super().encode_images(images)

        bench = RecognitionBench(ros, with_backbone(Held()))
        frame = image_from_frame(picture("red"), Header())
        wait_for(lambda: bench.send(bench.stamped(frame)) or entered.is_set(), "a frame in the encoder")
        with ThreadPoolExecutor(1) as pool:
            change = pool.submit(bench.set, k=3)
            assert bench.state == "active", "a service of the same executor answers meanwhile"
            assert not change.done(), "a change is in force when it is answered, so it waits for the frame"
            go.set()
            assert change.result()[0].successful


def with_backbone(backbone: Any):
    def create(settings: RecognitionSettings) -> Recogniser:
        recogniser = Recogniser(settings)
        recogniser.encoders = dataclasses.replace(recogniser.encoders, backbone=backbone)
        return recogniser

    return create


class TestBadMessages:
    def test_each_is_counted_told_once_per_kind_and_survived(self, bench, capfd) -> None:
        bench.show(picture("red"))
        for bad in BAD_IMAGES:
            bench.send_what_is_refused(bad.message, bad.name)
        refused = bench.statistics.counts().refused
        kinds = [bad.kind for bad in BAD_IMAGES]
        assert refused == {kind: kinds.count(kind) for kind in kinds}
        logged = capfd.readouterr().err
        assert {kind: logged.count(f"A frame was left out ({kind})") for kind in refused} == dict.fromkeys(
            refused, 1
        )
        assert bench.show(picture("red")).reason == Recognition.UNKNOWN_NOTHING_LEARNED

    def test_compressed_ones_too(self, ros, monkeypatch) -> None:
        monkeypatch.setenv("VFRT_IMAGE_TRANSPORT", "compressed")
        bench = RecognitionBench(ros, message=CompressedImage, topic=f"{names.IMAGE}/compressed")
        good = compressed_from_frame(picture("red"), Header())
        assert bench.answer_to(good).label == Recognition.UNKNOWN
        for bad in BAD_COMPRESSED:
            bench.send_what_is_refused(bad.message, bad.name)
        kinds = [bad.kind for bad in BAD_COMPRESSED]
        assert bench.statistics.counts().refused == {kind: kinds.count(kind) for kind in kinds}
        assert bench.answer_to(good).label == Recognition.UNKNOWN

    def test_an_encoder_that_fails_once_is_shown_whole_and_survived(self, ros, capfd) -> None:
        class Failing(FakeBackbone):
            broken = False

            def encode_images(self, images):
                if self.broken:
                    self.broken = False
                    raise RuntimeError("out of memory")
                return super().encode_images(images)

        backbone = Failing()
        bench = RecognitionBench(ros, with_backbone(backbone))
        bench.show(picture("red"))
        bench.hear_diagnostics()
        backbone.broken = True
        bench.show(picture("red"))
        assert not backbone.broken
        logged = capfd.readouterr().err
        assert "A fault in recognition; the node goes on." in logged
        assert "RuntimeError: out of memory" in logged
        assert "Traceback" in logged
        wait_for(lambda: bench.diagnostics, "diagnostics")
        assert (bench.diagnostics[-1].level, bench.diagnostics[-1].name) == (
            b"\2",
            "recognition: recognition",
        )

    def test_a_service_that_fails_by_a_bug_says_so_and_the_next_one_works(
        self, bench, monkeypatch, capfd
    ) -> None:
        monkeypatch.setattr(bench.node._recogniser, "labels", lambda: 1 / 0)
        response = bench.call("list_labels")
        assert (response.code, "see its log" in response.message) == (response.INTERNAL_ERROR, True)
        assert "ZeroDivisionError" in capfd.readouterr().err
        monkeypatch.undo()
        assert bench.call("list_labels").code == 0


class TestServices:
    def test_all_of_them_over_the_middleware(self, bench) -> None:
        show_scene(bench, "red")
        assert bench.call("register", label="cup").stored == 4
        images = [image_from_frame(picture("green", n), Header()) for n in range(3)]
        assert bench.call("register", label="leaf", images=images).stored == 3
        assert bench.call("relabel", label="cup", new_label="mug").moved == 4
        assert bench.call("set_prompts", labels=["sky"], prompts=["something blue"]).code == 0
        assert [info.label for info in bench.call("list_labels").labels] == ["leaf", "mug", "sky"]
        assert bench.call("forget", label="leaf").removed == 3
        assert bench.call("undo").what == "forgot 'leaf' (3 examples)"
        assert bench.call("redo").what == "forgot 'leaf' (3 examples)"
        assert bench.call("forget", label="leaf").code == 2
        shot = bench.call("snapshot", name="desk")
        assert (shot.code, shot.path.endswith("/vfrt/snapshots/desk")) == (0, True)
        assert bench.call("register", label="").code == 1

    def test_nothing_in_view(self, bench) -> None:
        response = bench.call("register", label="cup")
        assert (response.code, response.message) == (
            response.NO_FRAMES, "There is no recent frame to learn from: is the camera running?",
        )  # fmt: skip
        bench.show(plain("red"))
        response = bench.call("register", label="cup")
        assert (response.code, response.rejected) == (response.ALL_REJECTED, 1)

    def test_memory_info_is_there_for_who_comes_late_and_follows_every_change(self, ros, bench) -> None:
        bench.call("set_prompts", labels=["cat", "dog"], prompts=[])
        late: list = []
        bench.hear(type(bench.infos[0]), names.MEMORY_INFO, qos.memory_info(), late.append)
        wait_for(lambda: late, "the last memory info")
        info = late[0]
        assert (info.version, info.encoder_id, info.dimension) == (1, "fake", FakeBackbone.dim)
        assert info.fingerprint == FakeBackbone().fingerprint
        assert [(label.label, label.prompts) for label in info.labels] == [("cat", 1), ("dog", 1)]
        bench.call("forget", label="cat")
        wait_for(lambda: late[-1].version == 2, "news of the memory")
        bench.set(open_set=False)
        wait_for(lambda: late[-1].labels[0].threshold == 0.0, "news of the threshold")


class TestParameters:
    def test_a_good_value_counts_from_the_next_frame(self, bench) -> None:
        bench.call("set_prompts", labels=["red", "blue", "green"], prompts=[])
        assert len(bench.show(picture("red")).candidates) == 3
        assert bench.set(k_candidates=2, alpha_fusion=0.5)[1].successful
        assert len(bench.show(picture("red")).candidates) == 2
        assert bench.node.get_parameter("alpha_fusion").value == 0.5

    def test_a_whole_number_is_a_number(self, bench) -> None:
        assert bench.set(alpha_fusion=1, publish_rate_limit=100)[0].successful
        value = bench.node.get_parameter("alpha_fusion").value
        assert (value, type(value)) == (1.0, float)
        assert bench.node.settings.alpha_fusion == 1.0

    REFUSED: ClassVar = {
        "out of range": ({"alpha_fusion": 1.5}, "out of range Min: 0.0, Max: 1.0, value: 1.5"),
        "out of range, whole": ({"alpha_fusion": 2}, "out of range Min: 0.0, Max: 1.0, value: 2.0"),
        "on the open bound": ({"temporal_ema": 1.0}, "in [0, 1)"),
        "another type": ({"k": "many"}, "expected 'Type.INTEGER' got 'Type.STRING'"),
        "no choice": ({"fuse": "early"}, "one of calibrated, late"),
        "a template without a label": ({"prompt_templates": ["a thing"]}, "{label}"),
        "unknown": ({"alfa_fusion": 0.5}, "Unknown parameter 'alfa_fusion'. Did you mean 'alpha_fusion'?"),
        "only at the start": ({"backbone": "embedded"}, "read-only"),
    }

    @pytest.mark.parametrize(("values", "words"), REFUSED.values(), ids=REFUSED.keys())
    def test_a_bad_value_is_refused_in_words_and_changes_nothing(self, bench, values, words) -> None:
        before = bench.node.settings
        result = bench.set(**values)[0]
        assert not result.successful
        assert words in result.reason
        assert bench.node.settings == before
        assert bench.set(k=3)[0].successful, "the node goes on"

    def test_several_together_are_taken_or_refused_together(self, bench) -> None:
        before = bench.node.settings
        result = bench.set_together(k=3, alpha_fusion=1.5)
        assert (result.successful, "alpha_fusion" in result.reason) == (False, True)
        assert bench.node.settings == before
        assert bench.node.get_parameter("k").value == before.k
        result = bench.set_together(k=3, kk=4)
        assert (result.successful, "'kk'" in result.reason) == (False, True)
        assert bench.node.settings == before
        assert bench.set_together(k=3, alpha_fusion=1, fuse="late").successful
        assert (bench.node.settings.k, bench.node.settings.alpha_fusion) == (3, 1.0)

    def test_templates_live(self, bench) -> None:
        bench.call("set_prompts", labels=["tomato"], prompts=[])
        before = bench.show(picture("red")).candidates[0].text_score
        assert bench.set(prompt_templates=["a red {label}"])[0].successful
        assert bench.show(picture("red")).candidates[0].text_score > before + 0.3

    def test_the_rate_limit_holds_back_and_lets_go(self, bench, monkeypatch) -> None:
        bench.show(picture("red"))
        assert bench.set(publish_rate_limit=0.01)[0].successful
        bench.show(picture("red"))
        seen = len(bench.recognitions)
        limit, verdicts = bench.channel.rate_limit, []
        allows = limit.allows
        monkeypatch.setattr(limit, "allows", lambda *given: verdicts.append(allows(*given)) or verdicts[-1])
        held = image_from_frame(picture("red"), Header())
        wait_for(lambda: bench.send(bench.stamped(held)) or len(verdicts) > 2, "frames held back")
        assert (set(verdicts), len(bench.recognitions)) == ({False}, seen)
        assert bench.set(publish_rate_limit=0.0)[0].successful
        bench.show(picture("red"))

    def test_the_clock_may_be_simulated(self, ros, bench) -> None:
        clock = bench.tester.create_publisher(Clock, "/clock", 10)
        assert bench.set(use_sim_time=True)[0].successful

        def tick() -> bool:
            clock.publish(Clock(clock=Time(sec=100)))
            return bench.node.get_clock().now().nanoseconds == 100 * 10**9

        wait_for(tick, "the simulated time")
        bench.recognitions.clear()

        def answered() -> bool:
            bench.send(image_from_frame(picture("red"), Header(stamp=Time(sec=98))))
            return bool(bench.recognitions)

        wait_for(answered, "an answer")
        latency = bench.recognitions[0].latency
        assert (latency.sec, latency.nanosec) == (2, 0)


class TestOverlay:
    @pytest.fixture
    def drawn(self, monkeypatch) -> list:
        drawn: list = []
        draw = camera_channel.draw_overlay

        def count(*arguments):
            drawn.append(arguments)
            return draw(*arguments)

        monkeypatch.setattr(camera_channel, "draw_overlay", count)
        return drawn

    KINDS: ClassVar = {
        "raw": (Image, names.OVERLAY, frame_from_image),
        "compressed": (CompressedImage, f"{names.OVERLAY}/compressed", frame_from_compressed),
    }

    @pytest.mark.parametrize(("message", "topic", "convert"), KINDS.values(), ids=KINDS.keys())
    def test_it_is_drawn_and_sent_only_while_somebody_watches(
        self, bench, drawn, message, topic, convert
    ) -> None:
        bench.show(picture("red"))
        assert drawn == []
        overlays: list = []
        watching = bench.hear(message, topic, qos.overlay(), overlays.append)

        def watched() -> bool:
            bench.show(picture("red"))
            return bool(overlays)

        wait_for(watched, "an overlay")
        stamps = [answer.header.stamp for answer in bench.recognitions]
        assert overlays[0].header.stamp in stamps
        assert overlays[0].header.frame_id == "camera_optical_frame"
        shown = convert(overlays[0])
        assert shown.shape == picture("red").shape
        assert abs(shown.astype(int) - picture("red").astype(int)).max() > 50
        bench.tester.destroy_subscription(watching)
        wait_for(lambda: not bench.channel.is_watched, "the end of the subscription")
        bench.show(picture("red"))
        bench.node._path.overlays.submit(lambda: None).result(20)
        count = len(drawn)
        bench.show(picture("red"))
        bench.node._path.overlays.submit(lambda: None).result(20)
        assert len(drawn) == count


def test_quality_of_service_is_as_promised(bench) -> None:
    from rclpy.qos import DurabilityPolicy, ReliabilityPolicy

    node = bench.tester
    expected = {
        "recognition": (ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE),
        "overlay": (ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE),
        "memory_info": (ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL),
    }
    for topic, promised in expected.items():
        wait_for(lambda topic=topic: node.get_publishers_info_by_topic(topic), topic)
        profile = node.get_publishers_info_by_topic(topic)[0].qos_profile
        assert (profile.reliability, profile.durability) == promised, topic
    image = bench.node.get_subscriptions_info_by_topic("image")[0].qos_profile
    assert image.reliability == ReliabilityPolicy.BEST_EFFORT


def test_diagnostics_come_by_themselves(bench) -> None:
    bench.show(picture("red"))
    bench.hear_diagnostics()
    wait_for(lambda: bench.diagnostics, "diagnostics", 5.0)
    values = {value.key: value.value for value in bench.diagnostics[0].values}
    assert values["encoder"] == "fake, as asked for; on cpu"
    assert int(values["recognitions"]) >= 1
