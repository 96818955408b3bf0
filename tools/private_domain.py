# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A ROS domain for one process and its children, so that runs on one machine don't meet."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

DOMAINS = range(1, 101)
"""Domains whose ports are free on every system (docs.ros.org, "The ROS_DOMAIN_ID")."""


@functools.cache
def private_domain() -> int:
    """The same `ROS_DOMAIN_ID` at each call, this process's own until it ends.

    Raises:
        RuntimeError: All are taken.
    """
    return _take()[0]


@contextlib.contextmanager
def lent_domain() -> Iterator[int]:
    """A `ROS_DOMAIN_ID` that is this process's own until the block ends, and was not lent lately.

    Raises:
        RuntimeError: All are taken.
    """
    domain, handle = _take()
    try:
        yield domain
    finally:
        os.close(handle)


_turns = itertools.count(os.getpid())


def _take() -> tuple[int, int]:
    """A domain and its lock, a file in the temporary folder; the kernel frees it with the process at the latest."""
    first = next(_turns) % len(DOMAINS)
    for domain in (*DOMAINS[first:], *DOMAINS[:first]):
        # Another user's file, or another process's lock.
        with contextlib.suppress(OSError):
            path = Path(tempfile.gettempdir()) / f"vfrt-domain-{domain}.lock"
            handle = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(handle)
                raise
            return domain, handle
    raise RuntimeError(f"All ROS domains of {DOMAINS.start} to {DOMAINS.stop - 1} are in use by other runs.")
