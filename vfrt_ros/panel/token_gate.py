# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Asks whoever comes to the panel for its token, where it can be reached from other machines.

The address that the panel prints has the token in it. A browser that comes with it gets a cookie, and goes on to
the same address without the token; pictures, uploads and the websocket come with that cookie. A program may give the
token with each request instead, as `?token=` or as `Authorization: Bearer`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.errors import SettingError

VARIABLE = "VFRT_PANEL_TOKEN"
PARAMETER = "token"
PATH = "/token"
"""Where the page that asks for the token sends it."""

_BYTES = 16
_LONGEST = 1000


def make_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(_BYTES)


def check_token(token: str) -> str:
    """The token that a person chose.

    Raises:
        SettingError: It is empty, or has blanks or control characters.
    """
    if not token or len(token) > _LONGEST or not token.isprintable() or any(map(str.isspace, token)):
        raise SettingError(
            f"--token (or {VARIABLE}) must be 1 to {_LONGEST} printable characters without blanks; "
            f"got {counted(len(token), 'character')} of another kind."
        )
    return token


def with_token(address: str, token: str) -> str:
    """The address that lets a person in.

    >>> with_token("http://robot:8501", "a/b")
    'http://robot:8501/?token=a%2Fb'
    """
    return f"{address}/?{PARAMETER}={quote(token, safe='')}" if token else address


class TokenGate:
    """ASGI middleware that lets requests pass which know the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token
        # What a browser keeps is not the token itself.
        self._ticket = hmac.new(token.encode(), b"vfrt panel", hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or ask for the token."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given, scope = _take_from_query(scope)
        if self._is_known(given):
            page = scope["type"] == "http" and scope["path"] == "/" and scope["method"] == "GET"
            await (self._let_in(scope) if page else self._app)(scope, receive, send)
        elif self._knows(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(1008)(scope, receive, send)
        else:
            answer = await self._ask(scope, receive, wrong=bool(given))
            await answer(scope, receive, send)

    def _knows(self, scope: Scope) -> bool:
        """Whether the request has the cookie, or the token as a header."""
        headers = Headers(scope=scope)
        cookies = [cookie_parser(line).get(_cookie(scope), "") for line in headers.getlist("cookie")]
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        return any(_same(cookie, self._ticket) for cookie in cookies) or (
            scheme.lower() == "bearer" and self._is_known(bearer.strip())
        )

    def _is_known(self, token: str) -> bool:
        return _same(token, self._token)

    def _let_in(self, scope: Scope) -> Response:
        """To the page, without the token in its address, and with a cookie."""
        rest = scope["query_string"].decode("latin-1")
        answer = RedirectResponse(f"./?{rest}" if rest else "./", 303, {"Referrer-Policy": "no-referrer"})
        secure = scope["scheme"] == "https"
        answer.set_cookie(_cookie(scope), self._ticket, httponly=True, samesite="lax", secure=secure)
        return answer

    async def _ask(self, scope: Scope, receive: Receive, *, wrong: bool) -> Response:
        """Send a stranger the page that asks for the token, or try what was typed there."""
        if scope["path"] == PATH and scope["method"] == "POST":
            if self._is_known(await _typed(scope, receive)):
                return self._let_in({**scope, "query_string": b""})
            wrong = True
        if scope["path"] in ("/", PATH):
            said = "That is not the token." if wrong else ""
            return HTMLResponse(_PAGE.replace("SAID", said), 401, {"Cache-Control": "no-store"})
        return PlainTextResponse(
            "The panel asks for its token, which stands in the address that it printed.\n", status_code=401
        )


def _take_from_query(scope: Scope) -> tuple[str, Scope]:
    """The token in the request's address, and the request without it."""
    pairs = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    given = next((value for name, value in pairs if name == PARAMETER), "")
    if not given:
        return "", scope
    rest = urlencode([pair for pair in pairs if pair[0] != PARAMETER])
    return given, {**scope, "query_string": rest.encode("latin-1")}


async def _typed(scope: Scope, receive: Receive) -> str:
    """The token in the form that the page sends; empty where there is none."""
    body = b""
    async for part in Request(scope, receive).stream():
        body += part
        if len(body) > 4 * _LONGEST:
            return ""
    return dict(parse_qsl(body.decode("latin-1"))).get(PARAMETER, "")


def _same(one: str, other: str) -> bool:
    """Whether two texts are equal, in a time that does not tell how far they are."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _cookie(scope: Scope) -> str:
    """A name for each port: browsers share the cookies of one host among all of its ports."""
    return f"vfrt_panel_{(scope.get('server') or ('', 0))[1]}"


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>vfrt</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 24rem; margin: 18vh auto 0; padding: 0 1rem; }
input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .6rem .8rem; border-radius: .5rem;
                border: 1px solid color-mix(in srgb, currentColor 35%, transparent); }
button { margin-top: .75rem; background: #2563c9; border-color: #2563c9; color: #fff; cursor: pointer; }
p[role=alert] { color: light-dark(#a35a00, #ffb454); min-height: 1.5em; margin: .5rem 0 0; }
</style>
<h1>vfrt</h1>
<p>This panel asks for its token. It stands in the address that <code>vfrt panel</code> printed.</p>
<form method="post" action="./token">
<input name="token" type="password" aria-label="Token" placeholder="Token" autocomplete="current-password"
 autofocus required>
<button>Open the panel</button>
</form>
<p role="alert">SAID</p>
</html>
"""
