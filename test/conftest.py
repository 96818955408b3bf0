# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The world of every test: nothing of the shell that runs them, and no ROS context that an earlier test has left."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping

import pytest

OF_A_SHELL = (
    "VFRT_",
    "ROS_",
    "RMW_",
    "RCUTILS_",
    "FASTDDS_",
    "FASTRTPS_",
    "CYCLONEDDS_",
    "LC_",
    "_ARGCOMPLETE",
)
OF_THE_INSTALL = frozenset({"ROS_DISTRO", "ROS_VERSION", "ROS_PYTHON_VERSION", "RMW_IMPLEMENTATION"})
"""What a sourced ROS 2 says of itself."""
LANGUAGE = {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "LANGUAGE": ""}


def settings_of(environment: Mapping[str, str]) -> list[str]:
    """The variables by which a person's shell changes what vfrt, ROS 2 or a program's language does."""
    return [name for name in environment if name.startswith(OF_A_SHELL) and name not in OF_THE_INSTALL]


def pytest_configure(config: pytest.Config) -> None:
    """Before any module is imported that reads them, also by the processes that tests start."""
    for name in settings_of(os.environ):
        del os.environ[name]
    os.environ.update(LANGUAGE)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As a shell starts what it runs in the background. Programs would inherit it, and hear no Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    home = tempfile.TemporaryDirectory(prefix="vfrt-tests-")
    config.add_cleanup(home.cleanup)
    os.environ["ROS_HOME"] = home.name


@pytest.fixture(scope="session", autouse=True)
def own_domain() -> Iterator[None]:
    """A ROS domain of this process, for every test that chooses none."""
    from tools.private_domain import private_domain

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_DOMAIN_ID", str(private_domain()))
        yield


@pytest.fixture
def lonely_domain() -> Iterator[int]:
    """A domain of this test alone: the graph is asked by name, and remembers nodes of other tests for a while."""
    from tools.private_domain import lent_domain

    with lent_domain() as domain:
        yield domain


@pytest.fixture(scope="module", autouse=True)
def no_context_of_the_module() -> Iterator[None]:
    """What a module's fixtures left of ROS ends with it."""
    yield from _ending_contexts()


@pytest.fixture(autouse=True)
def no_context_of_the_test(no_context_of_the_module: None) -> Iterator[None]:
    """A test that fails while its ROS context lives does not take the next ones with it."""
    yield from _ending_contexts()


def _ending_contexts() -> Iterator[None]:
    """Shut the default context down, unless it was there before."""
    before = _is_initialised()
    yield
    if _is_initialised() and not before:
        sys.modules["rclpy"].try_shutdown()


def _is_initialised() -> bool:
    return "rclpy" in sys.modules and bool(sys.modules["rclpy"].ok())


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands look longer for a node that is there: on a busy machine it is heard of only seconds later."""
    from vfrt_ros.client.node_client import NodeClient

    monkeypatch.setitem(NodeClient.__init__.__kwdefaults__, "patience", 15.0)
