# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A ROS domain for one process and its children, so that runs on one machine don't meet."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import tempfile
from pathlib import Path

DOMAINS = range(1, 101)
"""Domains whose ports are free on every system (docs.ros.org, "The ROS_DOMAIN_ID")."""


@functools.cache
def private_domain() -> int:
    """The same `ROS_DOMAIN_ID` at each call, this process's own until it ends; see `take_domain`."""
    return take_domain()


def take_domain() -> int:
    """Another `ROS_DOMAIN_ID` at each call, this process's own until it ends.

    Each domain is a lock file in the temporary folder; the kernel frees it with the process.

    Raises:
        RuntimeError: All are taken.
    """
    first = os.getpid() % len(DOMAINS)
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
            return domain
    raise RuntimeError(f"All ROS domains of {DOMAINS.start} to {DOMAINS.stop - 1} are in use by other runs.")
