# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Point the CMake files of the ROS wheels at this venv's Python and numpy.

The wheels export the include folders of the machine that built them, and
rosidl_generate_interfaces stops at a folder that does not exist.
"""

import re
import sys
import sysconfig
from pathlib import Path

import numpy

BUILD_MACHINE = re.compile(r'/opt/python/[^;"\s]*')


def local_folder(match: re.Match[str]) -> str:
    return numpy.get_include() if "numpy" in match.group() else sysconfig.get_paths()["include"]


for file in Path(sys.prefix, "share").rglob("*.cmake"):
    text = file.read_text()
    repaired = BUILD_MACHINE.sub(local_folder, text)
    if repaired != text:
        file.write_text(repaired)
        print(f"repaired {file}")
