# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from vfrt_ros.core.sources.stream_url import parse_stream_url

URLS = {
    "no login": ("rtsp://h:554/x?a=b", "rtsp://h:554/x?a=b", "", ""),
    "a login": ("rtsp://me:word@h/x", "rtsp://h/x", "me", "word"),
    "a user alone": ("rtsp://me@h/x", "rtsp://h/x", "me", ""),
    "a slash": ("rtsp://me:wo/rd@h/x", "rtsp://h/x", "me", "wo/rd"),
    "a question mark": ("http://me:wo?rd@h:80/x", "http://h:80/x", "me", "wo?rd"),
    "an at sign": ("http://me:wo@rd@h/x", "http://h/x", "me", "wo@rd"),
    "at sign and slash": ("http://me:w@o/rd@h/x", "http://h/x", "me", "w@o/rd"),
    "encoded": ("rtsp://me:wo%2Frd@h/x", "rtsp://h/x", "me", "wo/rd"),
    "at sign in the query": ("http://h/x?mail=a@b", "http://h/x?mail=a@b", "", ""),
    "at sign in the path": ("http://h:80/x@2.jpg", "http://h:80/x@2.jpg", "", ""),
    "IPv6": ("rtsp://me:word@[fe80::1]:554/x", "rtsp://[fe80::1]:554/x", "me", "word"),
}


@pytest.mark.parametrize(("url", "address", "user", "password"), URLS.values(), ids=URLS)
def test_the_parts(url: str, address: str, user: str, password: str) -> None:
    parts = parse_stream_url(url)
    assert (parts.address, parts.user, parts.password) == (address, user, password)
    assert parse_stream_url(parts.encoded) == parts, "what is encoded means the same"
    assert not password or password not in repr(parts)
