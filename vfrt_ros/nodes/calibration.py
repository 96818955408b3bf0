# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The calibration in force, and the service with which calibration tools replace it."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CameraInfo
from sensor_msgs.srv import SetCameraInfo
from std_msgs.msg import Header

from vfrt_ros.core.config.settings import CameraSettings
from vfrt_ros.core.sources.turn import Turn
from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.nodes import names
from vfrt_ros.nodes.camera_info import load_camera_info, save_camera_info


class CameraCalibration:
    """Holds the calibration of the node's camera.

    Threads: the executor's thread loads and replaces `_info`, the publishing thread stamps it; each takes or sets the
    one reference.

    Args:
        node: Offers the service `camera/set_camera_info`.
        settings: Of the camera.
    """

    def __init__(self, node: Node, settings: CameraSettings) -> None:
        self._node = node
        self._url = settings.camera_info_url
        self._size = settings.size
        self._turn = Turn(settings.rotate, settings.flip)
        self._name = node.get_fully_qualified_name().strip("/").replace("/", "_")
        self._info = CameraInfo(width=self._size[0], height=self._size[1])
        node.create_service(SetCameraInfo, names.SET_CAMERA_INFO, self._set)

    def load(self) -> None:
        """Read the file anew.

        Raises:
            SettingError: The file is not a calibration.
        """
        warn = self._node.get_logger().warning
        self._info = load_camera_info(self._url, self._size, name=self._name, turn=self._turn, warn=warn)

    def stamped(self, header: Header) -> CameraInfo:
        """The calibration for a frame with this header."""
        info = self._info
        info.header = header
        return info

    def _set(self, request: SetCameraInfo.Request, response: Any) -> Any:
        info = request.camera_info
        try:
            path = save_camera_info(self._url, info, name=self._name, turn=self._turn)
            self.load()
        except SettingError as error:
            response.success, response.status_message = False, f"Not taken: {error}"
        else:
            response.success, response.status_message = True, f"In force, and saved in {path}."
        self._node.get_logger().info(f"set_camera_info: {response.status_message}")
        return response
