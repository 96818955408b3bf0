# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What the core logs reaches the node's log, while the node is there."""

from __future__ import annotations

import logging

import pytest

from vfrt_ros.nodes.self_starting_node import forward_core_log


class Logger:
    """Notes what it is given."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __getattr__(self, level: str):
        return lambda text: self.lines.append((level, text))


LEVELS = {"an error": (logging.ERROR, "error"), "a warning": (logging.WARNING, "warning")}


@pytest.mark.parametrize(("level", "name"), LEVELS.values(), ids=LEVELS.keys())
def test_a_line_of_the_core_is_passed_on_at_its_level(level: int, name: str) -> None:
    logger = Logger()
    stop = forward_core_log(logger)
    try:
        logging.getLogger("vfrt_ros.core.of_this_test").log(level, "%s was set aside", "memory.db")
    finally:
        stop()
    logging.getLogger("vfrt_ros.core.of_this_test").log(level, "nobody listens")
    assert logger.lines == [(name, "memory.db was set aside")]
