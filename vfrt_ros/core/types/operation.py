# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""An operation: one thing that was done to a memory, as every robot of a fleet keeps it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple


class Kind(StrEnum):
    """The kinds of operation."""

    TEACH = "teach"
    FORGET = "forget"
    RELABEL = "relabel"
    PROMPTS = "prompts"
    UNDO = "undo"
    REDO = "redo"

    @property
    def switches(self) -> bool:
        """Whether it only puts other operations out of force or back in force."""
        return self in (Kind.UNDO, Kind.REDO)


class OperationId(NamedTuple):
    """Names an operation on every robot, for ever.

    >>> str(OperationId("a1b2", 7)), OperationId.parse("a1b2:7")
    ('a1b2:7', OperationId(robot='a1b2', number=7))
    """

    robot: str
    number: int

    def __str__(self) -> str:
        return f"{self.robot}:{self.number}"

    @classmethod
    def parse(cls, text: str) -> OperationId:
        """The id that `str` gave.

        Args:
            text: `robot:number`.

        Raises:
            ValueError: Not of the form `robot:number`.
        """
        robot, colon, number = text.rpartition(":")
        if not (robot and colon and number.isascii() and number.isdecimal() and int(number) > 0):
            raise ValueError(f"Expected an operation as robot:number; got '{text}'.")
        return cls(robot, int(number))


class ExampleId(NamedTuple):
    """Names an example: the operation that taught it and its place there, from 0.

    >>> str(ExampleId(OperationId("a1b2", 7), 0)), ExampleId.parse("a1b2:7:0").place
    ('a1b2:7:0', 0)
    """

    operation: OperationId
    place: int

    def __str__(self) -> str:
        return f"{self.operation.robot}:{self.operation.number}:{self.place}"

    @classmethod
    def parse(cls, text: str) -> ExampleId:
        """The id that `str` gave.

        Args:
            text: `robot:number:place`.

        Raises:
            ValueError: Not of the form `robot:number:index`.
        """
        head, colon, index = text.rpartition(":")
        if not (colon and index.isascii() and index.isdecimal()):
            raise ValueError(f"Expected an example as robot:number:index; got '{text}'.")
        return cls(OperationId.parse(head), int(index))


NO_END: Final = 2**62
"""Numbers, places and clocks of operations lie below this, which a database and MessagePack hold."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One entry of the log; it never changes.

    Attributes:
        robot: Random id of the memory that it was made in.
        number: Counts that robot's operations from 1, without gaps.
        clock: Hybrid logical time: milliseconds since the epoch times 2^16, plus a counter; see `clock.py`.
        kind: What it does.
        payload: What it does it to and with; see `payload.py`.
        checksum: 32 bytes, BLAKE2b over all the above.
    """

    robot: str
    number: int
    clock: int
    kind: Kind
    payload: bytes
    checksum: bytes

    @classmethod
    def make(cls, robot: str, number: int, clock: int, kind: Kind, payload: bytes) -> Operation:
        """A new operation with its checksum.

        Args:
            robot: Id of the memory that makes it.
            number: From 1, one more than the last.
            clock: Reading of the robot's hybrid clock.
            kind: What it does.
            payload: What it carries, as bytes.
        """
        return cls(robot, number, clock, kind, payload, checksum_of(robot, number, clock, kind, payload))

    @property
    def id(self) -> OperationId:
        """Its name."""
        return OperationId(self.robot, self.number)

    @property
    def order(self) -> tuple[int, str, int]:
        """Its place among all operations, the same on every robot."""
        return self.clock, self.robot, self.number

    @property
    def is_whole(self) -> bool:
        """Whether it is as it was made."""
        return self.checksum == checksum_of(self.robot, self.number, self.clock, self.kind, self.payload)


def checksum_of(robot: str, number: int, clock: int, kind: str, payload: bytes) -> bytes:
    """32 bytes of BLAKE2b over an operation's fields, each with its length, so that none runs into the next.

    Args:
        robot, number, clock, kind, payload: The operation's fields.
    """
    head = b"".join(
        len(part).to_bytes(4, "big") + part
        for part in (robot.encode(), str(number).encode(), str(clock).encode(), kind.encode())
    )
    digest = hashlib.blake2b(head, digest_size=32)
    digest.update(payload)
    return digest.digest()
