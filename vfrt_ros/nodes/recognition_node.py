# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`/recognition`: frames in, recognitions out, taught by services while it runs."""

from __future__ import annotations

if __name__ == "__main__":
    from vfrt_ros.nodes.stop_signals import end_at_once

    end_at_once()

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from vfrt_msgs.msg import MemoryInfo, Recognition
from vfrt_ros.core.config.live_settings import check_live
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.frames.image_reader import ImageReader
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.report.overlay import Pace, draw_overlay
from vfrt_ros.core.report.snapshot import snapshot_folder
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.errors import EncoderError, FrameError, RequestError, VfrtError
from vfrt_ros.core.types.example import Step
from vfrt_ros.core.types.job import Job, outcome
from vfrt_ros.core.worker.frame_worker import NewestWorker
from vfrt_ros.core.worker.watched_worker import JOB_PATIENCE, WatchedWorker
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.awaitable import awaitable
from vfrt_ros.nodes.conversions import (
    compressed_from_frame,
    image_from_frame,
)
from vfrt_ros.nodes.diagnostics import Diagnostics, Work
from vfrt_ros.nodes.image_subscription import ImageSubscription
from vfrt_ros.nodes.image_topics import explain_silence
from vfrt_ros.nodes.lifecycle import SelfStartingNode, run
from vfrt_ros.nodes.loss_watch import LossWatch
from vfrt_ros.nodes.messages import memory_info_message, recognition_message
from vfrt_ros.nodes.parameters import accept_live_changes
from vfrt_ros.nodes.qos_mismatch import publisher_events
from vfrt_ros.nodes.result import Result
from vfrt_ros.nodes.rivals import Rivals
from vfrt_ros.nodes.same_service import refuse_shared
from vfrt_ros.nodes.service_context import ServiceContext
from vfrt_ros.nodes.services import BESIDE_THE_WORKER, SERVICES, answer, refuse
from vfrt_ros.nodes.silence_watch import SilenceWatch
from vfrt_ros.nodes.statistics import Statistics
from vfrt_ros.nodes.transport import make_room_for_images

_WATCH_S = 0.5


class NotActiveError(VfrtError):
    """The node is not configured and active."""

    code = "NOT_ACTIVE"


class InternalError(VfrtError):
    """A fault of ours, told to the caller; the log shows it whole."""

    code = "INTERNAL_ERROR"


@dataclass(frozen=True, slots=True)
class _Arrival:
    """An image message and when it came: `seconds` of the node's clock, `monotonic` seconds."""

    message: Any
    seconds: float
    monotonic: float


