# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A failure in a process of its own is told in its own words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")

from vfrt_ros.bench.isolated import BenchError, Steps, isolated
from vfrt_ros.core.report.snapshot import check_name

FAILURES: dict[str, tuple[Callable[..., Any], dict[str, str], str]] = {
    "an error of ours": (check_name, {"name": ".."}, "A snapshot's name must be letters"),
    "another": (json.loads, {"s": "{"}, "json.decoder.JSONDecodeError: Expecting property name"),
}


@pytest.mark.parametrize(("function", "options", "words"), FAILURES.values(), ids=FAILURES.keys())
def test_a_failure_is_told_without_the_place_in_our_code(
    tmp_path: Path, function: Callable[..., Any], options: dict[str, str], words: str
) -> None:
    steps = Steps(function, tmp_path / "log", **options)
    for fail in (lambda: isolated(function, **options), lambda: steps.take(1)):
        with pytest.raises(BenchError) as raised:
            fail()
        assert str(raised.value).startswith(words)
    steps.close()
