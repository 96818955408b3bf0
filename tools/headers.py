# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Write the copyright and licence lines at the head of every file that has none: `python -m tools.headers`."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEADER = "# Copyright vfrt developers\n# SPDX-License-Identifier: Apache-2.0\n"
KINDS = {".py", ".sh", ".yaml", ".yml", ".msg", ".srv"}


def files() -> list[Path]:
    """The files that carry the header: Python, shell, YAML, interfaces and CMake, as far as git knows them."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [p for p in paths if (p.suffix in KINDS or p.name == "CMakeLists.txt") and p.is_file()]


def has_header(text: str) -> bool:
    """Whether a text begins with the header, behind its `#!` line if it has one.

    >>> has_header(HEADER + "x = 1"), has_header("#!/bin/sh\\n" + HEADER), has_header("x = 1")
    (True, True, False)
    """
    return _split(text)[1].startswith(HEADER)


def with_header(text: str) -> str:
    """The text with the header, once.

    >>> with_header("#!/bin/sh\\ntrue\\n").splitlines()[::3]
    ['#!/bin/sh', 'true']
    """
    first, rest = _split(text)
    return text if has_header(text) else first + HEADER + rest


def _split(text: str) -> tuple[str, str]:
    """The `#!` line, and all behind it."""
    end = text.index("\n") + 1 if text.startswith("#!") else 0
    return text[:end], text[end:]


if __name__ == "__main__":
    for path in files():
        path.write_text(with_header(path.read_text(encoding="utf-8")), encoding="utf-8")
