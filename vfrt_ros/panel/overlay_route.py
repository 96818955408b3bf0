# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The live overlay as one endless JPEG stream, which a browser shows in an <img> without flicker."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from vfrt_ros.panel.picture_stream import PictureStream
from vfrt_ros.panel.shared_client import shared_client

PATH = "/overlay.mjpg"
_MARK = b"--picture\r\n"


class OverlayRoute:
    """ASGI middleware that answers `PATH` itself.

    As one of Streamlit's routes it would pass through its compression, and gzip takes many times longer for a
    JPEG than the camera needs to make one, to save nothing.
    """

    def __init__(
        self, app: ASGIApp, pictures: Callable[[], PictureStream] = lambda: shared_client().pictures
    ):
        """
        Args:
            pictures: What is shown; asked when a browser comes.
        """
        self._app = app
        self._pictures = pictures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        app = self._answer() if scope["type"] == "http" and scope["path"] == PATH else self._app
        await app(scope, receive, send)

    def _answer(self) -> Response:
        """The pictures without end. Other sites must not embed them."""
        return StreamingResponse(
            parts(self._pictures()),
            media_type="multipart/x-mixed-replace; boundary=picture",
            headers={"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"},
        )


async def parts(pictures: PictureStream) -> AsyncIterator[bytes]:
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
