# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Single pictures of a camera in the network, asked for again and again."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import cv2
import numpy as np

from vfrt_ros.core.frames.image_size import read_header
from vfrt_ros.core.sources.images import EXTENSIONS, MAX_MEGAPIXELS
from vfrt_ros.core.sources.source import Frame, Image, Source
from vfrt_ros.core.sources.stream_url import parse_stream_url
from vfrt_ros.core.types.errors import SourceError
from vfrt_ros.core.types.without_password import without_password

TIMEOUT_S = 3.0
PATIENCE_S = 3.0
"""How long a camera may give nothing useful before it counts as lost."""
RETRY_S = 0.1
MAX_BYTES = 50_000_000
_VIDEO = frozenset(
    {".avi", ".flv", ".m3u8", ".mjpeg", ".mjpg", ".mkv", ".mov", ".mp4", ".mpd", ".mpg", ".ts", ".webm"}
)

Fetch = Callable[[], bytes]


class SnapshotSource(Source):
    """The picture at an HTTP address, fetched as often as frames are wanted.

    Raises:
        SourceError: Nothing answers at the address, or the answer is not a picture.
    """

    live = True
    polled = True

    def __init__(self, spec: str, *, fps: float, fetch: Fetch | None = None) -> None:
        super().__init__(spec, f"pictures at {without_password(spec)}")
        self.fps = fps
        self._fetch = fetch or (lambda: fetch_bytes(spec))
        self._first: Image | None = self._picture()

    def read(self, since: float = 0.0) -> Frame | None:
        """A new picture; a try that fails is followed by another for `PATIENCE_S`. See `Source.read`."""
        first, self._first = self._first, None
        if first is not None:
            return Frame(first)
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                return Frame(self._picture())
            except SourceError:
                if time.monotonic() >= end:
                    raise
                time.sleep(RETRY_S)

    def _picture(self) -> Image:
        data = self._fetch()
        header = read_header(data)
        if header and header.megapixels > MAX_MEGAPIXELS:
            raise SourceError(
                f"The {self.name}: {header.megapixels:.0f} megapixels, over {MAX_MEGAPIXELS:g}."
            )
        try:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
        except cv2.error:
            image = None
        if image is None:
            raise SourceError(f"The {self.name}: what is there is no picture that OpenCV can read.")
        return np.asarray(image, dtype=np.uint8)


def gives_single_pictures(url: str) -> bool:
    """Whether one picture answers at an HTTP address, not a stream: by its ending, else by what is told there."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme.lower() not in ("http", "https"):
        return False
    ending = PurePosixPath(parts.path).suffix.lower()
    if ending in EXTENSIONS or ending in _VIDEO:
        return ending in EXTENSIONS
    try:
        with _open(url) as answer:
            return str(answer.headers.get_content_type()).startswith("image/")
    except SourceError:
        return False


def fetch_bytes(url: str) -> bytes:
    """Fetch what answers at an HTTP address.

    Raises:
        SourceError: Nothing does, or the camera refuses; the text has no secret.
    """
    with _open(url) as answer:
        try:
            data: bytes = answer.read(MAX_BYTES + 1)
        except (OSError, ValueError, urllib.error.URLError) as error:
            raise _unreachable(url, error) from error
    if len(data) > MAX_BYTES:
        raise SourceError(f"What is at {without_password(url)} has more than {MAX_BYTES // 1_000_000} MB.")
    return data


def _open(url: str):  # type: ignore[no-untyped-def]  # urllib's own response
    parts = parse_stream_url(url)
    handlers: list[urllib.request.BaseHandler] = []
    if parts.user or parts.password:
        logins = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        logins.add_password(None, parts.address, parts.user, parts.password)
        handlers += [
            urllib.request.HTTPBasicAuthHandler(logins),
            urllib.request.HTTPDigestAuthHandler(logins),
        ]
    try:
        request = urllib.request.Request(parts.address, headers={"Cache-Control": "no-cache"})
        return urllib.request.build_opener(*handlers).open(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        error.close()
        why = "another user or password is asked for" if error.code in (401, 403) else f"status {error.code}"
        raise SourceError(f"No picture at {without_password(url)}: {why}.") from None
    except Exception as error:  # http.client and ssl raise of many families for what a server sends
        raise _unreachable(url, error) from None


def _unreachable(url: str, error: BaseException) -> SourceError:
    reason = getattr(error, "reason", error)
    slow = isinstance(reason, TimeoutError)
    # Nothing else of the error is shown: it may quote the address.
    why = "no answer in time" if slow else getattr(reason, "strerror", None) or "no proper answer"
    return SourceError(f"Nothing answers at {without_password(url)}: {why}.")
