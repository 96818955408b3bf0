# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The live overlay as one endless JPEG stream, which a browser shows in an <img> without flicker."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from urllib.parse import parse_qs

from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from vfrt_ros.core.config.camera_names import choose_camera
from vfrt_ros.core.types.errors import VfrtError
from vfrt_ros.panel.mosaic import Mosaic
from vfrt_ros.panel.picture_stream import PictureStream
from vfrt_ros.panel.shared_client import shared_client

PATH = "/overlay.mjpg"
WHICH, EVERY = "camera", "*"
"""The query that names one of several cameras, and its value for all of them side by side."""
_MARK = b"--picture\r\n"


class OverlayRoute:
    """ASGI middleware that answers `PATH` itself.

    As one of Streamlit's routes it would pass through its compression, and gzip takes many times longer for a
    JPEG than the camera needs to make one, to save nothing.
    """

    def __init__(
        self,
        app: ASGIApp,
        pictures: Callable[[str], PictureStream | Mosaic] = lambda camera: _pictures(camera),
    ):
        """
        Args:
            pictures: What is shown of a camera, or of `EVERY`, empty = the only one; asked when a browser comes.
        """
        self._app = app
        self._pictures = pictures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        app = self._answer(scope) if scope["type"] == "http" and scope["path"] == PATH else self._app
        await app(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        """The pictures without end. Other sites must not embed them."""
        asked = parse_qs(bytes(scope.get("query_string", b"")).decode("ascii", "replace"))
        try:
            pictures = self._pictures(asked.get(WHICH, [""])[0])
        except VfrtError as error:
            return PlainTextResponse(str(error), status_code=404)
        return StreamingResponse(
            parts(pictures),
            media_type="multipart/x-mixed-replace; boundary=picture",
            headers={"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"},
        )


def _pictures(camera: str) -> PictureStream | Mosaic:
    """Of a camera by its name, or of all.

    Raises:
        RequestError: There is no such camera.
    """
    client = shared_client()
    if camera == EVERY and client.cameras:
        return Mosaic({name: client.pictures_of(name) for name in client.cameras})
    return client.pictures_of(choose_camera(camera, client.cameras))


async def parts(pictures: PictureStream | Mosaic) -> AsyncIterator[bytes]:
    """Each new picture as a part; a browser that is slow gets the newest one next, not all."""
    loop = asyncio.get_running_loop()
    news = asyncio.Event()

    def tell() -> None:
        with contextlib.suppress(RuntimeError):  # the server has ended meanwhile
            loop.call_soon_threadsafe(news.set)

    with pictures.watch(tell):
        yield _MARK
        while True:
            if not pictures.ended:  # before this one was told of anything
                await news.wait()
            news.clear()
            if pictures.ended:
                return
            jpeg = pictures.newest
            head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            # The next part's mark at once: a browser shows a picture when it sees that it has ended.
            yield head.encode() + jpeg + b"\r\n" + _MARK
