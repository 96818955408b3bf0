# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Addresses of streams, with a user and a password in them as people type them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

_URL = re.compile(r"([a-z][a-z0-9+.-]*)://(.*)", re.IGNORECASE | re.DOTALL)
_PLAIN_HOST = re.compile(r"[\w.-]*(:\d{0,5})?|\[[\w:.%]+\](:\d{0,5})?")


@dataclass(frozen=True, slots=True)
class StreamUrl:
    """An address in its parts.

    Attributes:
        address: Without user and password.
        user, password: Decoded; empty = none.
    """

    address: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def encoded(self) -> str:
        """The whole address as every library reads it: user and password percent-encoded."""
        if not self.user and not self.password:
            return self.address
        scheme, _, rest = self.address.partition("://")
        password = f":{quote(self.password, safe='')}" if self.password else ""
        return f"{scheme}://{quote(self.user, safe='')}{password}@{rest}"


def parse_stream_url(url: str) -> StreamUrl:
    """The parts of an address; a password may hold `/`, `?`, `#` and `@`, which people forget to encode.

    >>> parse_stream_url("rtsp://me:pa/ss@h:554/x").encoded
    'rtsp://me:pa%2Fss@h:554/x'
    """
    match = _URL.fullmatch(url)
    if match is None:
        return StreamUrl(url)
    scheme, rest = match[1], match[2]
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    login, at, place = authority.rpartition("@")
    if at:
        place += rest[len(authority) :]
    elif "@" in rest and not _PLAIN_HOST.fullmatch(authority):
        login, at, place = rest.rpartition("@")
    if not at:
        return StreamUrl(url)
    if (
        not _PLAIN_HOST.fullmatch(re.split(r"[/?#]", place, maxsplit=1)[0])
        or "@" in re.split(r"[?#]", place)[0]
    ):
        login, at, place = rest.rpartition("@")
    user, _, password = login.partition(":")
    return StreamUrl(f"{scheme}://{place}", unquote(user), unquote(password))