class RecognitionNode(SelfStartingNode):
    """Glue between topics, services, parameters and one `Recogniser`.

    Threads: the executor's thread only hands over. The worker owns the recogniser: it encodes, decides,
    publishes, and carries out services and parameter changes between frames. A second worker draws the
    overlay, a third answers the services that carry much and takes its turn at the first one for what they
    read and write. `_latest` is written by the first worker and read by all, one reference at a time.

    Args:
        arguments: The command line that it was started with.
        create: Makes the recogniser; tests give one with a fake encoder.
    """

    def __init__(
        self,
        arguments: Sequence[str] | None = None,
        create: Callable[[RecognitionSettings], Recogniser] = Recogniser,
    ) -> None:
        super().__init__(names.RECOGNITION_NODE, RecognitionSettings, arguments)
        self._create = create
        self._recogniser: Recogniser | None = None
        self._worker: WatchedWorker[_Arrival] | None = None
        self._overlay_worker: NewestWorker[Result] | None = None
        self._bulk_worker: NewestWorker[None] | None = None
        self._subscription: ImageSubscription | None = None
        self._latest: Result | None = None
        self._reader = ImageReader()
        self._active = threading.Event()
        self._statistics = Statistics()
        self._losses = LossWatch(self)
        self._due = 0.0
        self._changing = threading.Lock()
        self._topic = ""
        self._silence = SilenceWatch(self._tell_silence)
        self._recognitions = self._output(Recognition, names.RECOGNITION, qos.recognition())
        self._overlays = self._output(Image, names.OVERLAY, qos.overlay())
        small = names.compressed(self, names.OVERLAY)
        self._small_overlays = self._output(CompressedImage, small, qos.overlay())
        self._memory_infos = self.create_publisher(
            MemoryInfo,
            names.MEMORY_INFO,
            qos.memory_info(),
            event_callbacks=publisher_events(self, names.MEMORY_INFO),
        )
        self._rivals = Rivals(self, "register")
        self._diagnostics = Diagnostics(self, self._statistics, self.faults, self._work)
        self.create_timer(_WATCH_S, self._watch, clock=Clock(clock_type=ClockType.STEADY_TIME))
        group = ReentrantCallbackGroup()
        for name, (service, _) in SERVICES.items():
            self.create_service(service, name, partial(self._serve, name), callback_group=group)
        accept_live_changes(self, self.settings.parameters(), self._apply_changes)

    def configure(self) -> None:
        """Load the encoder and the memory; start the workers."""
        started = time.monotonic()
        self._snapshots = snapshot_folder(self.settings.snapshot_dir)
        self.get_logger().info("Loading the encoder …")
        self._recogniser = self._create(self.settings)
        self.live = self._recogniser.live
        self._recogniser.memory.listen(self._follow_memory)
        self._worker = WatchedWorker(
            self._recognise, partial(self.faults.report, "recognition"), self._report_hang, name="recognise"
        )
        self._overlay_worker = NewestWorker(
            self._paint, partial(self.faults.report, "the overlay"), name="overlay"
        )
        self._bulk_worker = NewestWorker(
            lambda nothing: None, partial(self.faults.report, "a service"), name="bulk"
        )
        path = self._recogniser.memory.path
        self.get_logger().info(
            f"Ready in {time.monotonic() - started:.1f} s with the encoder {self._recogniser.encoders.note}; "
            f"memory {path or 'in RAM only'}: "
            f"{counted(len(self._recogniser.memory), 'example')}, "
            f"{counted(len(self._recogniser.memory.labels), 'label')}."
        )

    def activate(self) -> None:
        """Listen to the image topic."""
        _configured(self._recogniser).restart_view()
        self._active.set()
        self._reader = ImageReader(self.get_logger().info)
        compressed = self.settings.image_transport == "compressed"
        topic = names.compressed(self, names.IMAGE) if compressed else names.IMAGE
        kind = CompressedImage if compressed else Image
        listen = partial(self._losses.listen, topic, self._receive)
        self._subscription = ImageSubscription(self, kind, topic, listen)
        self._topic = self.resolve_topic_name(topic)
        self._silence.start(time.monotonic())
        self._publish_memory()

    def deactivate(self) -> None:
        """Stop listening; what was not begun is dropped."""
        self._active.clear()
        self._silence.stop()
        if self._subscription is not None:
            self._subscription.end()
            self._subscription = None
        if self._worker is not None:
            self._worker.clear()

    def cleanup(self) -> None:
        """End the workers and close the memory."""
        # The first one first: the bulk worker may be waiting for its turn there.
        for worker in (self._worker, self._overlay_worker, self._bulk_worker):
            if worker is not None:
                worker.stop()
        self._worker = self._overlay_worker = self._bulk_worker = None
        if self._recogniser is not None:
            self._recogniser.close()
            self._recogniser = None
        self._latest = None

    def _output(self, message: type, topic: str, profile: QoSProfile) -> Any:
        return self.create_publisher(
            message,
            topic,
            profile,
            qos_overriding_options=qos.overridable(),
            event_callbacks=publisher_events(self, topic),
        )

    def _receive(self, message: Image | CompressedImage) -> None:
        self._statistics.received()
        self._silence.arrived(time.monotonic())
        if self._worker is not None:
            seconds = self.get_clock().now().nanoseconds / 1e9
            self._worker.put(_Arrival(message, seconds, time.monotonic()))

    def _recognise(self, arrival: _Arrival) -> None:
        """One frame, in the worker's thread."""
        recogniser, worker = self._recogniser, self._worker
        if recogniser is None or worker is None or not self._active.is_set():
            return
        if not self._is_due(arrival):
            self._statistics.held_back()
            return
        message = arrival.message
        try:
            frame = self._reader.read(message, max_megapixels=self.settings.max_megapixels)
        except FrameError as error:
            self._refuse(error)
            return
        stamp = message.header.stamp
        seconds = stamp.sec + stamp.nanosec / 1e9 or arrival.seconds
        observation = recogniser.observe(frame, seconds)
        if not worker.is_current:
            return  # given up on as hung: another thread has gone on meanwhile
        worker.answered()
        decision = recogniser.decide(observation)
        fps = self._statistics.recognised(time.monotonic(), known=decision.known)
        pace = Pace(fps, self.get_clock().now().nanoseconds / 1e9 - seconds)
        result = Result(frame, message.header, decision, pace, worker.dropped)
        self._recognitions.publish(recognition_message(result))
        self._latest = result
        if self._overlay_worker is not None and self._is_watched():
            self._overlay_worker.put(result)

    def _is_due(self, arrival: _Arrival) -> bool:
        """Whether `publish_rate_limit` allows this frame; a frame that is early by jitter is let through."""
        limit = self.settings.publish_rate_limit
        if limit <= 0:
            return True
        if arrival.monotonic < self._due - 0.1 / limit:
            return False
        # In step with the limit while frames come; from this frame on after a pause.
        following = self._due + 1 / limit
        self._due = following if following > arrival.monotonic else arrival.monotonic + 1 / limit
        return True

    def _is_watched(self) -> bool:
        return bool(self._overlays.get_subscription_count() or self._small_overlays.get_subscription_count())

    def _paint(self, result: Result) -> None:
        """The overlay of one result, in the overlay worker's thread."""
        picture = draw_overlay(result.frame, result.decision, result.pace, result.note)
        if self._overlays.get_subscription_count():
            self._overlays.publish(image_from_frame(picture, result.header))
        if self._small_overlays.get_subscription_count():
            self._small_overlays.publish(compressed_from_frame(picture, result.header))

    def _refuse(self, error: FrameError) -> None:
        if self._statistics.refused(error.kind):
            self.get_logger().warning(
                f"A frame was left out ({error.kind}): {error} Others like it are counted in /diagnostics."
            )

    async def _serve(self, name: str, request: Any, response: Any) -> Any:
        """Hand a request to the worker and wait for its answer without holding the executor."""
        worker, bulk_worker, recogniser = self._worker, self._bulk_worker, self._recogniser
        if worker is None or bulk_worker is None or recogniser is None or not self._active.is_set():
            return refuse(
                response,
                NotActiveError(f"{self.get_fully_qualified_name()} is not active: activate it first."),
            )
        if others := self._rivals.others:
            what = self.resolve_service_name(name)
            return refuse(
                response, RequestError(refuse_shared(what, self.get_fully_qualified_name(), others))
            )
        context = ServiceContext(recogniser, lambda: self._latest, self._snapshots)
        if name in BESIDE_THE_WORKER:
            context = replace(context, turn=lambda job: worker.submit(job).result())
        who = bulk_worker if name in BESIDE_THE_WORKER else worker
        job = who.submit(lambda: answer(name, context, request, response))
        try:
            return await awaitable(job, self.executor)
        except CancelledError:
            return refuse(response, NotActiveError("The node was taken down before it came to this."))
        except VfrtError as error:
            return refuse(response, InternalError(str(error)))
        except Exception as error:
            self.faults.report(f"the service {name}", error)
            return refuse(response, InternalError(f"{name} failed by a fault of the node: see its log."))

    def _apply_changes(self, changes: dict[str, Any]) -> None:
        """Put live parameters in force between two frames, all or none; returns when they are."""
        with self._changing:
            settings = check_live(self.settings, changes)
            worker, recogniser = self._worker, self._recogniser
            if worker is None or recogniser is None:
                self.live.put_in_force(settings)
                return
            try:
                self._wait_for(worker.submit(lambda: recogniser.configure(**changes)))
            except CancelledError:  # The node was taken down meanwhile: the next start takes the new values.
                self.live.put_in_force(settings)
            self._follow_memory()

    def _wait_for(self, change: Job) -> None:
        """The watch ends a change that hangs, but not where this runs in the executor's thread, as the watch does."""
        seconds = JOB_PATIENCE * self.settings.encoder_timeout + 2 * _WATCH_S
        outcome(
            change, seconds, EncoderError("The encoder gives no answer: the parameters stay as they were.")
        )

    def _publish_memory(self) -> None:
        if self._recogniser is not None:
            header = Header(stamp=self.get_clock().now().to_msg())
            self._memory_infos.publish(memory_info_message(self._recogniser, header))

    def _follow_memory(self, step: Step | None = None) -> None:
        """A change that was made stays made, also where nobody can be told of it."""
        try:
            self._publish_memory()
        except Exception as error:
            self.faults.report(f"the topic {names.MEMORY_INFO}", error)

    def _tell_silence(self, seconds: float) -> None:
        self.get_logger().warning(f"No picture for {seconds:.0f} s. {explain_silence(self, self._topic)}")

    def _watch(self) -> None:
        self._silence.look(time.monotonic())
        if self._worker is not None:
            self._worker.watch(self.settings.encoder_timeout)

    def _report_hang(self, seconds: float) -> None:
        if seconds:
            self.get_logger().error(
                f"The encoder has given no answer for {seconds:.0f} s. It is tried again with the next frame; "
                "if it stays silent, deactivate, cleanup and configure load it anew."
            )
        else:
            self.get_logger().info("The encoder answers again.")

    def _work(self) -> Work:
        worker = self._worker
        dropped, hung = (worker.dropped, worker.hung) if worker is not None else (0, 0.0)
        why = explain_silence(self, self._topic) if self._silence.told else ""
        return Work(
            self._recogniser,
            self._latest,
            self._active.is_set(),
            dropped,
            hung,
            why,
            self._silence.period,
            self._losses.look(),
            self._rivals.others,
        )


def _configured(recogniser: Recogniser | None) -> Recogniser:
    """The recogniser, which the lifecycle has made before."""
    if recogniser is None:
        raise NotActiveError("The node was not configured.")
    return recogniser


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of `recognition_node`."""
    make_room_for_images(os.environ)
    sys.exit(run(RecognitionNode, args))


if __name__ == "__main__":
    main()
