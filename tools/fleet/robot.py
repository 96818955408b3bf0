# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A robot of the trial: a process with a recognition node, and a client that has its services do what it is told."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from tools.fleet.stand_in import stand_in
from tools.private_domain import private_domain
from vfrt_ros.client.ros_client import RosClient
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.factory import encoder_settings, identity_of
from vfrt_ros.core.memory.clock import from_seconds
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.example import Step
from vfrt_ros.core.types.operation import Operation, OperationId
from vfrt_ros.fleet.status import FleetStatus
from vfrt_ros.nodes import lifecycle, names
from vfrt_ros.nodes.conversions import image_from_frame
from vfrt_ros.nodes.recognition_node import RecognitionNode
from vfrt_ros.nodes.service_context import ServiceContext
from vfrt_ros.nodes.services import SERVICES

ADDRESS = f"/{names.RECOGNITION_NODE}"
ANSWER_SECONDS = 300.0
LABELS = [f"thing {number}" for number in range(30)]
ACKNOWLEDGE_FIRST = "acknowledge before writing"
WITHOUT_ORDER = "apply without order"
MUTANTS = (ACKNOWLEDGE_FIRST, WITHOUT_ORDER)
Mark = tuple[str, int]
"""Kind and clock of an operation, which it keeps whatever id it gets."""


