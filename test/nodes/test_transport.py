from __future__ import annotations

import pytest

from vfrt_ros.nodes.transport import PROFILES, ROOMY, TRANSPORTS, make_room_for_images


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, ROOMY),
        ({TRANSPORTS: ""}, ROOMY),
        ({TRANSPORTS: "UDPv4"}, "UDPv4"),
        ({PROFILES[0]: "mine.xml"}, None),
        ({PROFILES[1]: "mine.xml"}, None),
    ],
    ids=["nothing set", "set to nothing", "transports chosen", "own profiles", "own profiles, new name"],
)
def test_room_is_made_unless_fast_dds_is_configured(
    environment: dict[str, str], expected: str | None
) -> None:
    make_room_for_images(environment)
    assert environment.get(TRANSPORTS) == expected
