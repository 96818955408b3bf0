"""From the text of the `source` parameter to an open source."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path

from vfrt_ros.core.errors import SourceError
from vfrt_ros.core.settings import CameraSettings
from vfrt_ros.core.sources.demo import DemoSource
from vfrt_ros.core.sources.device import DeviceSource, device_paths
from vfrt_ros.core.sources.images import EXTENSIONS, ImageSource
from vfrt_ros.core.sources.source import Source
from vfrt_ros.core.sources.video import STREAM, VideoSource
from vfrt_ros.core.sources.without_password import without_password

_DESCRIPTION = CameraSettings.parameters()["source"].description
EXPECTED = _DESCRIPTION[0].lower() + _DESCRIPTION[1:]

_log = logging.getLogger(__name__)


def open_source(settings: CameraSettings, *, warn: Callable[[str], None] = _log.warning) -> Source:
    """The source that the settings name, open.

    Args:
        settings: `source` says which; `size` and `fps` are asked of it; `loop` goes to files.
        warn: Gets one line for what is left out or chosen instead.

    Raises:
        SourceError: It cannot be opened, or the text names no source; says what was expected.
    """
    spec = settings.source.strip()
    if not spec.isprintable():
        raise _nothing_there(spec)
    if spec == "auto":
        return _open_first(settings, warn)
    if spec == "demo":
        return DemoSource(size=settings.size, fps=settings.fps)
    if _is_device(spec):
        return DeviceSource(spec, size=settings.size, fps=settings.fps)
    if STREAM.match(spec):
        return VideoSource(spec, loop=settings.loop)
    try:
        return _open_files(spec, settings, warn)
    except (OSError, ValueError, RuntimeError) as error:  # what no path can be: too long, ~nobody, a null
        raise _nothing_there(spec) from error


def _is_device(spec: str) -> bool:
    return spec.isdecimal() or re.fullmatch(r"/dev/(video|v4l/).+", spec) is not None


def _open_files(spec: str, settings: CameraSettings, warn: Callable[[str], None]) -> Source:
    place = Path(spec).expanduser()
    is_glob = any(sign in spec for sign in "*?[") and not place.exists()
    if spec and (is_glob or place.is_dir() or (place.is_file() and place.suffix.lower() in EXTENSIONS)):
        return ImageSource(spec, fps=settings.fps, loop=settings.loop, warn=warn)
    if spec and place.is_file():
        return VideoSource(spec, loop=settings.loop)
    raise _nothing_there(spec)


def _nothing_there(spec: str) -> SourceError:
    shown = repr(without_password(spec)[:200])
    return SourceError(f"Source {shown} is nothing that is there. Expected: {EXPECTED}.")


def _open_first(settings: CameraSettings, warn: Callable[[str], None]) -> Source:
    """The first camera that delivers a frame, else the demo."""
    for path in device_paths():
        try:
            source = DeviceSource(path, size=settings.size, fps=settings.fps)
            try:
                source.read()
            except SourceError:
                source.close()
                raise
            return source
        except SourceError as error:
            warn(f"Source auto: {error}")
    return DemoSource(size=settings.size, fps=settings.fps)
