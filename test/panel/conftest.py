# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A panel's client beside a real recognition node with the fake encoder, in one process."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")

from fixtures.waiting import wait_for
from nodes.conftest import Ros, ros
from nodes.recognition_bench import RecognitionBench

__all__ = ["ros"]

ADDRESS = "/recognition"


@pytest.fixture(autouse=True)
def own_main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit puts a page in the place of `__main__`, which a later test's child processes would run."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(autouse=True)
def fake_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fake encoder."""
    monkeypatch.setenv("VFRT_BACKBONE", "fake")


@pytest.fixture
def domain(lonely_domain: int) -> int:
    """One for each test."""
    return lonely_domain


@pytest.fixture
def bench(ros: Ros) -> RecognitionBench:
    """The node `/recognition`."""
    return RecognitionBench(ros)


@pytest.fixture
def client(ros: Ros) -> Iterator[object]:
    """A client of `/recognition`, which need not be there."""
    from vfrt_ros.panel.panel_client import PanelClient

    with PanelClient(ADDRESS) as client:
        yield client


@pytest.fixture
def met(bench: RecognitionBench, client: object) -> object:
    """A client that has found the node and read its parameters."""
    wait_for(
        lambda: client.recognition.answers and client.parameters.entries(), "the node and its parameters"
    )
    return client
