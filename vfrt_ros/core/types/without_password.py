# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Texts with URLs as they may stand in a log: whatever could be a secret in one is hidden."""

from __future__ import annotations

import re

from vfrt_ros.core.types.camera_words import is_of_camera_words

HIDDEN = "***"
PLAIN = frozenset(
    "action app auto bitrate ch chan channel channelid cam camera camid codec compression dev device format fps "
    "framerate h264 height id1 index input latency lang media mjpeg mode num overlay port proto protocol quality rate "
    "res resolution rotation rotate size sink source stream streamid streamtype sub subtype trackid transport "
    "transportmode type video view width".split()
)
"""Names of settings whose values are shown, where they are numbers or words of cameras: any other one may be a secret
under a name of its maker's choice."""
_ON_DISK = frozenset(("file", "package"))
"""Schemes of files that stand on this machine: their paths are shown."""

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
_ENDING = re.compile(
    r"\.(?:jpe?g|png|webp|mp4|mkv|avi|mov|ts|m3u8|mpd|sdp|cgi|flv|webm|mjpe?g|smp|ya?ml|mcap|bag|db3)",
    re.IGNORECASE,
)
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,9}(?:[.:,x][0-9]{1,9})?")
_TELLING = frozenset(
    "apikey auth credential credentials key login pass passwd password pw pwd secret session sid streamkey token user "
    "username usr".split()
)
"""Segments of a path that say what the next one is, as in `/token/…`."""
_PLAYLIST = re.compile(r"/(?:live|movie|series)/([^/]+)/([^/]+)/\d+(?:\.\w{1,5})?")
"""`/live/USER/PASSWORD/123.ts`, as servers of the Xtream kind want it."""


def without_password(text: str) -> str:
    """A text as it may stand in a log: in each URL, and in what looks like one, no secret is left.

    Shown are scheme, host and port; of the path, what is made of words of cameras and short numbers
    (`is_of_camera_words`), unless the segment before says that a secret comes (`/token/…`); and of `name=value`,
    what is known to be harmless (`PLAIN`). All else is hidden, for a password of plain letters looks like a name.
    Paths of files on this machine (`file:`, `package:`) are shown.

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
    is_on_disk = scheme[:-1].lower() in _ON_DISK
    _, at, place = rest.rpartition("@")
    host, *parts = _SPLIT.split(place)
    host = host if _HOST.fullmatch(host) else HIDDEN
    shown = f"{HIDDEN}@{host}" if at else host
    login = _PLAYLIST.match(place[len(host) :])
    in_query, before = False, ""
    for sign, part in zip(parts[::2], parts[1::2], strict=True):
        in_query = in_query or sign in "?#"
        if in_query or "=" in part:
            shown += sign + _clean_part(part)
        elif not part or is_on_disk:
            shown += sign + part
        else:
            is_told = sign != "/" or _says_secret(before) or (login is not None and part in login.groups())
            shown += sign + (HIDDEN if is_told else _clean_segment(part))
        before = part
    return f"{scheme}{slashes}{shown}"


def _says_secret(segment: str) -> bool:
    return re.sub(r"[_-]", "", segment.lower()) in _TELLING


def _clean_segment(segment: str) -> str:
    """A segment of the path; of one that is hidden, the ending that tells its format stays."""
    stem, dot, ending = segment.rpartition(".")
    if not (stem and _ENDING.fullmatch(dot + ending)):
        stem, dot, ending = segment, "", ""
    shown = stem if is_of_camera_words(stem) or _says_secret(stem) else HIDDEN
    return f"{shown}{dot}{ending}"


def _clean_part(part: str) -> str:
    """One of the pairs behind the question mark, or one that stands in the path."""
    name, sign, value = part.partition("=")
    if not sign:
        return HIDDEN if part else ""
    known = name.lower().strip("_-")
    shown = name if re.fullmatch(r"[A-Za-z][A-Za-z_-]{0,31}", name) or known in PLAIN else HIDDEN
    harmless = known in PLAIN and (_PLAIN_NUMBER.fullmatch(value) or is_of_camera_words(value))
    return f"{shown}={value}" if harmless else f"{shown}={HIDDEN}"


def _clean_named(found: re.Match[str]) -> str:
    return f"{found['name']}={HIDDEN}"
