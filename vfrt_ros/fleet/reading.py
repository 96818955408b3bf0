# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How far a robot has read its fleet's stream, as facts beside its memory's log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """Up to where the stream was dealt with.

    Attributes:
        stream: When the stream was made; another time is another stream.
        sequence: Number of the last message that was dealt with; 0 = none.
        mark: What that message was, to tell a stream that was put back from a backup and has gone on otherwise.
    """

    stream: str = ""
    sequence: int = 0
    mark: str = ""


@dataclass(slots=True)
class StreamReading:
    """The place in one fleet's stream, and who publishes which robot's operations there.

    A robot id belongs to the name that published it first in the stream: all who read the stream agree on that.

    Attributes:
        fleet: Name of the fleet.
        place: Where this robot is.
        owners: Name by robot id, in this stream.
    """

    fleet: str
    place: StreamPlace = field(default_factory=StreamPlace)
    owners: dict[str, str] = field(default_factory=dict)
    _fresh: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, fleet: str, meta: Mapping[str, str]) -> StreamReading:
        """As it was written last."""
        try:
            stream, sequence, mark = json.loads(meta.get(_key(fleet), "[]"))
            place = StreamPlace(str(stream), int(sequence), str(mark))
        except (ValueError, TypeError):
            place = StreamPlace()
        prefix = _key(fleet) + " owner "
        owners = {}
        for key, value in meta.items():
            name, _, stream = value.partition(" ")
            if key.startswith(prefix) and stream == place.stream:
                owners[key.removeprefix(prefix)] = name
        return cls(fleet, place, owners)

    def begin(self, stream: str) -> None:
        """Read this stream from its beginning."""
        self.place = StreamPlace(stream)
        self.owners, self._fresh = {}, {}

    def own(self, robot: str, name: str) -> str:
        """Whose a robot id is; its first publisher's."""
        if robot not in self.owners:
            self.owners[robot] = self._fresh[robot] = name
        return self.owners[robot]

    def facts(self, place: StreamPlace) -> dict[str, str]:
        """The facts to write beside the log so that reading goes on behind `place`."""
        owners = {
            f"{_key(self.fleet)} owner {robot}": f"{name} {place.stream}"
            for robot, name in self._fresh.items()
        }
        return {_key(self.fleet): json.dumps([place.stream, place.sequence, place.mark]), **owners}

    def written(self) -> None:
        """The facts are on the disk."""
        self._fresh = {}


def _key(fleet: str) -> str:
    return f"fleet {fleet}"
