# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Tell a key, a token or a random password from the names that stand in an ordinary path."""

from __future__ import annotations

import re
from urllib.parse import unquote

_MEDIA = frozenset(
    "av avc axis cam camera ch channel cif codec d dev h hd hevc id image jpeg jpg k live main mp mpeg nvr p rtmp rtp "
    "rtsp sensor stream sub t ts v video x".split()
)
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TOKEN = re.compile(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9+%]{16,}|[A-Za-z0-9+%]{32,}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_GROUPS = re.compile(r"[a-z0-9]{4,8}(-[a-z0-9]{4,8}){3,}", re.IGNORECASE)
_LONGEST_PIECES = ((8, 2.2), (10, 2.5), (12, 2.8))
"""From this many characters on, a word is random if its pieces have at most so many on average. Of random words of
10 letters, capitals and digits 95 % are found, of 10 small letters and digits 70 %."""


def has_token(text: str) -> bool:
    """Whether 16 letters and digits, or 32 of either, stand in a text without a break."""
    return _TOKEN.search(text) is not None


def looks_like_key(segment: str) -> bool:
    """Whether one segment of a path reads like a key and not like a name.

    Keys are UUIDs, groups of equal length (`abcd-1234-efgh-5678`), long runs of letters and digits, shorter ones in
    which small letters, capitals and digits take turns, and whatever holds `=`, `:` or `@`, encoded or not.

    >>> looks_like_key("x7Kq2PzR9a"), looks_like_key("h264Preview_01_main"), looks_like_key("Channels")
    (True, False, False)
    """
    if _UUID.fullmatch(segment) or _are_groups(segment) or set("=:@") & set(unquote(segment)):
        return True
    return _is_base64(segment) or any(_is_key(word) for word in re.split(r"[._-]+", segment))


def _are_groups(segment: str) -> bool:
    groups = segment.split("-")
    alike = _GROUPS.fullmatch(segment) is not None and len({len(group) for group in groups}) == 1
    return alike and (len(groups) > 4 or any(character.isdigit() for character in segment))


def _is_base64(segment: str) -> bool:
    """Whether it is a key in which `-` and `_` stand by chance, as base64url has them."""
    words = re.split(r"[_-]+", segment)
    odd = [word for word in words if len(_PIECE.findall(word)) > 2]
    return 1 < len(odd) <= len(words) and _is_mixed("".join(words))


def _is_key(word: str) -> bool:
    return bool(_TOKEN.fullmatch(word) and not _is_name(word)) or _is_mixed(word)


def _is_mixed(word: str) -> bool:
    pieces = _PIECE.findall(word)
    longest = max((longest for length, longest in _LONGEST_PIECES if len(word) >= length), default=0.0)
    return len(pieces) >= 4 and len(word) <= longest * len(pieces) and not _is_name(word)


def _is_name(word: str) -> bool:
    """Whether it is put together of numbers and words, one of media among them, as in `cam0h264main1`."""
    pieces = [piece.lower() for piece in _PIECE.findall(word) if not piece.isdigit()]
    return any(piece in _MEDIA for piece in pieces) and all(
        piece in _MEDIA or 4 <= len(piece) <= 12 for piece in pieces
    )
