# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Damage to files: flipped bits, cut ends, wiped blocks."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

BLOCK = 512


def flip_one(data: bytearray, dice: random.Random) -> bytearray:
    """One bit, anywhere."""
    return _flip(data, dice, 1)


def flip_many(data: bytearray, dice: random.Random) -> bytearray:
    """2 to 64 bits, anywhere."""
    return _flip(data, dice, dice.randint(2, 64))


def flip_header(data: bytearray, dice: random.Random) -> bytearray:
    """One bit of the first 100 bytes, where SQLite's header is."""
    return _flip(data, dice, 1, 100)


def cut(data: bytearray, dice: random.Random) -> bytearray:
    """The file ends early; one in ten is empty."""
    return data[: 0 if dice.random() < 0.1 else dice.randrange(len(data))]


def cut_block(data: bytearray, dice: random.Random) -> bytearray:
    """The file ends early, at the end of a block, as a file system leaves it."""
    return data[: dice.randrange(1 + len(data) // BLOCK) * BLOCK]


def wipe(data: bytearray, dice: random.Random) -> bytearray:
    """1 to 8 blocks of zeros."""
    first = dice.randrange(1 + len(data) // BLOCK) * BLOCK
    length = min(dice.randint(1, 8) * BLOCK, len(data) - first)
    data[first : first + length] = bytes(length)
    return data


def _flip(data: bytearray, dice: random.Random, count: int, within: int | None = None) -> bytearray:
    for _ in range(count):
        place = dice.randrange(min(within or len(data), len(data)))
        data[place] ^= 1 << dice.randrange(8)
    return data


DAMAGES: dict[str, Callable[[bytearray, random.Random], bytearray]] = {
    "one bit": flip_one,
    "2 to 64 bits": flip_many,
    "a bit of the header": flip_header,
    "cut": cut,
    "cut at a block": cut_block,
    "blocks wiped": wipe,
}


def damage(path: Path, dice: random.Random) -> str:
    """Do one of these to a file that is not empty.

    Returns:
        What was done to which file, in words; empty = the file is as it was.
    """
    before = path.read_bytes()
    kind = dice.choice(list(DAMAGES))
    after = bytes(DAMAGES[kind](bytearray(before), dice))
    path.write_bytes(after)
    return "" if after == before else kind
