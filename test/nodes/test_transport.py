# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.private_domain import private_domain
from vfrt_ros.nodes.transport import (
    LARGE_PROFILE,
    PROFILE,
    PROFILES,
    PROFILES_HERE,
    TRANSPORTS,
    make_room_for_images,
    room_is_short,
)
from vfrt_ros.parameter_file import config_folders

CONFIG = config_folders()[0]
LARGE = "-p", "size:=[3840, 2160]"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "arguments", "expected"),
    [
        ({}, (), PROFILE),
        ({TRANSPORTS: ""}, (), PROFILE),
        ({}, ("-p", "size:=[1920, 1080]"), PROFILE),
        ({}, LARGE, LARGE_PROFILE),
        ({}, ("-p", "camera:size:=3840x2160"), LARGE_PROFILE),
        ({"VFRT_SIZE": "3840x2160"}, (), LARGE_PROFILE),
        ({"VFRT_SIZE": "3840x2160"}, ("-p", "size:=[640, 480]"), PROFILE),
        ({}, ("-p", "size:=nonsense"), PROFILE),
    ],
    ids=["nothing", "set to nothing", "1080p", "4K", "4K by node", "variable", "typed wins", "nonsense"],
)
def test_fast_dds_gets_a_profile_for_the_size(
    environment: dict[str, str], arguments: tuple[str, ...], expected: str
) -> None:
    make_room_for_images(environment, arguments)
    assert [environment[name] for name in PROFILES] == [str(CONFIG / expected)] * 2


@pytest.mark.parametrize(
    "environment",
    [{TRANSPORTS: "UDPv4"}, {PROFILES[0]: "mine.xml"}, {PROFILES[1]: "mine.xml"}],
    ids=["transports chosen", "own profiles", "own profiles, new name"],
)
def test_what_the_person_has_configured_stays(environment: dict[str, str]) -> None:
    before = dict(environment)
    make_room_for_images(environment)
    assert environment == before


def test_a_profile_in_the_working_folder_stays(elsewhere: Path) -> None:
    (elsewhere / PROFILES_HERE).write_text("<profiles/>")
    environment: dict[str, str] = {}
    make_room_for_images(environment)
    assert environment == {}


def test_the_two_profiles_differ_in_their_room_alone() -> None:
    usual, large = (
        re.sub("(?s)<!--.*?-->", "", (CONFIG / name).read_text()) for name in (PROFILE, LARGE_PROFILE)
    )
    assert _segment(usual) > 2.5 * 3 * 1920 * 1080
    assert _segment(large) > 2.5 * 3 * 3840 * 2160
    assert usual.replace(str(_segment(usual)), str(_segment(large))) == large


@pytest.mark.parametrize(
    ("size", "room", "short"),
    [
        ((640, 480), 512 * 1024, True),
        ((640, 480), 2 * 2**20, False),
        ((3840, 2160), 16 * 2**20, True),
        ((640, 480), 0, False),
    ],
    ids=["as Fast DDS comes", "two frames", "4K with the usual profile", "no shared memory"],
)
def test_too_little_room_is_told(size: tuple[int, int], room: int, short: bool) -> None:
    assert bool(room_is_short(size, room)) is short


NODE = """
import os, sys
from vfrt_ros.nodes.transport import make_room_for_images, shared_memory
make_room_for_images(os.environ, sys.argv)
import rclpy
rclpy.init()
node = rclpy.create_node("roomy")
print("room", shared_memory())
"""


@pytest.mark.parametrize("name", ["SUBNET", "LOCALHOST", "SYSTEM_DEFAULT"])
def test_fast_dds_gives_that_much_with_every_discovery_range(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(private_domain()))
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", name)
    for variable in (TRANSPORTS, *PROFILES):
        monkeypatch.delenv(variable, raising=False)
    for arguments, file in (((), PROFILE), (LARGE, LARGE_PROFILE)):
        ran = subprocess.run(
            [sys.executable, "-c", NODE, *arguments], capture_output=True, text=True, timeout=60
        )
        room = int(ran.stdout.partition("room ")[2] or 0)
        assert room >= _segment((CONFIG / file).read_text()), ran.stdout + ran.stderr


def _segment(text: str) -> int:
    return int(re.findall(r"<segment_size>(\d+)<", text)[0])
