# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Load and convert models by transformers without its bars and reports, which would disturb what the caller prints."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """While this is entered, transformers shows no progress and logs errors alone; it is not imported for that."""
    if "transformers" not in sys.modules:
        yield
        return
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
