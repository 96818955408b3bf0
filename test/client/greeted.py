# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Nodes whose answers do not arrive yet, or never."""

from __future__ import annotations

import threading
from typing import Any

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future

from vfrt_msgs.srv import Undo

ADDRESS = "/listener"


class LossyClient:
    """A client in a middleware that throws the first answers away."""

    def __init__(self, lost: int) -> None:
        self.ready = True
        self.answers: list[Future] = []
        self._lost = lost

    @property
    def sent(self) -> int:
        return len(self.answers)

    def service_is_ready(self) -> bool:
        return self.ready

    def call_async(self, request: Any) -> Future:
        answer = Future()
        self.answers.append(answer)
        if self.sent > self._lost:
            answer.set_result(object())
        return answer


class LossyNode:
    """Our own node, as far as a greeting needs one."""

    def __init__(self, lost: int) -> None:
        self.client = LossyClient(lost)
        self.paths: list[str] = []
        self.destroyed: list[Any] = []

    def create_client(self, service: type, path: str) -> LossyClient:
        self.paths.append(path)
        return self.client

    def destroy_client(self, client: Any) -> None:
        self.destroyed.append(client)


class Listener:
    """A node in a context of its own that is not spun before `wake`; it counts what it was asked."""

    def __init__(self, *, parameter_services: bool) -> None:
        self.asked = 0
        self._context = Context()
        rclpy.init(args=[], context=self._context)
        self._node = rclpy.create_node(
            ADDRESS[1:], context=self._context, start_parameter_services=parameter_services
        )
        self._node.create_service(Undo, "undo", self._undo)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)

    def wake(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._executor.shutdown(2.0)
        if self._thread.is_alive():
            self._thread.join(5.0)
        self._node.destroy_node()
        self._context.try_shutdown()

    def _undo(self, request: Any, response: Any) -> Any:
        self.asked += 1
        return response
