# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A browser that goes away in the middle of a message: its error is not logged as a fault."""

from __future__ import annotations

import contextlib

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnected


class Farewell:
    """ASGI middleware: Streamlit 1.67 lets the end of a connection out as an error, which would fill the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        with contextlib.suppress(WebSocketDisconnected):
            await self._app(scope, receive, send)
