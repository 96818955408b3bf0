# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""From the text of the `source` parameter to an open source.

Where the line is between what is waited for and what is refused: a device, a URL and a folder may come later, so
their absence is a `SourceError`, after which they are tried again; so is a file or folder that this user may not read.
What can never be a source (an unknown scheme, a word that names nothing, a file that is not there or is neither picture
nor video) is an `UnusableSourceError`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from vfrt_ros.core.config.settings import CameraSettings
from vfrt_ros.core.sources.auto_demo import AutoDemo
from vfrt_ros.core.sources.bag_files import is_bag
from vfrt_ros.core.sources.check_readable import check_readable, no_permission
from vfrt_ros.core.sources.demo import DemoSource
from vfrt_ros.core.sources.demo_objects import NAME as OBJECTS
from vfrt_ros.core.sources.demo_objects import DemoObjectsSource
from vfrt_ros.core.sources.device import DeviceSource, device_path, device_paths, is_device
from vfrt_ros.core.sources.find_camera import CameraSearch
from vfrt_ros.core.sources.images import EXTENSIONS, ImageSource
from vfrt_ros.core.sources.pipeline import PipelineSource, check_pipeline, is_pipeline
from vfrt_ros.core.sources.snapshot_source import SnapshotSource, gives_single_pictures
from vfrt_ros.core.sources.source import Source
from vfrt_ros.core.sources.video import STREAM, VideoSource
from vfrt_ros.core.types.errors import SourceError, UnusableSourceError
from vfrt_ros.core.types.without_password import without_password

_DESCRIPTION = CameraSettings.parameters()["source"].description
EXPECTED = _DESCRIPTION[0].lower() + _DESCRIPTION[1:]

_log = logging.getLogger(__name__)


class SourceKind(Enum):
    """The kinds of source that a text can name."""

    AUTO = "auto"
    DEMO = "demo"
    DEVICE = "camera"
    PIPELINE = "pipeline"
    STREAM = "stream"
    FILES = "files"


SLOW = frozenset({SourceKind.AUTO, SourceKind.DEVICE, SourceKind.PIPELINE, SourceKind.STREAM})
"""Kinds of source that may take seconds to open."""


def source_kind(spec: str) -> SourceKind:
    """The kind of source that a text names; nothing is opened.

    Raises:
        UnusableSourceError: It names nothing that could ever be a source here; says what was expected.
    """
    spec = spec.strip()
    if not spec or not spec.isprintable():
        raise _nothing_there(spec)
    if spec in (SourceKind.AUTO.value, SourceKind.DEMO.value):
        return SourceKind(spec)
    if spec == OBJECTS:
        return SourceKind.DEMO
    if is_pipeline(spec):
        check_pipeline(spec)
        return SourceKind.PIPELINE
    if STREAM.match(spec):
        return SourceKind.STREAM
    return SourceKind.DEVICE if is_device(spec) else SourceKind.FILES


def source_name(spec: str) -> str:
    """The name of a source before it was opened, without secrets."""
    spec = spec.strip()
    kind = source_kind(spec)
    names = {SourceKind.DEVICE: f"camera {device_path(spec)}", SourceKind.AUTO: "camera (auto)"}
    return names.get(kind, f"{kind.value} {without_password(spec)}")


