# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
import re
from pathlib import Path

from setuptools import find_packages, setup

# The programs hear Ctrl-C from their first line on. What setuptools writes looks the program up first, for a fifth of
# a second on a busy machine, and answers a signal meanwhile with a traceback.
PROGRAM = """# Made by setup.py of vfrt_ros.
import os
import signal
import sys

NAME = %(name)r
STATUS = 130 if NAME == "vfrt" else 0


def main():
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: os._exit(STATUS))
    from importlib import import_module

    program = import_module("vfrt_ros.cli.entry_point" if NAME == "vfrt" else "vfrt_ros.nodes.entry_points")
    sys.exit(getattr(program, NAME)())


if __name__ == "__main__":  # a process of multiprocessing reads this file too
    main()
"""
try:
    from setuptools.command.easy_install import ScriptWriter
except ImportError:  # setuptools 80 on, with which colcon installs by pip
    pass
else:
    ScriptWriter.template = PROGRAM


def files(folder: str, pattern: str) -> tuple[str, list[str]]:
    return f"share/vfrt_ros/{folder}", sorted(str(file) for file in Path(folder).glob(pattern))


setup(
    name="vfrt_ros",
    version=re.search(r'__version__ = "(.+)"', Path("vfrt_ros/__init__.py").read_text()).group(1),
    description="Open-world recognition of what a camera looks at, taught by showing",
    license="Apache-2.0",
    maintainer="vfrt developers",
    maintainer_email="vfrt@example.org",
    packages=find_packages(include=["vfrt_ros", "vfrt_ros.*"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/vfrt_ros"]),
        ("share/vfrt_ros", ["package.xml"]),
        files("config", "*.yaml"),
        files("config", "*.perspective"),
        files("config", "*.xml"),
        files("config/fleet", "*.conf"),
        files("config/sros2", "*.xml"),
        files("launch", "*.launch.py"),
    ],
    zip_safe=False,
    entry_points={
        "console_scripts": [
            "vfrt = vfrt_ros.cli.entry_point:vfrt",
            "camera_node = vfrt_ros.nodes.entry_points:camera_node",
            "recognition_node = vfrt_ros.nodes.entry_points:recognition_node",
        ],
    },
)
