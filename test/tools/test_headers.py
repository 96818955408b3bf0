# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Every file says whose it is and under which licence."""

from __future__ import annotations

import shutil

import pytest

from tools.headers import ROOT, files, has_header


@pytest.mark.skipif(shutil.which("git") is None or not (ROOT / ".git").exists(), reason="not a git checkout")
def test_every_file_has_its_copyright_and_licence() -> None:
    paths = files()
    assert len(paths) > 500
    lacking = [str(path.relative_to(ROOT)) for path in paths if not has_header(path.read_text("utf-8"))]
    assert lacking == [], "run python -m tools.headers"
