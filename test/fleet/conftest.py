# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A real server on loopback, and robots that end with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fixtures.fleet import Robot, Server, running_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path / "server") as server:
        yield server


@pytest.fixture
def robot(server: Server) -> Iterator[Callable[..., Robot]]:
    """Makes robots."""
    made: list[Robot] = []

    def make(name: str, *args: object, **options: object) -> Robot:
        made.append(Robot(name, server, *args, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.close()
