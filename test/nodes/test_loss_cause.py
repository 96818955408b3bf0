# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Why frames get lost, by where they come from and what limits there are; each cause has a cure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vfrt_ros.nodes.loss_cause import ROOM, Cause, cure, find_cause, receive_limit
from vfrt_ros.nodes.transport import LARGE_PROFILE, PROFILE, PROFILES, TRANSPORTS

OWN = bytes.fromhex("010f78fd883416910000000000000303")
NEIGHBOUR = bytes.fromhex("010f78fd5f2200000000000000000303")
ELSEWHERE = bytes.fromhex("010f11115f2200000000000000000303")
CYCLONE = bytes.fromhex("0110abcd5f2200000000000000000303")
BIG, SMALL = 8 * ROOM, 212_992
CASES = {
    "another host, small sockets": ([ELSEWHERE], OWN, False, SMALL, {}, Cause.SOCKET_LIMIT),
    "another host, raw": ([ELSEWHERE], OWN, False, BIG, {}, Cause.RAW_OVER_NETWORK),
    "another host, compressed": ([ELSEWHERE], OWN, True, BIG, {}, Cause.NETWORK),
    "another host, compressed, small sockets": ([ELSEWHERE], OWN, True, SMALL, {}, Cause.SOCKET_LIMIT),
    "another host, sockets unknown": ([ELSEWHERE], OWN, False, None, {}, Cause.RAW_OVER_NETWORK),
    "one here, one there": ([NEIGHBOUR, ELSEWHERE], OWN, False, BIG, {}, Cause.RAW_OVER_NETWORK),
    "this host": ([NEIGHBOUR], OWN, False, SMALL, {}, Cause.SENDER_MEMORY),
    "this host, our profile": (
        [NEIGHBOUR],
        OWN,
        False,
        SMALL,
        {PROFILES[1]: f"/x/{PROFILE}"},
        Cause.SENDER_MEMORY,
    ),
    "this host, own transports": (
        [NEIGHBOUR],
        OWN,
        False,
        BIG,
        {TRANSPORTS: "UDPv4"},
        Cause.OWN_CONFIGURATION,
    ),
    "this host, own profile": (
        [NEIGHBOUR],
        OWN,
        False,
        BIG,
        {PROFILES[0]: "my.xml"},
        Cause.OWN_CONFIGURATION,
    ),
    "another middleware": ([CYCLONE], OWN, False, SMALL, {}, Cause.UNKNOWN),
    "nobody any more": ([], OWN, False, SMALL, {}, Cause.UNKNOWN),
    "this process is not in the graph yet": ([NEIGHBOUR], None, False, SMALL, {}, Cause.UNKNOWN),
    "this process has another middleware": ([CYCLONE], CYCLONE, False, SMALL, {}, Cause.UNKNOWN),
}


@pytest.mark.parametrize(
    ("senders", "own", "compressed", "limit", "environment", "cause"), CASES.values(), ids=CASES
)
def test_causes(senders, own, compressed, limit, environment, cause) -> None:
    found = find_cause(senders, own, compressed=compressed, limit=limit, environment=environment)
    assert found is cause


@pytest.mark.parametrize("cause", Cause)
def test_each_has_a_cure(cause: Cause) -> None:
    assert bool(cure(cause, 24_883_200)) is (cause is not Cause.NONE)


ROOM_FOR = {
    "640x480": (921_600, PROFILE),
    "1920x1080": (6_220_800, PROFILE),
    "4K": (24_883_200, LARGE_PROFILE),
}


@pytest.mark.parametrize(("image_bytes", "profile"), ROOM_FOR.values(), ids=ROOM_FOR)
def test_the_driver_gets_a_profile_that_is_there_and_has_room(image_bytes: int, profile: str) -> None:
    match = re.search(
        r"FASTRTPS_DEFAULT_PROFILES_FILE=(\S+) in its environment", cure(Cause.SENDER_MEMORY, image_bytes)
    )
    assert match is not None
    assert Path(match[1]).name == profile
    assert Path(match[1]).is_file()


LIMITS = {"a number": ("212992\n", 212_992), "no number": ("many\n", None)}


@pytest.mark.parametrize(("text", "limit"), LIMITS.values(), ids=LIMITS)
def test_the_limit_of_this_host(tmp_path, text: str, limit: int | None) -> None:
    (tmp_path / "rmem_max").write_text(text)
    assert receive_limit(tmp_path / "rmem_max") == limit
    assert receive_limit(tmp_path / "nothing") is None
