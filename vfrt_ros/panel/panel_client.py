# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""All that the panel knows of a running system: one client of its nodes for every browser session."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import CompressedImage

from vfrt_msgs import srv
from vfrt_msgs.msg import MemoryInfo, RecognisedObjects, Recognition
from vfrt_ros.bringup import full_name
from vfrt_ros.client.camera_topics import camera_of
from vfrt_ros.client.domain import domain_id
from vfrt_ros.client.errors import ClientError
from vfrt_ros.client.patience import CALL_SECONDS
from vfrt_ros.client.ros_client import RosClient
from vfrt_ros.launch_arguments import CAMERA
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.fleet_values import told_fleet
from vfrt_ros.nodes.loss_values import told_loss
from vfrt_ros.panel.browser_source import BrowserSource
from vfrt_ros.panel.ice_server import IceServer
from vfrt_ros.panel.node_watch import NodeState, NodeWatch
from vfrt_ros.panel.parameter_mirror import ParameterMirror
from vfrt_ros.panel.picture_stream import PictureStream
from vfrt_ros.panel.recognition_feed import ObjectsFeed, RecognitionFeed

LOOK_SECONDS = 1.0
"""Between two looks for cameras whose topics were not heard of yet."""


class PanelClient:
    """Watches a recognition node and the camera beside it; a context manager, usable from any thread.

    Attributes:
        recognition, camera: The state of the two nodes; see `camera_of` for several cameras.
        parameters: Of the recognition node.
        feed: What it recognises; see `feed_of` for several cameras.
        objects: The objects in view; see `objects_of`.
        pictures: Its overlay; see `pictures_of`.
        browser: A browser's camera in the place of the camera node.
    """

    def __init__(self, address: str, ice_servers: Sequence[IceServer] = ()) -> None:
        """
        Args:
            address: Full name of the recognition node, like `/robot1/recognition`.
            ice_servers: By which a browser's camera and the panel find each other; none = in one network.
        """
        self.ice_servers = tuple(ice_servers)
        self.address = address
        self._namespace = address.rpartition("/")[0]
        self._stack = ExitStack()
        self._link = RosClient("vfrt_panel", "The panel")
        self._memory: MemoryInfo | None = None
        self._lost = ""
        self._fleet: list[str] = []
        self._subscriptions: dict[str, Any] = {}
        self._making = threading.Lock()
        self.feed = RecognitionFeed()
        self.objects = ObjectsFeed()
        self.recognition = NodeWatch(self._link, address, self._came)
        self.camera = NodeWatch(self._link, full_name(self._namespace, CAMERA.name))
        self.browser = BrowserSource(
            self._link, address, full_name(self._namespace, names.IMAGE_RAW), self.camera
        )
        self.parameters = ParameterMirror(self._link, address)
        self.pictures = PictureStream(self._link, partial(self._picture_topic, ""))
        self._feeds = {"": self.feed}
        self._objects = {"": self.objects}
        self._pictures = {"": self.pictures}
        self._cameras = {"": self.camera}

    def __enter__(self) -> PanelClient:
        self._stack.enter_context(self._link)
        self._link.do(self._settle)
        self._link.every(LOOK_SECONDS, self._hear_cameras)
        self._link.subscribe(DiagnosticArray, names.DIAGNOSTICS, self._diagnose, qos.diagnostics())
        self.parameters.start()
        self._stack.callback(self.parameters.close)
        self.recognition.start()
        self.camera.start()
        self.browser.start()
        self._stack.callback(self.browser.close)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def call(self, service: str, seconds: float = CALL_SECONDS, **fields: Any) -> Any:
        """The recognition node's answer.

        Args:
            service: Name of the service type in `vfrt_msgs.srv`.
            fields: Of the request.

        Raises:
            ClientError: The node is not there, has no such service or gives no answer in time.
        """
        kind = getattr(srv, service)
        return self._link.call(self.address, kind, kind.Request(**fields), seconds)

    @property
    def cameras(self) -> list[str]:
        """The names of the node's cameras; none = one without a name."""
        entries = [entry for entry in self.parameters.entries() if entry.name == "cameras"]
        return [str(name) for entry in entries for name in entry.value]

    def feed_of(self, camera: str) -> RecognitionFeed:
        """The feed of what is recognised on a camera; empty = the only one."""
        with self._making:
            return self._feeds.setdefault(camera, RecognitionFeed())

    def objects_of(self, camera: str) -> ObjectsFeed:
        """The objects in view of a camera; empty = the only one."""
        with self._making:
            return self._objects.setdefault(camera, ObjectsFeed())

    def pictures_of(self, camera: str) -> PictureStream:
        """The overlay of a camera; empty = the only one."""
        with self._making:
            if camera not in self._pictures:
                self._pictures[camera] = PictureStream(self._link, partial(self._picture_topic, camera))
            return self._pictures[camera]

    def camera_of(self, camera: str) -> NodeWatch:
        """The state of the node of a camera; empty = the only one."""
        with self._making:
            if camera not in self._cameras:
                known = NodeWatch(self._link, full_name(f"{self._namespace}/{camera}", CAMERA.name))
                known.start()
                self._cameras[camera] = known
            return self._cameras[camera]

    def end_pictures(self) -> None:
        """Wake all who watch pictures for the last time; from any thread, also from a signal handler."""
        for pictures in tuple(self._pictures.values()):  # more may come meanwhile
            pictures.end()

    @property
    def memory(self) -> MemoryInfo | None:
        """The newest memory_info; None = the node has sent none."""
        return self._memory if self.recognition.answers else None

    @property
    def lost(self) -> str:
        """A sentence on the frames that get lost on the way, with the cure; empty = none to speak of."""
        return self._lost if self.recognition.answers else ""

    @property
    def fleet(self) -> list[str]:
        """How the exchange with the node's fleet stands, in sentences; [] = it is in none."""
        return self._fleet if self.recognition.answers else []

    @property
    def labels(self) -> list[str]:
        """All labels that memory or prompts know, sorted."""
        memory = self.memory
        return [info.label for info in memory.labels] if memory else []

    def what_to_do(self) -> str:
        """Where the node cannot be spoken to: what to start, in Markdown; else an empty text."""
        if self.recognition.answers:
            return ""
        if self.recognition.state is NodeState.SILENT:
            return (
                f"`{self.address}` is known here but gives no answer: it was killed, hangs, or is still starting. "
                "If it does not come back, end it and start it again with `vfrt live`."
            )
        try:
            others = [name for name in self._link.like(self.address) if name != self.address]
        except ClientError as error:
            return str(error)
        if others:
            return f"There is no `{self.address}`, but `{others[0]}`: start `vfrt panel --node {others[0]}`."
        return (
            f"There is no node `{self.address}` in ROS_DOMAIN_ID {domain_id()}. Start it with `vfrt live` or "
            "`ros2 launch vfrt_ros live.launch.py`, or start this panel with the ROS_DOMAIN_ID of its shell."
        )

    def _came(self) -> None:
        self._memory, self._fleet = None, []
        self.parameters.refresh()
        self._settle()
        for pictures in tuple(self._pictures.values()):
            pictures.settle()

    def _settle(self) -> None:
        """Listen where the node publishes now, by type; where it is not there, by the usual names."""
        self._hear_cameras()
        # A late joiner gets the memory's state, so that is asked for anew.
        self._hear(MemoryInfo, names.MEMORY_INFO, qos.memory_info(), self._remember, anew=True)

    def _hear_cameras(self) -> None:
        """Listen to every camera; their topics are heard of one after another."""
        self._hear(Recognition, names.RECOGNITION, qos.recognition(), self._take)
        self._hear(RecognisedObjects, names.OBJECTS, qos.recognition(), self._take_objects)

    def _hear(
        self, message: type, name: str, profile: Any, take: Callable[[Any], None], *, anew: bool = False
    ) -> None:
        topics = self._link.topics_of(self.address, message) or [full_name(self._namespace, name)]
        before = self._subscriptions.get(name, {})
        kept = {topic: before[topic] for topic in topics if topic in before and not anew}
        for topic, subscription in before.items():
            if topic not in kept:
                self._link.unsubscribe(subscription)
        new = [topic for topic in topics if topic not in kept]
        self._subscriptions[name] = kept | {
            topic: self._link.subscribe(message, topic, take, profile) for topic in new
        }

    def _picture_topic(self, camera: str) -> str:
        name = f"{names.OVERLAY}/{names.COMPRESSED}"
        topics = self._link.topics_of(self.address, CompressedImage)
        of = {camera_of(topic, name, self._namespace): topic for topic in topics}
        usual = full_name(self._namespace, names.of_camera(camera, name))
        return of.get(camera, usual) if camera else next(iter(topics), usual)

    def _take_objects(self, objects: RecognisedObjects) -> None:
        self.objects_of(objects.camera).take(objects)

    def _take(self, recognition: Recognition) -> None:
        self.recognition.sign_of_life()
        self.feed_of(recognition.camera).take(recognition)

    def _diagnose(self, diagnostics: DiagnosticArray) -> None:
        if (told := told_loss(diagnostics.status, self.address)) is not None:
            self._lost = str(told)
        if (fleet := told_fleet(diagnostics.status, self.address)) is not None:
            self._fleet = fleet

    def _remember(self, memory: MemoryInfo) -> None:
        self._memory = memory
