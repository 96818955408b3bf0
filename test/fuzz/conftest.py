# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Profiles of hypothesis: short and always the same in `make test`, long and ever new in `make fuzz`."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

QUIET = {
    "deadline": None,
    "database": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}
settings.register_profile("short", max_examples=40, derandomize=True, **QUIET)
settings.register_profile(
    "long", max_examples=int(os.environ.get("FUZZ_EXAMPLES", "400")), print_blob=True, **QUIET
)


@pytest.fixture(autouse=True, scope="session")
def _cache(tmp_path_factory):
    """A cache and a home that are nobody's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("ROS_HOME", str(tmp_path_factory.mktemp("ros_home")))
        yield


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile(os.environ.get("FUZZ_PROFILE", "short"))
