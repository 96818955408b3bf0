"""Keeps pages of other sites, open in the same browser, from reaching the panel.

The panel has no login: whoever reaches its port may use it. A web page elsewhere must not do so through the
browser of a person who may. So a request that names another site as its origin is refused, and on a panel that
is bound to this machine so is a request for another host's name (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Guard:
    """ASGI middleware around the panel's server."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        """
        Args:
            hosts: Names by which the panel may be asked for; empty = any.
        """
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] in ("http", "websocket") and not self.allows(Headers(scope=scope)):
            refuse = WebSocketClose(1008) if scope["type"] == "websocket" else _REFUSAL
            await refuse(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def allows(self, headers: Headers) -> bool:
        """Whether host and origin are the panel's own."""
        host = headers.get("host", "")
        origin = headers.get("origin")
        same = origin is None or urlsplit(origin).netloc == host
        return same and (not self._hosts or urlsplit(f"//{host}").hostname in self._hosts)


_REFUSAL = PlainTextResponse("Refused: the panel answers its own pages only.\n", status_code=403)
