# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The life of a node's process: it runs one node until it is told to stop, and ends cleanly."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence

import rclpy
from rclpy.executors import Executor, ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from vfrt_ros.core.types.errors import VfrtError
from vfrt_ros.nodes.rcl_error import ArgumentsError, in_one_line
from vfrt_ros.nodes.self_starting_node import SelfStartingNode, StartError
from vfrt_ros.nodes.stop_signals import StopSignals, ToldToStopError

_PAUSE_S = 0.05
"""Between a fault of the executor and the next attempt to spin."""


def run(create: Callable[[Sequence[str]], SelfStartingNode], args: Sequence[str] | None = None) -> int:
    """Run a node until SIGINT or SIGTERM, which also break off its start.

    The executor spins in a thread of its own, so that the main thread hears signals at once and takes the
    node down in order, while the middleware still works.

    Args:
        create: Makes the node from the command line.
        args: The command line; None = `sys.argv`.

    Returns:
        Exit status: 0, or 1 after one line on standard error that says what was wrong.
    """
    arguments = sys.argv if args is None else list(args)
    stop = StopSignals()
    stop.listen()
    node: SelfStartingNode | None = None
    try:
        with stop.breaking_off():
            _init(arguments)
            executor = SingleThreadedExecutor()
            node = create(arguments)
            node.start(stop)
        _spin_until(stop, executor, node)
        return 0
    except ToldToStopError:
        return 0
    except StartError:
        return 1  # the log has its one line already
    except VfrtError as error:
        print(f"{error}", file=sys.stderr)
        return 1
    finally:
        if node is not None:
            node.end()
            node.destroy_node()
        rclpy.try_shutdown()


def _init(arguments: Sequence[str]) -> None:
    """Initialise rclpy.

    Raises:
        ArgumentsError: ROS cannot read the arguments or a file that they name.
    """
    try:
        rclpy.init(args=list(arguments), signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:
        told = in_one_line(error)
        if "YAML" in told:
            told = (
                f"{told}. A value that YAML takes for something else stands in quotes: -p 'NAME:=\"VALUE\"'."
            )
        raise ArgumentsError(f"ROS cannot be started with these arguments. {told}") from error


def _spin_until(stop: StopSignals, executor: Executor, node: SelfStartingNode) -> None:
    executor.add_node(node)
    thread = threading.Thread(target=_spin, args=(stop, executor, node), name="executor", daemon=True)
    thread.start()
    stop.wait()
    executor.shutdown(timeout_sec=2.0)
    thread.join(2.0)


def _spin(stop: StopSignals, executor: Executor, node: SelfStartingNode) -> None:
    """Spin until the node is told to stop. Callbacks are guarded; what rclpy itself raises does not end it either."""
    while True:
        try:
            executor.spin()
            break
        except ExternalShutdownException:
            break
        except Exception as error:
            # A shutdown takes things from under an executor that still waits for them.
            if stop.wait(_PAUSE_S):
                break
            node.faults.report("the executor", error)
    stop.end()