@dataclass(frozen=True, slots=True)
class RobotStart:
    """The arguments of a robot's process.

    Attributes:
        folder: Its disk.
        mutant: A fault that is built in, to see that the trial finds it; empty = none.
        encoder: Whose space it teaches in, with the fake encoder under that name; None = the fake encoder's own.
    """

    name: str
    folder: Path
    url: str
    seed: int
    offset: float = 0.0
    mutant: str = ""
    encoder: EncoderIdentity | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables of its process. Shared memory that a killed process leaves would hold up the next one."""
        return {
            "ROS_DOMAIN_ID": str(private_domain()),
            "ROS_HOME": str(self.folder),
            "FASTDDS_BUILTIN_TRANSPORTS": "UDPv4",
            "VFRT_BACKBONE": "fake",
            "VFRT_MEMORY_PATH": str(self.folder / "memory.db"),
            "VFRT_FLEET_URL": self.url,
            "VFRT_FLEET_NAME": "trial",
            "VFRT_ROBOT_NAME": self.name,
        }


def run(connection: Connection, start: RobotStart) -> None:
    """The process: a node that is taught as the connection commands, until that ends, or it is killed."""
    os.environ.update(start.environment)
    start.folder.mkdir(parents=True, exist_ok=True)
    robot = _Robot(connection, start)
    quiet = ["--ros-args", "--log-level", "ERROR", "--disable-external-lib-logs"]
    lifecycle.run(robot.create, [start.name, *quiet])


class _Robot:
    """Threads: the node has its own; one more obeys, and calls the node's services through DDS."""

    def __init__(self, connection: Connection, start: RobotStart) -> None:
        self._connection, self._start = connection, start
        self._offset, self._frozen = start.offset, 0.0
        self._dice = random.Random(f"{start.seed} {os.getpid()}")
        self._numbers = np.random.default_rng(self._dice.getrandbits(32))
        self._came: dict[Mark, float] = {}
        if start.mutant == ACKNOWLEDGE_FIRST:
            self._acknowledge_first()
        elif start.mutant == WITHOUT_ORDER:
            _without_order()

    def create(self, arguments: Sequence[str]) -> RecognitionNode:
        """The node, and who obeys."""
        self._node = RecognitionNode(arguments, self._open)
        threading.Thread(target=self._obey, name="obeys", daemon=True).start()
        return self._node

    def do(self, count: int, pause: float) -> None:
        """Make operations at random; each is acknowledged to the parent as soon as the node's service has answered."""
        for _ in range(count):
            if pause:
                time.sleep(self._dice.expovariate(1 / pause))
            if self._change():
                with self._memory.lock:
                    newest = self._memory.log.newest(self._memory.robot)
                    row = self._memory.log.row(OperationId(self._memory.robot, newest))
                if row is not None:
                    self._acknowledge((row[3], row[2]))
        self._connection.send(("done",))

    def state(self) -> None:
        """Tell what it holds and how the exchange stands."""
        status = self._node.fleet_status or FleetStatus("", "")
        with self._memory.lock:
            newest = self._memory.log.robots()
            told = (self._memory.robot, self._memory.state_hash(), sum(newest.values()))
        exchange = (status.waiting, status.lag, status.trouble, status.last_refusal, bool(status.server))
        self._connection.send(("state", *told, *exchange))

    def contents(self) -> None:
        """Tell a digest of labels and prompts, and the kind and the clock of every operation."""
        with self._memory.lock:
            contents = _contents(self._memory)
        self._connection.send(("contents", *contents))

    def arrivals(self) -> None:
        """Tell when operations were first here, in seconds of the machine's monotonic clock."""
        self._connection.send(("arrivals", dict(self._came)))

    def backup(self, path: Path) -> None:
        """Write a copy of the memory."""
        path.unlink(missing_ok=True)
        self._memory.backup(path)
        self._connection.send(("backed up",))

    def clock(self, offset: float) -> None:
        """Set this machine's clock."""
        self._offset = offset

    def _open(self, settings: RecognitionSettings) -> Recogniser:
        """The node's recogniser, whose memory goes by this robot's clock."""
        encoder = self._start.encoder
        encoders = stand_in(encoder) if encoder else load_encoders(**encoder_settings(settings))
        path = Path(settings.memory_path)
        self._memory = Memory(identity_of(encoders.backbone), path, clock=self._now)
        self._newest = self._memory.log.robots()
        self._memory.listen(self._follow)
        return Recogniser(settings, encoders=encoders, memory=self._memory)

    def _now(self) -> float:
        return self._frozen or time.time() + self._offset

    def _obey(self) -> None:
        try:
            with RosClient(self._start.name) as self._client:
                self._client.poll(self._is_ready, time.monotonic() + ANSWER_SECONDS)
                self._call("list_labels")
                self._connection.send(("ready",))
                while True:
                    command = self._connection.recv()
                    getattr(self, command[0])(*command[1:])
        except EOFError:
            return
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    def _is_ready(self) -> bool:
        return self._client.is_there(ADDRESS) and self._client.is_ready(ADDRESS, SERVICES["list_labels"][0])

    def _call(self, name: str, **fields: Any) -> bool:
        """Whether a service of the node says that it was done; else there was nothing to undo, or no such label."""
        service = SERVICES[name][0]
        answer = self._client.call(ADDRESS, service, service.Request(**fields), ANSWER_SECONDS)
        return bool(answer.code == answer.OK)

    def _change(self) -> bool:
        """One change; whether it was made."""
        dice, label = self._dice, self._dice.choice(LABELS)
        with self._memory.lock:
            labels, examples = self._memory.labels, self._memory.examples()
        what = dice.random()
        if what < 0.6 or not examples:
            pictures = [self._picture() for _ in range(dice.randint(1, 3))]
            return self._call("register", label=label, images=pictures)
        if what < 0.73:
            return self._call("set_prompts", labels=[label], prompts=[f"a {dice.getrandbits(16)} {label}"])
        if what < 0.83:
            return self._call("relabel", label=dice.choice(labels), new_label=label)
        if what < 0.91:
            return self._call("forget_examples", examples=[str(dice.choice(examples).id)])
        if what < 0.93:
            return self._call("forget", label=dice.choice(labels))
        return self._call("undo" if what < 0.98 else "redo")

    def _picture(self) -> Image:
        """One that is like no other."""
        cells = self._numbers.integers(0, 256, (4, 4, 3), np.uint8)
        return image_from_frame(cv2.resize(cells, (64, 64), interpolation=cv2.INTER_NEAREST), Header())

    def _acknowledge(self, mark: Mark) -> None:
        self._connection.send(("ack", mark, time.monotonic()))

    def _follow(self, step: Step) -> None:
        now, newest = time.monotonic(), self._memory.log.robots()
        for robot, number in newest.items():
            for each in range(self._newest.get(robot, 0) + 1, number + 1):
                row = self._memory.log.row(OperationId(robot, each))
                if row is not None:
                    self._came.setdefault((row[3], row[2]), now)
        self._newest = newest

    def _acknowledge_first(self) -> None:
        """A mutant: a registration is said to be done, and then it is written."""
        service, register = SERVICES["register"]

        def early(context: ServiceContext, request: Any, response: Any) -> str:
            with self._memory.lock:
                self._frozen = self._now()
                newest = max((row[2] for row in self._memory.log.rows()), default=0)
                self._acknowledge(("teach", max(newest + 1, from_seconds(self._frozen))))
                time.sleep(0.2)
                try:
                    return register(context, request, response)
                finally:
                    self._frozen = 0.0

        SERVICES["register"] = (service, early)


def _contents(memory: Memory) -> tuple[str, list[Mark]]:
    digest = hashlib.sha256()
    for example in memory.examples():
        digest.update(f"{example.id} {example.label}\n".encode() + example.embedding.tobytes())
    digest.update(repr(sorted(memory.prompts.items())).encode())
    return digest.hexdigest(), [(row[3], row[2]) for row in memory.log.rows()]


def _without_order() -> None:
    """A mutant: what came last wins, and not what was done last."""
    arrived: dict[OperationId, int] = {}

    def order(operation: Operation) -> tuple[int, str, int]:
        return arrived.setdefault(operation.id, len(arrived)), "", 0

    setattr(Operation, "order", property(order))  # noqa: B010
