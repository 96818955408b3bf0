# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The core's messages to Python's log, in the node's log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

CORE = "vfrt_ros"


class NodeLogHandler(logging.Handler):
    """Passes each record on to a ROS logger, at its level."""

    def __init__(self, logger: Any) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        text = record.getMessage()
        if record.levelno >= logging.ERROR:
            self._logger.error(text)
        elif record.levelno >= logging.WARNING:
            self._logger.warning(text)
        else:
            self._logger.info(text)


def forward_core_log(logger: Any) -> Callable[[], None]:
    """Send the core's log to a ROS logger, until what this returns is called."""
    core, handler = logging.getLogger(CORE), NodeLogHandler(logger)
    core.addHandler(handler)
    return lambda: core.removeHandler(handler)
