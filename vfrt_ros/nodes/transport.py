"""Room for images in the middleware's shared memory.

Fast DDS gives each process 512 kB of shared memory, less than one frame of 640x480 (921 kB). A best-effort
publisher then overwrites fragments that nobody has read yet: of 120 frames sent in 4 s, 22 to 42 arrived at a
subscriber of another process, and all 120 with room for a few frames. It is the publisher's side that counts.
"""

from __future__ import annotations

from collections.abc import MutableMapping

TRANSPORTS = "FASTDDS_BUILTIN_TRANSPORTS"
PROFILES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
ROOMY = "DEFAULT?sockets_size=8MB"
"""The transports that Fast DDS takes by itself, with larger buffers. Source: Fast DDS 2.14, environment."""


def make_room_for_images(environment: MutableMapping[str, str]) -> None:
    """Ask for larger buffers, unless the person has configured Fast DDS; to be called before a node is made.

    Args:
        environment: `os.environ`, or a test's.
    """
    if not any(environment.get(name) for name in (TRANSPORTS, *PROFILES)):
        environment[TRANSPORTS] = ROOMY
