# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Are our nodes found, and do their frames arrive? `make discovery` beside cameras of 30 frames a second.

Commands one after another (`vfrt labels`) beside `vfrt live`, then beside four `vfrt watch` and a panel as well;
late subscribers of `memory_info`; frames of each size in each discovery range, counted by another process. Exit
status 1 where a bar is missed. With `FASTDDS_BUILTIN_TRANSPORTS=DEFAULT` it must be.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tools.private_domain import lent_domain

VFRT = (sys.executable, "-m", "vfrt_ros.cli")
RANGES = {
    "SUBNET": {"ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"},
    "LOCALHOST": {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"},
    "SYSTEM_DEFAULT, static peers": {
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "SYSTEM_DEFAULT",
        "ROS_STATIC_PEERS": "127.0.0.1",
    },
    "ROS_LOCALHOST_ONLY=1": {"ROS_LOCALHOST_ONLY": "1"},
}
SIZES = ("640x480", "1280x720", "1920x1080", "3840x2160")
LARGEST_JUDGED = 1920 * 1080
SLOWEST_SECONDS = 3.0
FEWEST_FRAMES = 29.5 / 30
"""Share of the frames that are published."""
_START_SECONDS = 60.0

COUNT = """
import sys, time, rclpy
from sensor_msgs.msg import Image
from vfrt_ros.nodes import names, qos
seconds = float(sys.argv[1])
rclpy.init()
node = rclpy.create_node("count")
came = []
def take(data):
    came.append(time.monotonic())
node.create_subscription(Image, names.IMAGE_RAW, take, qos.camera_image(), raw=True)
def spin(until, most):
    end = time.monotonic() + most
    while time.monotonic() < end and not until():
        rclpy.spin_once(node, timeout_sec=0.1)
spin(lambda: len(came) > 5, 30.0)
came.clear()
spin(lambda: False, seconds)
print(len(came))
"""

LATE = """
import sys, time, rclpy
from vfrt_msgs.msg import MemoryInfo
from vfrt_ros.nodes import names, qos
rclpy.init()
node = rclpy.create_node("late")
came = []
begin = time.monotonic()
node.create_subscription(MemoryInfo, names.MEMORY_INFO, came.append, qos.memory_info())
while not came and time.monotonic() - begin < 10:
    rclpy.spin_once(node, timeout_sec=0.1)
print(time.monotonic() - begin if came else "")
"""


@dataclass
class Verdict:
    """The measures against its bars, printed as it comes."""

    missed: int = 0

    def show(self, text: str, *, good: bool) -> None:
        """One line; a bar that was missed is marked."""
        self.missed += not good
        print(f"{'' if good else 'MISSED  '}{text}", flush=True)

    def show_times(self, name: str, times: Sequence[float | None]) -> None:
        """How many gave no answer, and how long the others took."""
        answers = sorted(seconds for seconds in times if seconds is not None)
        silent = len(times) - len(answers)
        if not answers:
            self.show(f"{name}: none of {len(times)} found", good=not times)
            return
        slow = answers[min(len(answers) - 1, int(0.99 * len(answers)))]
        self.show(
            f"{name}: {silent} of {len(times)} not found; to an answer median {answers[len(answers) // 2]:.2f} s, "
            f"99th of 100 {slow:.2f} s",
            good=not silent and slow <= SLOWEST_SECONDS,
        )


def main() -> int:
    """Measure and judge; the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--commands", type=int, default=500, help="in each of the two surroundings")
    parser.add_argument("--late", type=int, default=30, help="late subscribers of memory_info")
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="of counting in each range and size; 0 = none"
    )
    parser.add_argument("--fps", type=float, default=30.0, help="of the camera in each range and size")
    parser.add_argument("--sizes", nargs="+", default=SIZES, help="WIDTHxHEIGHT")
    parser.add_argument("--ranges", nargs="+", choices=RANGES, default=list(RANGES))
    arguments = parser.parse_args()
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as folder, lent_domain() as domain:
        os.environ.update(ROS_HOME=folder, ROS_DOMAIN_ID=str(domain))
        if arguments.commands or arguments.late:
            measure_commands(verdict, arguments.commands, arguments.late)
        if arguments.seconds:
            for name in arguments.ranges:
                for size in arguments.sizes:
                    measure_frames(verdict, name, size, arguments.fps, arguments.seconds)
    return 1 if verdict.missed else 0


def measure_commands(verdict: Verdict, commands: int, late: int) -> None:
    """Commands beside `vfrt live`, late subscribers, then commands beside more listeners."""
    with ExitStack() as stack:
        live = (*VFRT, "live", "--source", "demo", "--backbone", "embedded", "--no-panel")
        stack.enter_context(running(live))
        wait_for_node()
        verdict.show_times("vfrt labels beside vfrt live", [time_command() for _ in range(commands)])
        verdict.show_times("late subscribers of memory_info", [time_late() for _ in range(late)])
        for _ in range(4):
            stack.enter_context(running((*VFRT, "watch")))
        stack.enter_context(running((*VFRT, "panel", "--port", "0")))
        time.sleep(5.0)
        verdict.show_times("and four vfrt watch and a panel", [time_command() for _ in range(commands)])


def measure_frames(verdict: Verdict, name: str, size: str, fps: float, seconds: float) -> None:
    """Frames of a size in a range of discovery, as another process gets them."""
    width, height = (int(number) for number in size.split("x"))
    given = ("source:=demo", f"size:=[{width}, {height}]", f"fps:={fps}")
    parameters = [part for text in given for part in ("-p", text)]
    camera = (sys.executable, "-m", "vfrt_ros.nodes.camera_node", "--ros-args", *parameters)
    with ExitStack() as stack:
        environment = {
            **os.environ,
            **RANGES[name],
            "ROS_DOMAIN_ID": str(stack.enter_context(lent_domain())),
        }
        stack.enter_context(running(camera, environment))
        came = int(python(COUNT, str(seconds), environment=environment) or 0)
    judged = width * height <= LARGEST_JUDGED
    note = "" if judged else " (no bar: rclpy copies such frames with a whole core)"
    verdict.show(
        f"{size} {name}: {came / seconds:.1f} frames a second{note}",
        good=not judged or came >= FEWEST_FRAMES * fps * seconds - 1,
    )


def time_command() -> float | None:
    """Seconds until `vfrt labels` has its answer; None = it found no node."""
    begin = time.monotonic()
    ran = subprocess.run((*VFRT, "labels"), capture_output=True, text=True, timeout=60, check=False)
    return time.monotonic() - begin if ran.returncode == 0 else None


def time_late() -> float | None:
    """Seconds until a new subscriber has the last `memory_info`; None = it does not get it in ten."""
    text = python(LATE)
    return float(text) if text else None


def wait_for_node() -> None:
    """Until a first command is answered.

    Raises:
        SystemExit: None is in a minute.
    """
    end = time.monotonic() + _START_SECONDS
    while time_command() is None:
        if time.monotonic() > end:
            raise SystemExit("vfrt live did not start.")


def python(code: str, *arguments: str, environment: dict[str, str] | None = None) -> str:
    """Run a program, and return what it prints last."""
    ran = subprocess.run(
        (sys.executable, "-c", code, *arguments),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment,
    )
    return (ran.stdout.split() or [""])[-1]


@contextmanager
def running(command: Sequence[str], environment: dict[str, str] | None = None) -> Iterator[None]:
    """A program that is ended as by Ctrl-C, with what it has started."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, start_new_session=True
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20.0)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
