# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The Fast DDS settings that our nodes start with: room for images, and announcements that come often.

Room: Fast DDS gives each process 512 kB of shared memory, less than one frame of 640x480 (921 kB), and a
best-effort publisher then overwrites fragments that nobody has read yet. It is the publisher's side that counts.
The room is asked for in a profile: the variable `FASTDDS_BUILTIN_TRANSPORTS` is not looked at where rmw_fastrtps
sets transports of its own, as it does for `ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST`; the transports of a profile
come before those, and the first of each kind is used.

Announcements: a participant of Fast DDS announces itself before it listens (`RTPSParticipantImpl::enable`). The
answers to that come within a fifth of a millisecond and once only, so where another processor core is quick they
are thrown away. The newcomer then hears of a node with the node's next periodic announcement, by default up to
three seconds later. See docs/network.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path

from vfrt_ros.parameter_file import config_folders

TRANSPORTS = "FASTDDS_BUILTIN_TRANSPORTS"
PROFILES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
"""The variables that Fast DDS 2 and 3 look at."""
PROFILES_HERE = "DEFAULT_FASTRTPS_PROFILES.xml"
"""A file of this name in the working folder is read, too."""

PROFILE, LARGE_PROFILE = "fastdds.xml", "fastdds_4k.xml"
"""Files of the package's config folder."""
LARGEST_USUAL = (1920, 1080)
"""Width and height up to which `PROFILE` has room for more than two frames."""

_SIZE = re.compile(r"(?:.*:)?size:=(.*)")
_NUMBERS = re.compile(r"\d+")


def make_room_for_images(environment: MutableMapping[str, str], arguments: Sequence[str] = ()) -> None:
    """Give Fast DDS our profile, unless the person has configured it; to be called before a node is made.

    Args:
        environment: `os.environ`, or a test's.
        arguments: The command line of a node that publishes frames: `-p size:=…` there, or else `VFRT_SIZE`,
            chooses the profile. Of a parameter file it is too early to know.
    """
    if is_configured(environment):
        return
    name = LARGE_PROFILE if _is_large(arguments, environment) else PROFILE
    path = next((folder / name for folder in config_folders() if (folder / name).is_file()), None)
    if path is not None:
        environment.update(dict.fromkeys(PROFILES, str(path)))


def is_configured(environment: Mapping[str, str]) -> bool:
    """Whether the person has configured Fast DDS: by a variable, or by a file in the working folder."""
    return any(environment.get(name) for name in (TRANSPORTS, *PROFILES)) or Path(PROFILES_HERE).exists()


def shared_memory() -> int:
    """Bytes of shared memory that Fast DDS has for what this process publishes; 0 = none, or none yet."""
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return 0
    parts = [line.split() for line in lines if "/dev/shm/fastrtps_" in line and "_port" not in line]
    sizes = [int(end, 16) - int(begin, 16) for begin, _, end in (part[0].partition("-") for part in parts)]
    return max(sizes, default=0)


def room_is_short(size: tuple[int, int], room: int) -> str:
    """One line for the log where frames of this size do not fit into that much shared memory, else an empty text.

    Args:
        size: Width and height in pixels, of three bytes each.
        room: As `shared_memory` gives it; nothing is said where there is none, for then other transports work.
    """
    needed = 2 * 3 * size[0] * size[1]
    if not room or room >= needed:
        return ""
    name = LARGE_PROFILE if size[0] * size[1] > LARGEST_USUAL[0] * LARGEST_USUAL[1] else PROFILE
    return (
        f"Fast DDS has {room / 2**20:.1f} MB of shared memory here, and two frames of {size[0]}x{size[1]} take "
        f"{needed / 2**20:.1f} MB: some will not arrive. Set segment_size to {needed} or more in your profile, or "
        f"take {name} of vfrt_ros (docs/network.md)."
    )


def _is_large(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    typed = [match[1] for text in arguments if (match := _SIZE.fullmatch(text))]
    numbers = [int(text) for text in _NUMBERS.findall((typed or [environment.get("VFRT_SIZE", "")])[-1])[:2]]
    return len(numbers) == 2 and numbers[0] * numbers[1] > LARGEST_USUAL[0] * LARGEST_USUAL[1]
