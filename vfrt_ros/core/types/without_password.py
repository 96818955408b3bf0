# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Texts with URLs as they may stand in a log: whatever could be a secret in one is hidden."""

from __future__ import annotations

import re

from vfrt_ros.core.types.looks_like_key import has_token, looks_like_key

HIDDEN = "***"
PLAIN = frozenset(
    "action app auto bitrate ch chan channel channelid cam camera camid codec compression dev device format fps "
    "framerate h264 height id1 index input latency lang media mjpeg mode num overlay port proto protocol quality rate "
    "res resolution rotation rotate size sink source stream streamid streamtype sub subtype transport type video "
    "view width".split()
)
"""Names of settings whose values are shown: any other one may be a secret under a name of its maker's choice."""

_SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]*:/", re.IGNORECASE)
_URL = re.compile(r"[a-z][a-z0-9+.-]*:/+[^\s'\"]*(?:@[^\s'\"]*)?", re.IGNORECASE)
_LOGIN = re.compile(r"(?<![^\s'\"=])[^\s/:'\"]+:(?!/)[^\s'\"]*@(?=[\w.\[-])")
"""`user:password@host` without a scheme, as people type it."""
_NAMED = re.compile(
    r"(?P<name>[\w.-]*(?:user|usr|login|pass|pwd|pw|secret|token|auth|key|cred|session)[\w.-]*)"
    r"(?P<sign>=)(?P<value>\"[^\"]*\"|'[^']*'|[^\s&;,!]+)",
    re.IGNORECASE,
)
"""A secret by its name outside of a URL, for example `user-pw=…` of GStreamer."""
_HOST = re.compile(r"[\w.-]*(:\d{0,5})?|\[[\w:.%]+\](:\d{0,5})?")
_SPLIT = re.compile(r"([/?#&;])")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9.,:x_-]{0,24}")
_TELLING = frozenset(
    "apikey auth credential credentials key login pass passwd password pw pwd secret session sid streamkey token user "
    "username usr".split()
)
"""Segments of a path that say what the next one is, as in `/token/…`."""
_PLAYLIST = re.compile(r"/(?:live|movie|series)/([^/]+)/([^/]+)/\d+(?:\.\w{1,5})?")
"""`/live/USER/PASSWORD/123.ts`, as servers of the Xtream kind want it."""


def without_password(text: str) -> str:
    """A text as it may stand in a log: in each URL, and in what looks like one, no secret is left.

    Hidden are the user and the password, wherever the last `@` stands; the values of `name=value`, but for settings
    that are known to be harmless (`PLAIN`); and segments of a path that look like a key, or that follow one which says
    that a secret comes (`/token/…`). A password of plain letters, alone in a path, cannot be told from a name.

    >>> without_password("rtsp://me:secret@10.0.0.7/live")
    'rtsp://***@10.0.0.7/live'
    >>> without_password("http://10.0.0.7/flv?user=admin&password=secret&channel=1")
    'http://10.0.0.7/flv?user=***&password=***&channel=1'
    """
    if _SCHEME.match(text):  # all of it is one URL, whatever the password is made of
        return _clean_url(text)
    text = _URL.sub(lambda found: _clean_url(found[0]), text)
    text = _LOGIN.sub(f"{HIDDEN}@", text)
    return _NAMED.sub(_clean_named, text)


def _clean_url(url: str) -> str:
    scheme, slashes, rest = re.split(r"(?<=:)(/+)", url, maxsplit=1)
    _, at, place = rest.rpartition("@")
    host, *parts = _SPLIT.split(place)
    host = host if _HOST.fullmatch(host) else HIDDEN
    shown = f"{HIDDEN}@{host}" if at else host
    login = _PLAYLIST.match(place[len(host) :])
    in_query, before = False, ""
    for sign, part in zip(parts[::2], parts[1::2], strict=True):
        in_query = in_query or sign in "?#"
        is_told = sign == "/" and (_says_secret(before) or (login is not None and part in login.groups()))
        shown += sign + (HIDDEN if is_told and part else _clean_part(part, in_query))
        before = part
    return f"{scheme}{slashes}{shown}"


def _says_secret(segment: str) -> bool:
    return re.sub(r"[_-]", "", segment.lower()) in _TELLING


def _clean_part(part: str, in_query: bool) -> str:
    """A segment of the path, or one of the pairs behind the question mark."""
    name, sign, value = part.partition("=")
    if not sign:
        return part if not part or (not in_query and not looks_like_key(part)) else HIDDEN
    harmless = name.lower().strip("_-") in PLAIN and _PLAIN_VALUE.fullmatch(value) and not has_token(value)
    shown = name if re.fullmatch(r"[\w.\[\]-]{1,32}", name) and not looks_like_key(name) else HIDDEN
    return f"{shown}={value}" if harmless else f"{shown}={HIDDEN}"


def _clean_named(found: re.Match[str]) -> str:
    return f"{found['name']}={HIDDEN}"
