# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Doctor's look at this machine: Python, ROS, packages, variables, memory, launch."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from vfrt_ros.cli.doctor.check_result import CheckResult, Level
from vfrt_ros.client.domain import domain_id
from vfrt_ros.client.errors import GraphError
from vfrt_ros.core.config.parameters import from_environment
from vfrt_ros.core.config.settings import CameraSettings, RecognitionSettings, state_folder
from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.core.types.without_password import without_password

ENTER = "`source env.sh` (or your ROS 2 workspace's setup.bash) in this shell"
# Import name: what to install where it is missing.
PACKAGES = {
    "numpy": "numpy",
    "cv2": "opencv-python",
    "faiss": "faiss-cpu",
    "torch": "torch",
    "yaml": "PyYAML",
    "rich": "rich",
    "cv_bridge": "cv-bridge",
}


def check_python(version: tuple[int, int] = sys.version_info[:2]) -> CheckResult:
    """The version of Python."""
    text = f"{version[0]}.{version[1]} at {sys.executable}"
    if version < (3, 11):
        return CheckResult("python", Level.BROKEN, text, "vfrt needs Python 3.11 or newer")
    return CheckResult("python", Level.OK, text)


def check_ros(environment: Mapping[str, str] = os.environ) -> CheckResult:
    """The ROS distribution, its middleware and the domain."""
    try:
        import rclpy

        middleware = rclpy.get_rmw_implementation_identifier()
    except (ImportError, RuntimeError) as error:
        return CheckResult("ros", Level.BROKEN, f"rclpy cannot be used: {_one_line(error)}", ENTER)
    try:
        text = f"{_distribution(environment)}, {middleware}, ROS_DOMAIN_ID {domain_id(environment)}"
    except GraphError as error:
        return CheckResult("ros", Level.BROKEN, str(error), "export another ROS_DOMAIN_ID, or unset it")
    return CheckResult("ros", Level.OK, text)


def check_torch(version: str | None = None) -> CheckResult:
    """The version of torch.

    Args:
        version: None = the installed one.
    """
    from vfrt_ros.core.encoders.torch_load import SAFE_SINCE, is_safe

    try:
        version = version or metadata.version("torch")
    except metadata.PackageNotFoundError:
        return CheckResult("torch", Level.BROKEN, "is not installed", "`make setup`")
    if not is_safe(version):
        newer = ".".join(str(number) for number in SAFE_SINCE)
        text = f"{version} is old: pickled weights are refused with it (CVE-2025-32434)"
        return CheckResult(
            "torch", Level.NOTE, text, f"pip install 'torch>={newer}', or use safetensors only"
        )
    return CheckResult("torch", Level.OK, version)


def check_packages(packages: Mapping[str, str] | None = None) -> CheckResult:
    """The Python packages that the nodes need."""
    wanted = PACKAGES if packages is None else packages
    missing = [install for name, install in wanted.items() if importlib.util.find_spec(name) is None]
    if missing:
        todo = f"`make setup`, or pip install {' '.join(missing)}"
        return CheckResult("packages", Level.BROKEN, f"missing: {', '.join(missing)}", todo)
    return CheckResult("packages", Level.OK, f"all {len(wanted)} are there: {', '.join(wanted)}")


def check_messages(package: str = "vfrt_msgs") -> CheckResult:
    """Whether our messages are built and found."""
    try:
        importlib.import_module(f"{package}.msg")
    except ImportError as error:
        return CheckResult(
            "messages", Level.BROKEN, f"{package} cannot be imported: {_one_line(error)}", ENTER
        )
    return CheckResult("messages", Level.OK, f"{package} is built")


def check_variables(environment: Mapping[str, str] = os.environ) -> CheckResult:
    """The `VFRT_*` variables, which each node reads."""
    recognition, camera = RecognitionSettings.parameters(), CameraSettings.parameters()
    try:
        given = {
            **from_environment(environment, recognition, camera),
            **from_environment(environment, camera, recognition),
        }
    except SettingError as error:
        return CheckResult("variables", Level.BROKEN, str(error), "correct or unset it")
    shown = ", ".join(f"{name} = {without_password(str(value))}" for name, value in given.items())
    return CheckResult("variables", Level.OK, shown or "no VFRT_* variable is set")


def check_memory(environment: Mapping[str, str] = os.environ) -> CheckResult:
    """Whether the memory can be written where it would be."""
    own = environment.get("VFRT_MEMORY_PATH", "")
    place = Path(own).expanduser() if own else state_folder()
    existing = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
    if not os.access(existing, os.W_OK) or (existing != place and not existing.is_dir()):
        todo = "set VFRT_MEMORY_PATH to a file that you may write"
        return CheckResult("memory", Level.BROKEN, f"{existing} is not writable, so {place} cannot be", todo)
    return CheckResult("memory", Level.OK, f"{place} is writable")


def check_sockets(environment: Mapping[str, str] = os.environ, path: Path | None = None) -> list[CheckResult]:
    """Whether raw pictures of other hosts fit into a socket; nothing where none are heard, or nothing tells.

    Args:
        environment: `os.environ`, or a test's.
        path: File that tells the limit; None = the system's.
    """
    from vfrt_ros.nodes.loss_cause import RECEIVE_LIMIT, ROOM, Cause, cure, hears_other_hosts, receive_limit

    limit = receive_limit(path or RECEIVE_LIMIT)
    if limit is None or not hears_other_hosts(environment):
        return []
    if limit >= ROOM:
        return [CheckResult("sockets", Level.OK, "hold the raw pictures of a camera on another host")]
    text = f"hold {limit} bytes: raw pictures of a camera on another host would get lost"
    return [CheckResult("sockets", Level.NOTE, text, f"for such a camera {cure(Cause.SOCKET_LIMIT)}")]


def check_launch() -> CheckResult:
    """Whether `ros2 launch` is there, or `vfrt live` has to do."""
    if importlib.util.find_spec("launch_ros") is None:
        return CheckResult(
            "launch", Level.NOTE, "launch_ros is not installed", "`vfrt live` starts the same nodes"
        )
    return CheckResult("launch", Level.OK, "`ros2 launch vfrt_ros live.launch.py` can be used")


def _distribution(environment: Mapping[str, str]) -> str:
    if name := environment.get("ROS_DISTRO"):
        return name
    names = (str(entry.name).split("-") for entry in metadata.distributions())
    found = [parts[1] for parts in names if len(parts) == 3 and (parts[0], parts[2]) == ("ros", "rclpy")]
    return f"{found[0]} (PyPI wheels)" if found else "ROS 2 of an unknown distribution"


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
