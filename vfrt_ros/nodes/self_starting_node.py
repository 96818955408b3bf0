# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A lifecycle node that reads its settings, starts itself, and survives the faults of its callbacks."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from lifecycle_msgs.srv import ChangeState
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.exceptions import ParameterException
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from vfrt_ros.core.config.live_settings import LiveSettings
from vfrt_ros.core.config.parameters import Settings
from vfrt_ros.core.types.errors import VfrtError
from vfrt_ros.nodes.bond import Bond, Status
from vfrt_ros.nodes.callback_guard import CallbackGuard
from vfrt_ros.nodes.given_files import GivenFiles
from vfrt_ros.nodes.parameter_requests import SETTING_SERVICES, ParameterRequests
from vfrt_ros.nodes.parameters import declare, read_settings
from vfrt_ros.nodes.qos_overrides import check_qos_overrides, tell_unused, tell_zero_depths
from vfrt_ros.nodes.rcl_error import ArgumentsError, in_one_line
from vfrt_ros.nodes.stop_signals import StopSignals

CORE = "vfrt_ros"


class NodeLogHandler(logging.Handler):
    """Passes each record on to a ROS logger, at its level."""

    def __init__(self, logger: Any) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        text = record.getMessage()
        if record.levelno >= logging.ERROR:
            self._logger.error(text)
        elif record.levelno >= logging.WARNING:
            self._logger.warning(text)
        else:
            self._logger.info(text)


def forward_core_log(logger: Any) -> Callable[[], None]:
    """Send the core's log to a ROS logger, until what this returns is called."""
    core, handler = logging.getLogger(CORE), NodeLogHandler(logger)
    core.addHandler(handler)
    return lambda: core.removeHandler(handler)


class StartError(VfrtError):
    """A node could not start itself; the text says why."""


