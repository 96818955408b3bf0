# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""No exception in a callback ends a node, whoever caused it.

rclpy's executors let what a callback raises end their `spin`, and with it the node: also what a peer causes in
rclpy's own callbacks, by a parameter of an unknown type or a negative time on `/clock`. Here every callback of a node
is wrapped as the node is given it: subscriptions, timers, services, guard conditions and QoS events, rclpy's own among
them, so that it holds in any executor.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from rclpy.guard_condition import GuardCondition
from rclpy.node import Node
from rclpy.service import Service
from rclpy.subscription import Subscription
from rclpy.timer import Timer
from rclpy.waitable import Waitable
from rosgraph_msgs.msg import Clock

from vfrt_ros.core.types.errors import VfrtError
from vfrt_ros.nodes.faults import Faults

FAULT = "It failed by a fault of the node: see its log."
"""The answer to a caller where nothing better is known."""


class TimeError(VfrtError):
    """A clock shows a time that there is not."""


class CallbackGuard(Node):
    """Mixed into a node class before rclpy's: `class MyNode(CallbackGuard, LifecycleNode)`.

    Attributes:
        faults: What callbacks raised.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.faults = Faults(self.get_logger)
        super().__init__(*args, **kwargs)
        for service in self.services:  # those that rclpy makes by itself, for parameters and the lifecycle
            self._guard_service(service)

    def refusal_of_changes(self) -> str:
        """Why a request to set parameters is refused whatever it holds; empty = it is not."""
        return ""

    def create_subscription(self, msg_type: Any, topic: str, callback: Any, *args: Any, **kwargs: Any) -> Any:
        """See `rclpy.node.Node`."""
        if msg_type is Clock:
            callback = _only_times(callback)
        subscription: Subscription = super().create_subscription(msg_type, topic, callback, *args, **kwargs)
        subscription.callback = self._guarded(f"the topic {subscription.topic_name}", subscription.callback)
        return subscription

    def create_timer(self, *args: Any, **kwargs: Any) -> Any:
        """See `rclpy.node.Node`."""
        timer: Timer = super().create_timer(*args, **kwargs)
        name = getattr(timer.callback, "__qualname__", "")
        timer.callback = self._guarded(f"the timer {name}".rstrip(), timer.callback)
        return timer

    def create_guard_condition(self, *args: Any, **kwargs: Any) -> Any:
        """See `rclpy.node.Node`."""
        condition: GuardCondition = super().create_guard_condition(*args, **kwargs)
        condition.callback = self._guarded("a guard condition", condition.callback)
        return condition

    def create_service(self, *args: Any, **kwargs: Any) -> Any:
        """See `rclpy.node.Node`."""
        service: Service = super().create_service(*args, **kwargs)
        self._guard_service(service)
        return service

    def add_waitable(self, waitable: Waitable) -> None:
        """See `rclpy.node.Node`; QoS events are waitables with a callback."""
        if callable(callback := getattr(waitable, "callback", None)):
            waitable.callback = self._guarded("a QoS event", callback)
        super().add_waitable(waitable)

    def replace_callback(self, kind: Any, callback: Callable[..., Any]) -> Callable[..., Any]:
        """Let another callback answer a service that rclpy has made.

        Args:
            kind: Type of the service, of which there is one.
            callback: Takes request and response, returns the response or an awaitable of it.

        Returns:
            rclpy's own.
        """
        service = next(service for service in self.services if service.srv_type is kind)
        before: Callable[..., Any] = service.callback.unguarded
        service.callback = self._answering(service, callback)
        return before

    def refusal(self, service: Any, request: Any, error: Exception) -> Any:
        """The answer to a request whose callback raised.

        Args:
            service: Type of the service.
            request: What was asked.
            error: What was raised.

        Returns:
            A response of this type. Where it has no field for a reason, its defaults say that nothing was done.
        """
        response = service.Response()
        if hasattr(response, "code") and hasattr(response, "INTERNAL_ERROR"):
            response.code = response.INTERNAL_ERROR
            response.message = FAULT
        return response

    def _guarded(self, where: str, callback: Callable[..., Any]) -> Callable[..., Any]:
        """The callback, whose exceptions are reported."""
        if inspect.iscoroutinefunction(callback):

            @functools.wraps(callback)
            async def wait_for(*args: Any) -> None:
                try:
                    await callback(*args)
                except Exception as error:
                    self.faults.report(where, error)

            return wait_for

        @functools.wraps(callback)
        def call(*args: Any) -> None:
            try:
                callback(*args)
            except Exception as error:
                self.faults.report(where, error)

        return call

    def _guard_service(self, service: Service) -> None:
        if not hasattr(service.callback, "unguarded"):
            service.callback = self._answering(service, service.callback)
            service.send_response = self._sending(service)

    def _answering(self, service: Service, callback: Callable[..., Any]) -> Callable[..., Any]:
        """The callback of a service; where it raises, the caller is refused."""
        kind, where = service.srv_type, f"the service {service.srv_name}"

        async def answer(request: Any, response: Any) -> Any:
            try:
                done = callback(request, response)
                return await done if inspect.isawaitable(done) else done
            except Exception as error:
                self.faults.report(where, error)
                return self.refusal(kind, request, error)

        answer.unguarded = callback  # type: ignore[attr-defined]
        return answer

    def _sending(self, service: Service) -> Callable[..., None]:
        """The service's sending; where the middleware cannot carry an answer, the caller is refused."""
        send, kind, where = service.send_response, service.srv_type, f"the answer of {service.srv_name}"

        def try_to_send(response: Any, header: Any) -> None:
            try:
                send(response, header)
            except Exception as error:
                self.faults.report(where, error)
                send(self.refusal(kind, None, error), header)

        return try_to_send


def _only_times(callback: Callable[[Clock], Any]) -> Callable[[Clock], Any]:
    """The callback for times that there are: rclpy's `Time` knows none before zero."""

    @functools.wraps(callback)
    def take(message: Clock) -> Any:
        if message.clock.sec < 0:
            raise TimeError(f"a time of {message.clock.sec} s: expected seconds from zero on.")
        return callback(message)

    return take
