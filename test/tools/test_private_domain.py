# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Two processes never get the same ROS domain, and a domain is free again when its process has ended."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tools import private_domain as module
from tools.private_domain import lent_domain, private_domain

ASK = "from tools.private_domain import private_domain; print(private_domain(), flush=True); input()"


def start() -> subprocess.Popen:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", ASK], stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_it_is_one_processs_own(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    processes = [start() for _ in range(3)]
    domains = [int(process.stdout.readline()) for process in processes]
    for process in processes:
        process.communicate("\n")
    assert len(set(domains)) == 3


def test_it_is_the_same_again_in_one_process_and_an_error_where_all_are_taken(monkeypatch, tmp_path) -> None:
    assert private_domain() == private_domain()
    monkeypatch.setattr(module.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(module, "DOMAINS", range(5, 6))
    with lent_domain() as domain:
        assert domain == 5
        with pytest.raises(RuntimeError, match="All ROS domains of 5 to 5 are in use"), lent_domain():
            pass
    with lent_domain() as again:
        assert again == 5


def test_a_domain_is_lent_again_only_after_all_others(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(module.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(module, "DOMAINS", range(5, 8))
    lent = []
    for _ in range(6):
        with lent_domain() as domain:
            lent.append(domain)
    assert (sorted(lent[:3]), lent[3:]) == ([5, 6, 7], lent[:3])
