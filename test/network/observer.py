# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Runs on a host of its own: writes what the nodes tell in `/diagnostics`, and turns the camera on and off when told.

Each line that it writes is a JSON object of one node's values. Each line that it reads is `on` or `off`.
"""

from __future__ import annotations

import json
import sys
import threading

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.loss_values import NODE

TURNS = {"on": Transition.TRANSITION_ACTIVATE, "off": Transition.TRANSITION_DEACTIVATE}


def write(message: DiagnosticArray) -> None:
    for status in message.status:
        values = {value.key: value.value for value in status.values}
        if NODE in values:
            print(json.dumps(values), flush=True)


def main() -> None:
    rclpy.init()
    node = rclpy.create_node("observer")
    node.create_subscription(DiagnosticArray, names.DIAGNOSTICS, write, qos.diagnostics())
    camera = node.create_client(ChangeState, f"/{names.CAMERA_NODE}/change_state")
    threading.Thread(target=rclpy.spin, args=(node,), daemon=True).start()
    for line in sys.stdin:
        camera.wait_for_service()
        transition = Transition(id=TURNS[line.strip()])
        camera.call_async(ChangeState.Request(transition=transition))


if __name__ == "__main__":
    main()