class SelfStartingNode(CallbackGuard, LifecycleNode):
    """A lifecycle node with a table of parameters that configures and activates itself; no callback ends it.

    A subclass overrides `configure`, `activate`, `deactivate` and `cleanup`. What they raise of our own
    errors becomes one line in the log and a failed transition; anything else is a bug and is shown whole.

    Args:
        name: Of the node.
        table: Its parameters.
        arguments: The command line that it was started with.

    Raises:
        SettingError: A parameter has an unknown name or a wrong value.
        ArgumentsError: The middleware refuses, for example security that it was not built with.
    """

    def __init__(self, name: str, table: type[Settings], arguments: Sequence[str] | None = None) -> None:
        self._change_group = MutuallyExclusiveCallbackGroup()
        try:
            super().__init__(name)
        except (RuntimeError, ParameterException) as error:
            raise ArgumentsError(f"The node cannot join ROS: {in_one_line(error)}") from error
        self.fault = ""
        self._start_signals: StopSignals | None = None
        self._bond: Bond | None = None
        self._end_core_log = forward_core_log(self.get_logger())
        self._parameter_requests = ParameterRequests(self)
        self._rclpy_change_state = self.replace_callback(ChangeState, self._change_state)
        self._arguments = sys.argv if arguments is None else arguments
        overrides = {name: given.value for name, given in self._parameter_overrides.items()}
        try:
            check_qos_overrides(overrides)
            self.settings = read_settings(self, table, self._arguments)
        except VfrtError:
            # A node that was never finished must not stay in the graph.
            self.destroy_node()
            raise
        declare(self, self.settings)
        tell_zero_depths(overrides, self.get_logger().warning)
        self._unlooked_overrides = list(overrides)

    @property
    def settings(self) -> Any:
        """The settings in force, of the class of its table; a value that is set begins a holder (`live`)."""
        return self.live.now

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self.live: LiveSettings[Any] = LiveSettings(settings)

    def create_service(self, srv_type: Any, *args: Any, **kwargs: Any) -> Any:
        """See `rclpy.node.Node`; a change of parameters, which may take a while, holds up no other callback."""
        if srv_type in SETTING_SERVICES:
            kwargs["callback_group"] = self._change_group
        return super().create_service(srv_type, *args, **kwargs)

    def configure(self) -> None:
        """Load what is needed; undone by `cleanup`."""

    def activate(self) -> None:
        """Begin to work; undone by `deactivate`."""

    def deactivate(self) -> None:
        """Stop working."""

    def cleanup(self) -> None:
        """Release what `configure` loaded; called also when that failed halfway."""

    def start(self, stop: StopSignals | None = None) -> None:
        """Configure and activate, unless the parameter `autostart` is false.

        Args:
            stop: The signals that break it off; None = no signal does.

        Raises:
            StartError: It failed; the text says why.
            ToldToStopError: It failed since a signal broke it off.
        """
        if not self.get_parameter("autostart").value:
            self.get_logger().info(
                f"Waiting to be configured: ros2 lifecycle set {self.get_fully_qualified_name()} configure"
            )
            return
        self._start_signals = stop
        try:
            for trigger in (self.trigger_configure, self.trigger_activate):
                if trigger() is not TransitionCallbackReturn.SUCCESS:
                    raise StartError(self.fault or "A transition failed.")
        finally:
            self._start_signals = None

    def destroy_node(self) -> None:
        """Leave the graph at once; the core's log is no longer passed on."""
        self._end_core_log()
        super().destroy_node()
        # rclpy forgets these services: they would stay in the graph until the garbage is collected.
        self._state_machine.destroy_when_not_in_use()

    def end(self) -> None:
        """Stop working and release everything, from whatever state."""
        self._break_bond()
        self.deactivate()
        self.cleanup()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle transition."""
        return self._try(self.configure, undo=self.cleanup)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle transition."""
        super().on_activate(state)
        result = self._try(self.activate, undo=self.deactivate)
        if result is not TransitionCallbackReturn.SUCCESS:
            super().on_deactivate(state)
            return result
        self._tell_unused_overrides()
        if Status is not None:
            self._bond = Bond(self, Status)
        return result

    def _tell_unused_overrides(self) -> None:
        """Once all topics are there; what a file gives to every node may be meant for another one."""
        given, self._unlooked_overrides = self._unlooked_overrides, []
        foreign = GivenFiles(self._arguments, self.get_fully_qualified_name()).foreign(given) if given else []
        tell_unused(
            [name for name in given if name not in foreign], self._parameters, self.get_logger().warning
        )

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle transition."""
        result = self._try(self.deactivate)
        self._break_bond()
        super().on_deactivate(state)
        return result

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle transition."""
        return self._try(self.cleanup)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle transition."""
        return self._try(self.end)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """After a fault in a transition: what it left is released, and the node can be configured again."""
        return self._try(self.end)

    def _break_bond(self) -> None:
        bond, self._bond = self._bond, None
        if bond is not None:
            bond.end()

    def _change_state(
        self, request: ChangeState.Request, response: ChangeState.Response
    ) -> ChangeState.Response:
        """rclpy lets a transition that is not open now raise, which would end the executor and the node."""
        try:
            return self._rclpy_change_state(request, response)
        except RuntimeError as error:
            self.get_logger().warning(f"A lifecycle transition was refused: {error}")
            response.success = False
            return response

    def _try(
        self, step: Callable[[], None], undo: Callable[[], None] | None = None
    ) -> TransitionCallbackReturn:
        try:
            self._step(step)
        except VfrtError as error:
            self.fault = str(error)
            self.get_logger().error(self.fault)
            if undo is not None:
                undo()
            return TransitionCallbackReturn.FAILURE
        except Exception:
            # rclpy would swallow it.
            self.fault = "A transition failed by a fault of the node."
            self.get_logger().error(f"{self.fault}\n{traceback.format_exc()}")
            return TransitionCallbackReturn.ERROR
        return TransitionCallbackReturn.SUCCESS

    def _step(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:
            if self._start_signals is not None:
                self._start_signals.raise_if_told()
            raise
