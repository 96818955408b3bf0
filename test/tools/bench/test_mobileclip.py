# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from tools.bench import mobileclip
from vfrt_ros.core.encoders.open_clip.library import is_installed


def test_without_the_library_the_row_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mobileclip, "is_installed", lambda: False)
    (row,) = mobileclip.measure(quick=True)
    assert row.reached is None
    assert "pip install --no-deps -r requirements/open_clip.txt" in row.figure


@pytest.mark.skipif(not is_installed(), reason="open_clip is an extra that is not installed")
def test_the_architecture_itself_is_timed() -> None:
    found = mobileclip.watch(2)
    assert found["dimension"] == 512
    assert 0.0 < found["low ms"] <= found["ms"] <= found["high ms"]
