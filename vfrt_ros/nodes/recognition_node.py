# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`/recognition`: frames in, recognitions out, taught by services while it runs."""

from __future__ import annotations

if __name__ == "__main__":
    from vfrt_ros.middleware import exit_without_middleware
    from vfrt_ros.nodes.stop_signals import end_at_once

    end_at_once()
    exit_without_middleware()

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from std_msgs.msg import Header

from vfrt_msgs.msg import MemoryInfo
from vfrt_ros.core.config.live_settings import check_live
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.report.snapshot import snapshot_folder
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.errors import EncoderError, RequestError, VfrtError
from vfrt_ros.core.types.example import Step
from vfrt_ros.core.types.job import Job, outcome
from vfrt_ros.core.worker.frame_worker import NewestWorker
from vfrt_ros.core.worker.watched_worker import JOB_PATIENCE
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.awaitable import awaitable
from vfrt_ros.nodes.camera_channel import Arrival, CameraChannel
from vfrt_ros.nodes.diagnostics import Diagnostics, Work
from vfrt_ros.nodes.fleet_link import FleetLink
from vfrt_ros.nodes.frame_path import FramePath
from vfrt_ros.nodes.lifecycle import run
from vfrt_ros.nodes.messages import memory_info_message
from vfrt_ros.nodes.object_channel import Boxed
from vfrt_ros.nodes.parameters import accept_live_changes
from vfrt_ros.nodes.qos_mismatch import publisher_events
from vfrt_ros.nodes.rivals import Rivals
from vfrt_ros.nodes.same_service import refuse_shared
from vfrt_ros.nodes.self_starting_node import SelfStartingNode
from vfrt_ros.nodes.service_context import ServiceContext
from vfrt_ros.nodes.services import BESIDE_THE_WORKER, SERVICES, answer, refuse
from vfrt_ros.nodes.transport import make_room_for_images

if TYPE_CHECKING:
    from vfrt_ros.fleet.status import FleetStatus

_WATCH_S = 0.5


class NotActiveError(VfrtError):
    """The node is not configured and active."""

    code = "NOT_ACTIVE"


class InternalError(VfrtError):
    """A fault of ours, told to the caller; the log shows it whole."""

    code = "INTERNAL_ERROR"


