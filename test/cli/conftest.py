# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A fake recognition node, and a way to run `vfrt` against it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools.private_domain import private_domain


@dataclass(frozen=True)
class Outcome:
    """What a run of `vfrt` left: exit status and both outputs."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The answer of `--json`."""
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def own_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A ROS domain of this process."""
    monkeypatch.setenv("ROS_DOMAIN_ID", str(private_domain()))
    monkeypatch.setenv("ROS_HOME", str(tmp_path / "ros"))


@pytest.fixture
def vfrt(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs `vfrt` in this process."""
    from vfrt_ros.cli.main import main

    def run(*arguments: str) -> Outcome:
        status = main(list(arguments))
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return run


@pytest.fixture
def fake(patient: None) -> Iterator[Any]:
    """A fake node named /recognition."""
    from cli.fake_recognition import FakeRecognition

    node = FakeRecognition()
    yield node
    node.close()
