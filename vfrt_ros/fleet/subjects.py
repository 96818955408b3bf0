# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Names in NATS: the stream of a fleet, and the subject under which a robot publishes.

`vfrt.<fleet>.<space>.<name>.<robot>`: fleet and space keep apart what does not belong together; the server can let a
robot publish under its own name only; the last part is the random id of the memory.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from vfrt_ros.core.types.encoder_identity import EncoderIdentity

_ROOT = "vfrt"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who published a message: the space of its encoder, its name, and the robot id whose operations it carries."""

    space: str
    name: str
    robot: str


@dataclass(frozen=True, slots=True)
class Subjects:
    """The names of one fleet.

    Attributes:
        fleet: Its name: letters, digits, `-` and `_`.
    """

    fleet: str

    @property
    def stream(self) -> str:
        """The stream that keeps its operations."""
        return f"{_ROOT}_{self.fleet}"

    @property
    def all(self) -> str:
        """Every subject of the fleet."""
        return f"{_ROOT}.{self.fleet}.>"

    def of_space(self, space: str) -> str:
        """Every subject of a space."""
        return f"{_ROOT}.{self.fleet}.{space}.*.*"

    def of(self, sender: Sender) -> str:
        """The subject of a sender."""
        return f"{_ROOT}.{self.fleet}.{sender.space}.{sender.name}.{sender.robot}"


def sender_of(subject: str) -> Sender | None:
    """Who publishes under a subject; None = it is not one of vfrt's.

    >>> sender_of("vfrt.default.a1b2-float.desk.3f9a1c07be52").name
    'desk'
    """
    parts = subject.split(".")
    if len(parts) != 5 or parts[0] != _ROOT or not all(_TOKEN.fullmatch(part) for part in parts[1:]):
        return None
    return Sender(*parts[2:])


def space_token(encoder: EncoderIdentity) -> str:
    """The space of an encoder as part of a subject; another text stands for one that a subject cannot hold."""
    if _TOKEN.fullmatch(encoder.space):
        return encoder.space
    return hashlib.blake2b(encoder.space.encode(), digest_size=16).hexdigest()
