# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The size of an encoded picture, read from its header: what decoding it would cost."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_PNG_START = b"\x89PNG\r\n\x1a\n"
_JPEG_START = b"\xff\xd8"
_JPEG_END = b"\xff\xd9"
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TIFF_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_BITS = 256, 257, 258
_TIFF_SHORT = 3
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """The facts in the header of an image file.

    Attributes:
        format: `jpeg`, `png`, `webp`, `bmp` or `tiff`.
        width, height: Pixels.
        bits: Per channel.
        complete: The data go on to the format's end mark, or to the length that it gives.
    """

    format: str
    width: int
    height: int
    bits: int
    complete: bool

    @property
    def megapixels(self) -> float:
        """Millions of pixels."""
        return self.width * self.height / 1e6


def read_header(data: bytes | memoryview) -> EncodedImage | None:
    """The header of a JPEG, PNG, WebP, BMP or TIFF; nothing is decoded.

    Returns:
        None where the data are in another format, or end before the size is told.

    Source: PNG, ISO/IEC 15948, 11.2.2; JPEG, ITU-T T.81, annex B; WebP, RFC 9649; TIFF, revision 6.0, section 2.

    >>> read_header(b"GIF89a") is None
    True
    """
    view = memoryview(data)
    if bytes(view[:8]) == _PNG_START:
        return _png(view)
    if bytes(view[:2]) == _JPEG_START:
        return _jpeg(view)
    if bytes(view[:4]) == b"RIFF" and bytes(view[8:12]) == b"WEBP":
        return _webp(view)
    if bytes(view[:2]) == b"BM":
        return _bmp(view)
    if bytes(view[:4]) in _TIFF_ORDERS:
        return _tiff(view)
    return None


def _png(view: memoryview) -> EncodedImage | None:
    if len(view) < 26 or bytes(view[12:16]) != b"IHDR":
        return None
    width, height, bits = struct.unpack(">IIB", view[16:25])
    return EncodedImage("png", width, height, bits, _reaches_png_end(view))


def _reaches_png_end(view: memoryview) -> bool:
    """Whether every chunk up to the last one is there."""
    position = len(_PNG_START)
    while position + 12 <= len(view):
        if bytes(view[position + 4 : position + 8]) == b"IEND":
            return True
        position += 12 + int.from_bytes(view[position : position + 4], "big")
    return False


def _jpeg(view: memoryview) -> EncodedImage | None:
    position = 2
    while position + 4 <= len(view):
        if view[position] != 0xFF:
            return None
        marker = view[position + 1]
        if marker == 0xFF:
            position += 1
        elif marker in _WITHOUT_LENGTH:
            position += 2
        elif marker in _START_OF_FRAME:
            return _jpeg_frame(view, position + 4)
        else:
            position += 2 + max(2, int.from_bytes(view[position + 2 : position + 4], "big"))
    return None


def _jpeg_frame(view: memoryview, position: int) -> EncodedImage | None:
    if position + 5 > len(view):
        return None
    bits, height, width = struct.unpack(">BHH", view[position : position + 5])
    # Some cameras pad the data after the end mark.
    tail = bytes(view[-4096:])
    return EncodedImage("jpeg", width, height, bits, _JPEG_END in tail)


def _webp(view: memoryview) -> EncodedImage | None:
    if len(view) < 30:
        return None
    complete = len(view) >= 8 + int.from_bytes(view[4:8], "little")
    chunk = bytes(view[12:16])
    if chunk == b"VP8X":
        width, height = (1 + int.from_bytes(view[place : place + 3], "little") for place in (24, 27))
    elif chunk == b"VP8L":
        bits = int.from_bytes(view[21:25], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif chunk == b"VP8 ":
        width, height = (size & 0x3FFF for size in struct.unpack("<HH", view[26:30]))
    else:
        return None
    return EncodedImage("webp", width, height, 8, complete)


def _bmp(view: memoryview) -> EncodedImage | None:
    if len(view) < 54 or int.from_bytes(view[14:18], "little") < 40:
        return None
    start, _, width, height, _, bits, packed = struct.unpack_from("<IIiiHHI", view, 10)
    row = (width * bits + 31) // 32 * 4
    # A height below 0 means that the first row is the upper one. How long packed rows are is not told.
    complete = packed != 0 or len(view) >= start + row * abs(height)
    return EncodedImage("bmp", abs(width), abs(height), 8, complete)


def _tiff(view: memoryview) -> EncodedImage | None:
    """The first directory's size; its strips may lie anywhere, so only decoding shows whether it is complete."""
    order = _TIFF_ORDERS[bytes(view[:4])]
    try:
        (start,) = struct.unpack_from(order + "I", view, 4)
        (count,) = struct.unpack_from(order + "H", view, start)
        entries = [_tiff_entry(view, order, start + 2 + 12 * number) for number in range(count)]
    except struct.error:
        return None
    tags = dict(entries)
    if not {_TIFF_WIDTH, _TIFF_HEIGHT} <= set(tags):
        return None
    return EncodedImage("tiff", tags[_TIFF_WIDTH], tags[_TIFF_HEIGHT], tags.get(_TIFF_BITS, 1), complete=True)


def _tiff_entry(view: memoryview, order: str, place: int) -> tuple[int, int]:
    """A tag and its first value; values of more than four bytes lie elsewhere."""
    tag, kind, count = struct.unpack_from(order + "HHI", view, place)
    short = kind == _TIFF_SHORT
    if short and count > 2:
        (place,) = struct.unpack_from(order + "I", view, place + 8)
    else:
        place += 8
    return tag, struct.unpack_from(order + ("H" if short else "I"), view, place)[0]
