# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The views of all cameras, by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vfrt_ros.core.config.camera_names import choose_camera
from vfrt_ros.core.view import View


class Views:
    """One view for each camera.

    Args:
        cameras: Their names; none = one camera, which has no name.
    """

    def __init__(self, cameras: Sequence[str]) -> None:
        self._cameras = tuple(cameras)
        self._views = {camera: View(camera) for camera in self._cameras or ("",)}

    def of(self, camera: str) -> View:
        """The view of a camera.

        Args:
            camera: Its name; empty = the only one, else the first.

        Raises:
            RequestError: There is no such camera.
        """
        return self._views[choose_camera(camera, self._cameras)]

    def __iter__(self) -> Iterator[View]:
        return iter(self._views.values())

    def forget_the_past(self) -> None:
        """Forget the past of smoothing and hysteresis on every camera."""
        for view in self:
            view.forget_the_past()
