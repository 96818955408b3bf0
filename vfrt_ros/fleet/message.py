# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Operations as messages: where each one stands in what its robot publishes, and in parts where it is large."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from vfrt_ros.core.types.errors import OperationError

HEADER = "Vfrt-Position"
MESSAGE_ID = "Nats-Msg-Id"
PASSED_ON = "Vfrt-Passed-On"
"""On a message whose operation is another robot's: it had been in the stream before, and was lost with it."""
OVERHEAD = 2048
"""Bytes that headers and subject of a message may take of what the server allows."""
MOST_PARTS = 4096
MOST_PLACES = 999_999_999
MOST_BYTES = 256 * 2**20
"""Of one operation."""
_POSITION = re.compile(r"(\d{1,18})\.(\d{1,9}) (\d{1,5})/(\d{1,5}) ([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a message stands in what a robot publishes.

    Attributes:
        number: Of the robot's operation.
        place: 0 = that operation itself; n = the n-th of those that came in with it from a file.
        digest: The first 16 hexadecimal digits of the carried operation's checksum.
        part, parts: Which part of how many, from 1.
    """

    number: int
    place: int
    digest: str
    part: int = 1
    parts: int = 1

    def __str__(self) -> str:
        return f"{self.number}.{self.place} {self.part}/{self.parts} {self.digest}"

    @classmethod
    def parse(cls, headers: Mapping[str, str] | None) -> Position:
        """The position that the headers of a message give.

        Raises:
            OperationError: They give none.
        """
        text = (headers or {}).get(HEADER, "")
        found = _POSITION.fullmatch(text)
        if found is None:
            raise OperationError(f"a message has no position that could be read; got {text!r:.60}")
        number, place, part, parts = (int(found[index]) for index in range(1, 5))
        if not (number and 1 <= part <= parts <= MOST_PARTS):
            raise OperationError(f"a message has the impossible position {text!r}")
        return cls(number, place, found[5], part, parts)

    @property
    def whole(self) -> Position:
        """The position of the operation, whichever part this is of it."""
        return replace(self, part=1, parts=1)


def split(position: Position, data: bytes, room: int) -> Iterator[tuple[Position, bytes]]:
    """An operation's message, or its messages where it is larger than the server takes.

    Args:
        position: Of the operation.
        data: Its bytes.
        room: Bytes of a message at most.

    Raises:
        OperationError: It is larger than any robot would take.
    """
    size = max(room - OVERHEAD, 1024)
    parts = max(1, math.ceil(len(data) / size))
    if parts > MOST_PARTS or len(data) > MOST_BYTES:
        raise OperationError(
            f"operation {position.number} has {len(data) / 1e6:.0f} MB, over the {MOST_BYTES / 1e6:.0f} of a fleet: "
            "raise max_payload of the server if its messages are small"
        )
    for part in range(parts):
        yield replace(position, part=part + 1, parts=parts), data[part * size : (part + 1) * size]


class Assembler:
    """Puts the parts of large operations together; each subject has at most one that is not whole yet."""

    def __init__(self) -> None:
        self._unfinished: dict[str, _Unfinished] = {}

    @property
    def first(self) -> int | None:
        """The lowest sequence number of a part that waits for others; None = none waits."""
        return min((each.first for each in self._unfinished.values()), default=None)

    def take(self, subject: str, position: Position, data: bytes, sequence: int) -> tuple[int, bytes] | None:
        """A part that came; the number of the first part and the whole operation once all of its parts are there.

        Raises:
            OperationError: It grows beyond what is taken.
        """
        unfinished = self._unfinished.get(subject)
        if unfinished is None or (unfinished.whole, unfinished.parts) != (position.whole, position.parts):
            self._unfinished.pop(subject, None)
            if position.parts == 1:
                return sequence, data
            unfinished = self._unfinished[subject] = _Unfinished(position, sequence)
        unfinished.data[position.part] = data
        if sum(map(len, unfinished.data.values())) > MOST_BYTES:
            del self._unfinished[subject]
            raise OperationError(f"operation {position.number} is larger than {MOST_BYTES / 1e6:.0f} MB")
        if len(unfinished.data) < position.parts:
            return None
        del self._unfinished[subject]
        return unfinished.first, b"".join(unfinished.data[part] for part in sorted(unfinished.data))


class _Unfinished:
    def __init__(self, position: Position, first: int) -> None:
        self.whole, self.parts, self.first = position.whole, position.parts, first
        self.data: dict[int, bytes] = {}
