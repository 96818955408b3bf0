# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Doctor's hint where our nodes run in another ROS domain of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vfrt_ros.cli.doctor.check_result import CheckResult, Level
from vfrt_ros.client.domain import HIGHEST, domain_id

_FIRST_PORT, _PORTS_A_DOMAIN = 7400, 250
"""Source: DDSI-RTPS 9.6.1.1; every participant listens at its domain's first port to multicast."""
_MOST = 12
_PATIENCE_SECONDS = 0.9


def check_other_domains(addresses: list[str]) -> list[CheckResult]:
    """Look for our nodes in the other domains that are in use here; nothing where they are in none.

    Args:
        addresses: Full names of the nodes.
    """
    own = domain_id()
    others = [domain for domain in domains_in_use() if domain != own][:_MOST]
    return [result for domain in others if (result := _look(domain, own, addresses))]


def domains_in_use(tables: tuple[str, ...] = ("/proc/net/udp", "/proc/net/udp6")) -> list[int]:
    """The ROS domains in which a process of this machine takes part, told from the ports that are open.

    Args:
        tables: The kernel's tables of UDP sockets; elsewhere than on Linux there are none.
    """
    ports = {port for table in tables if Path(table).is_file() for port in _ports(Path(table))}
    return [d for d in range(HIGHEST + 1) if _FIRST_PORT + _PORTS_A_DOMAIN * d in ports]


def _ports(table: Path) -> Iterator[int]:
    for line in table.read_text(encoding="ascii", errors="replace").splitlines()[1:]:
        local = line.split()[1]
        yield int(local.rpartition(":")[2], 16)


def _look(domain: int, own: int, addresses: list[str]) -> CheckResult | None:
    from vfrt_ros.client.node_client import NodeClient

    with _in_domain(domain), NodeClient(addresses[0], patience=_PATIENCE_SECONDS) as client:
        there = sorted(client.wait_for_nodes(addresses))
    if not there:
        return None
    verb = "runs" if len(there) == 1 else "run"
    text = f"{' and '.join(there)} {verb} in ROS_DOMAIN_ID {domain}, and this shell is in {own}"
    return CheckResult("domain", Level.NOTE, text, f"export ROS_DOMAIN_ID={domain} in this shell")


@contextmanager
def _in_domain(domain: int) -> Iterator[None]:
    """Participants that are created meanwhile are in this domain."""
    before = os.environ.get("ROS_DOMAIN_ID")
    os.environ["ROS_DOMAIN_ID"] = str(domain)
    try:
        yield
    finally:
        if before is None:
            del os.environ["ROS_DOMAIN_ID"]
        else:
            os.environ["ROS_DOMAIN_ID"] = before
