# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Requests to set parameters: answered one by one, beside the executor, and whatever they hold.

rclpy answers them in the executor's thread and lets a type that there is not raise. Here a parameter that cannot be
read is refused like any other, and the change runs in a thread of its own: it may wait until the worker has carried it
out, and meanwhile images, timers and other services go on.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.exceptions import ParameterException
from rclpy.parameter import Parameter

from vfrt_ros.core.types.job import Job
from vfrt_ros.nodes.awaitable import awaitable
from vfrt_ros.nodes.callback_guard import FAULT, CallbackGuard
from vfrt_ros.nodes.parameters import refuse_undeclared

SETTING_SERVICES = (SetParameters, SetParametersAtomically)


class ParameterRequests:
    """Answers `set_parameters` and `set_parameters_atomically` of a node.

    Threads: each request gets a thread; the node's callback group for these two services lets in one at a time.

    Args:
        node: Whose parameters are set.
    """

    def __init__(self, node: CallbackGuard) -> None:
        self._node = node
        node.replace_callback(SetParameters, self._set)
        node.replace_callback(SetParametersAtomically, self._set_together)

    async def _set(self, request: SetParameters.Request, response: SetParameters.Response) -> Any:
        """One after another: each has a result of its own."""
        if reason := self._node.refusal_of_changes():
            response.results = [_refused(reason) for _ in request.parameters]
            return response
        response.results = await self._beside(
            lambda: [self._result([parameter]) for parameter in request.parameters]
        )
        return response

    async def _set_together(
        self, request: SetParametersAtomically.Request, response: SetParametersAtomically.Response
    ) -> Any:
        """All or none."""
        if reason := self._node.refusal_of_changes():
            response.result = _refused(reason)
            return response
        response.result = await self._beside(lambda: self._result(request.parameters))
        return response

    def _beside(self, work: Any) -> Any:
        job = Job(work)
        threading.Thread(target=job.run, name="parameters", daemon=True).start()
        return awaitable(job, self._node.executor)

    def _result(self, messages: Sequence[ParameterMessage]) -> SetParametersResult:
        try:
            parameters = [_read(message) for message in messages]
            refuse_undeclared(self._node, parameters)
            return self._node.set_parameters_atomically(parameters)
        except (_UnreadableError, ParameterException) as error:
            return _refused(str(error))
        except Exception as error:
            self._node.faults.report("a change of parameters", error)
            return _refused(FAULT)


class _UnreadableError(Exception):
    """A message that is not a parameter; the text says why."""


def _read(message: ParameterMessage) -> Parameter:
    try:
        return Parameter.from_parameter_msg(message)
    except (TypeError, ValueError) as error:
        kind = message.value.type
        raise _UnreadableError(
            f"Parameter '{message.name}' has the type {kind}: expected one of rcl_interfaces/ParameterType."
        ) from error


def _refused(reason: str) -> SetParametersResult:
    return SetParametersResult(successful=False, reason=reason)
