"""The size of a JPEG or PNG, read from its header: what decoding it would cost."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_PNG_START = b"\x89PNG\r\n\x1a\n"
_JPEG_START = b"\xff\xd8"
_JPEG_END = b"\xff\xd9"
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """What the header says.

    Attributes:
        format: `jpeg` or `png`.
        width, height: Pixels.
        bits: Per channel.
        complete: The data go on to the format's end mark.
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
    """The header of a JPEG or PNG; nothing is decoded.

    Returns:
        None where the data are neither, or end before the size is told.

    Source: PNG, ISO/IEC 15948, 11.2.2; JPEG, ITU-T T.81, annex B.

    >>> read_header(b"GIF89a") is None
    True
    """
    view = memoryview(data)
    if bytes(view[:8]) == _PNG_START:
        return _png(view)
    if bytes(view[:2]) == _JPEG_START:
        return _jpeg(view)
    return None


def _png(view: memoryview) -> EncodedImage | None:
    if len(view) < 26 or bytes(view[12:16]) != b"IHDR":
        return None
    width, height, bits = struct.unpack(">IIB", view[16:25])
    return EncodedImage("png", width, height, bits, b"IEND" in bytes(view[-64:]))


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