def open_source(
    settings: CameraSettings,
    *,
    warn: Callable[[str], None] = _log.warning,
    search: CameraSearch | None = None,
    may_be_demo: bool = True,
) -> Source:
    """The source that the settings name, open.

    Args:
        settings: `source` says which; `size` and `fps` are asked of it; `loop` goes to files.
        warn: Gets one line for what is left out or chosen instead.
        search: What `auto` looks with, where the caller opens more than once; see `camera_search`.
        may_be_demo: Whether `auto` shows the demo where there is no camera; false once a camera was there.

    Raises:
        UnusableSourceError: The text names no source; says what was expected.
        SourceError: It cannot be opened now.
    """
    spec = settings.source.strip()
    kind = source_kind(spec)
    if kind is SourceKind.AUTO:
        return _open_auto(settings, search or camera_search(settings, warn), may_be_demo)
    if kind is SourceKind.DEMO:
        demo = DemoObjectsSource if spec == OBJECTS else DemoSource
        return demo(size=settings.size, fps=settings.fps)
    if kind is SourceKind.DEVICE:
        return DeviceSource(spec, size=settings.size, fps=settings.fps)
    if kind is SourceKind.PIPELINE:
        return PipelineSource(spec)
    if kind is SourceKind.STREAM:
        single = gives_single_pictures(spec)
        return SnapshotSource(spec, fps=settings.fps) if single else VideoSource(spec, loop=settings.loop)
    try:
        return _open_files(spec, settings, warn)
    except PermissionError as error:
        raise no_permission(error.filename or _shown(spec)) from error
    except (OSError, ValueError, RuntimeError) as error:  # what no path can be: too long, ~nobody, a null
        raise _nothing_there(spec) from error


def camera_search(settings: CameraSettings, warn: Callable[[str], None]) -> CameraSearch:
    """The search by which `auto` finds cameras; it remembers what hangs and what was told."""
    return CameraSearch(lambda path: DeviceSource(path, size=settings.size, fps=settings.fps), warn)


def has_camera() -> bool:
    """Whether `auto` would find a camera on this machine: the same test, then the camera is closed."""
    camera = camera_search(CameraSettings(), lambda line: None).find(device_paths())
    if camera is not None:
        camera.close()
    return camera is not None


def _open_auto(settings: CameraSettings, search: CameraSearch, may_be_demo: bool) -> Source:
    """The first camera that delivers a frame, else the demo, which looks on."""
    camera = search.find(device_paths())
    if camera is not None:
        return camera
    if not may_be_demo:
        there = ", ".join(device_paths()) or "none"
        raise SourceError(f"No camera delivers pictures. Cameras on this machine: {there}.")
    return AutoDemo(size=settings.size, fps=settings.fps, find=search.find, paths=lambda: device_paths())


def _open_files(spec: str, settings: CameraSettings, warn: Callable[[str], None]) -> Source:
    place = Path(spec).expanduser()
    bag, _, topic = (spec, "", "") if place.exists() else spec.partition("#")
    check_readable(Path(bag).expanduser() if bag else place)
    if bag and is_bag(Path(bag).expanduser()):
        return _open_bag(Path(bag).expanduser(), topic, settings, warn)
    is_glob = any(sign in spec for sign in "*?[") and not place.exists()
    if is_glob or place.is_dir() or (place.is_file() and place.suffix.lower() in EXTENSIONS):
        return ImageSource(spec, fps=settings.fps, loop=settings.loop, warn=warn)
    if place.is_file():
        return VideoSource(spec, loop=settings.loop)
    if _may_be_a_folder(spec, place):
        raise SourceError(f"Source {_shown(spec)} is no folder that is there. Expected: {EXPECTED}.")
    raise _nothing_there(spec)


def _may_be_a_folder(spec: str, place: Path) -> bool:
    """A path, not a word, without the ending of a file: a disk that is not mounted yet."""
    is_address = "://" in spec or without_password(spec) != spec
    return "/" in spec and not is_address and not place.suffix and not place.exists()


def _open_bag(place: Path, topic: str, settings: CameraSettings, warn: Callable[[str], None]) -> Source:
    # Its library reads every message type of ROS: a time that no camera should wait.
    from vfrt_ros.core.sources.bag import BagSource

    return BagSource(place, topic, loop=settings.loop, warn=warn)


def _nothing_there(spec: str) -> SourceError:
    scheme = re.match(r"([a-z][a-z0-9+.-]*)://", spec, re.IGNORECASE)
    why = f"has an unknown scheme '{scheme[1]}'" if scheme else "is nothing that is there"
    return UnusableSourceError(f"Source {_shown(spec)} {why}. Expected: {EXPECTED}.")


def _shown(spec: str) -> str:
    return repr(without_password(spec)[:200])