class RecognitionNode(SelfStartingNode):
    """Glue between topics, services, parameters and one `Recogniser`.

    Each camera has a channel with topics of its own and a slot of its own at the worker, which takes the full slot that
    it served longest ago.

    Threads: the executor's thread only hands over. The worker owns the recogniser: it encodes, decides,
    publishes, and carries out services and parameter changes between frames. A second worker draws the
    overlay, a third answers the services that carry much and takes its turn at the first one for what they
    read and write.

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
        self._path: FramePath | None = None
        self._bulk_worker: NewestWorker[None] | None = None
        self._active = threading.Event()
        self._changing = threading.Lock()
        self._fleet = FleetLink()
        cameras = self.settings.cameras or ("",)
        self._channels = {
            camera: CameraChannel(
                self,
                camera,
                self._hand_over,
                self._hand_over_boxes,
                [name for name in cameras if name != camera],
            )
            for camera in cameras
        }
        self._memory_infos = self.create_publisher(
            MemoryInfo,
            names.MEMORY_INFO,
            qos.alive_memory_info(),
            event_callbacks=publisher_events(self, names.MEMORY_INFO),
        )
        self._rivals = Rivals(self, "register", names.MEMORY_INFO)
        statistics = {camera: channel.statistics for camera, channel in self._channels.items()}
        self._diagnostics = Diagnostics(self, statistics, self.faults, self._work)
        self.create_timer(_WATCH_S, self._watch, clock=Clock(clock_type=ClockType.STEADY_TIME))
        group = ReentrantCallbackGroup()
        for name, (service, _) in SERVICES.items():
            self.create_service(service, name, partial(self._serve, name), callback_group=group)
        accept_live_changes(self, self.settings.parameters(), self._apply_changes)

    def configure(self) -> None:
        """Load the encoder and the memory; start the workers."""
        started = time.monotonic()
        self._fleet.check(self.settings)
        self._snapshots = snapshot_folder(self.settings.snapshot_dir)
        self.get_logger().info("Loading the encoder …")
        self._recogniser = self._create(self.settings)
        self.live = self._recogniser.live
        self._recogniser.memory.listen(self._follow_memory)
        self._path = FramePath(
            self._recogniser, self._active.is_set, self.faults, self._seconds, self._report_hang
        )
        self._bulk_worker = NewestWorker(
            lambda nothing: None, partial(self.faults.report, "a service"), name="bulk"
        )
        self._fleet.start(self._recogniser, self._path.frames.submit)
        path = self._recogniser.memory.path
        self.get_logger().info(
            f"Ready in {time.monotonic() - started:.1f} s with the encoder {self._recogniser.encoders.note}; "
            f"memory {path or 'in RAM only'}: "
            f"{counted(len(self._recogniser.memory), 'example')}, "
            f"{counted(len(self._recogniser.memory.labels), 'label')}."
        )

    def activate(self) -> None:
        """Listen to the image topics."""
        recogniser = _configured(self._recogniser)
        for camera in self._channels:
            recogniser.restart_view(camera)
        self._active.set()
        for channel in self._channels.values():
            channel.start(compressed=self.settings.image_transport == "compressed")
        self._publish_memory()

    def deactivate(self) -> None:
        """Stop listening; what was not begun is dropped."""
        self._active.clear()
        for channel in self._channels.values():
            channel.stop()
        if self._path is not None:
            self._path.frames.clear()

    def cleanup(self) -> None:
        """End the exchange with the fleet and the workers, and close the memory."""
        self._fleet.stop()
        # The path first: the bulk worker may be waiting for its turn there.
        for worker in (self._path, self._bulk_worker):
            if worker is not None:
                worker.stop()
        self._path = self._bulk_worker = None
        if self._recogniser is not None:
            self._recogniser.close()
            self._recogniser = None
        for channel in self._channels.values():
            channel.latest = channel.objects.latest = None

    def _seconds(self) -> float:
        """Of the node's clock."""
        return float(self.get_clock().now().nanoseconds / 1e9)

    def _hand_over(self, arrival: Arrival) -> None:
        if self._path is not None:
            self._path.put(arrival)

    def _hand_over_boxes(self, boxed: Boxed) -> None:
        if self._path is not None:
            self._path.put_boxes(boxed)

    @property
    def fleet_status(self) -> FleetStatus | None:
        """How the exchange with the fleet stands; None = there is no fleet."""
        return self._fleet.status

    def refusal_of_changes(self) -> str:
        """Why parameters cannot be set: a second node of this full name would take them too."""
        own = self.get_fully_qualified_name()
        return refuse_shared(f"{own}/set_parameters", own, [own]) if own in self._rivals.look() else ""

    async def _serve(self, name: str, request: Any, response: Any) -> Any:
        """Hand a request to the worker and wait for its answer without holding the executor."""
        path, bulk_worker, recogniser = self._path, self._bulk_worker, self._recogniser
        if path is None or bulk_worker is None or recogniser is None or not self._active.is_set():
            return refuse(
                response,
                NotActiveError(f"{self.get_fully_qualified_name()} is not active: activate it first."),
            )
        if others := self._rivals.look():
            what = self.resolve_service_name(name)
            return refuse(
                response, RequestError(refuse_shared(what, self.get_fully_qualified_name(), others))
            )
        context = ServiceContext(
            recogniser,
            lambda camera: self._channels[camera].newest,
            self._snapshots,
            lambda camera: self._channels[camera].silence.told,
        )
        if name in BESIDE_THE_WORKER:
            context = replace(context, turn=lambda job: path.frames.submit(job).result())
        who = bulk_worker if name in BESIDE_THE_WORKER else path.frames
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
            path, recogniser = self._path, self._recogniser
            if path is None or recogniser is None:
                self.live.put_in_force(settings)
                return
            try:
                self._wait_for(path.frames.submit(lambda: recogniser.configure(**changes)))
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

    def _watch(self) -> None:
        for channel in self._channels.values():
            channel.silence.look(time.monotonic())
        if self._path is not None:
            self._path.frames.watch(self.settings.encoder_timeout)

    def _report_hang(self, seconds: float) -> None:
        if seconds:
            self.get_logger().error(
                f"The encoder has given no answer for {seconds:.0f} s. It is tried again with the next frame; "
                "if it stays silent, deactivate, cleanup and configure load it anew."
            )
        else:
            self.get_logger().info("The encoder answers again.")

    def _work(self, camera: str) -> Work:
        worker, channel = self._path.frames if self._path else None, self._channels[camera]
        dropped, hung = (worker.dropped_of(camera), worker.hung) if worker is not None else (0, 0.0)
        return Work(
            self._recogniser,
            channel.latest,
            self._active.is_set(),
            dropped,
            hung,
            channel.why_silent(),
            channel.silence.period,
            channel.losses.look(),
            self._rivals.named(),
            self.fleet_status,
            channel.objects.faults,
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
