# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`make soak MINUTES=30`: exit status 1 where memory or handles grow, or an answer, a frame or a node is missed."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tools.private_domain import private_domain
from tools.soak.child import Child, Sample
from tools.soak.commands import Commands
from tools.soak.plot import plot
from tools.soak.verdict import Tally, growth, missed, violations
from tools.soak.visitor import Visitor
from vfrt_ros.cli.interrupt import TERMINATED
from vfrt_ros.client.ros_client import RosClient
from vfrt_ros.nodes import names

START_S = 60.0
ACT_EVERY_S = 0.25
CAMERA = "vfrt_ros.nodes.camera_node"
RECOGNITION = "vfrt_ros.nodes.recognition_node"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trial; prints its figures, writes `soak.png` and the nodes' logs. SIGTERM ends the nodes too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--fps", type=float, default=30.0, help="frames per second of the camera")
    parser.add_argument("--backbone", default="fake", help="encoder (default: fake, which costs nothing)")
    parser.add_argument(
        "--range", default="LOCALHOST", help="ROS_AUTOMATIC_DISCOVERY_RANGE of all (default: LOCALHOST)"
    )
    parser.add_argument(
        "--command-every", type=float, default=10.0, help="seconds from one `vfrt` command to the next"
    )
    parser.add_argument("--seed", type=int, default=0, help="of what is asked")
    parser.add_argument("--folder", type=Path, default=Path("build/soak"), help="for the plot and the logs")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    os.environ["ROS_DOMAIN_ID"] = str(private_domain())
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = options.range
    with RosClient("vfrt_soak", "The trial") as link, tempfile.TemporaryDirectory() as home:
        children = _start(options, home)
        visitor = Visitor(link, options.seed)
        commands = Commands(options.command_every)
        try:
            samples = _run(options.minutes, children, visitor, commands)
        finally:
            commands.stop()
            statuses = {child.name: child.end() for child in children}
    plot(samples, options.folder / "soak.png")
    found = [text for name, taken in samples.items() for text in violations(name, taken)]
    found += missed(visitor.tally, options.fps) + [
        f"{name} ended with {code}" for name, code in statuses.items() if code
    ]
    _tell(options.minutes, samples, visitor.tally, options.folder / "soak.png", found)
    return 1 if found else 0


def _start(options: argparse.Namespace, home: str) -> list[Child]:
    environment = {"ROS_HOME": home, "XDG_CACHE_HOME": home}
    camera = _parameters("source:=demo", f"fps:={options.fps}")
    recognition = _parameters(f"backbone:={options.backbone}", "max_examples:=40", "max_snapshots_mb:=10.0")
    recognition += ["-r", f"{names.IMAGE}:={names.IMAGE_RAW}"]
    return [
        Child(CAMERA, camera, environment, options.folder / "camera.log"),
        Child(RECOGNITION, recognition, environment, options.folder / "recognition.log"),
    ]


def _parameters(*given: str) -> list[str]:
    return [part for parameter in given for part in ("-p", parameter)]


def _run(
    minutes: float, children: list[Child], visitor: Visitor, commands: Commands
) -> dict[str, list[Sample]]:
    """Act and sample until the time is up or a child has ended."""
    samples: dict[str, list[Sample]] = {child.name: [] for child in children}
    if not _wait_until_it_sees(children, visitor):
        return samples
    visitor.begin()
    commands.start()
    start = sampled = time.monotonic()
    period = min(1.0, minutes * 60 / 20)
    while (now := time.monotonic()) < start + 60 * minutes and all(child.alive for child in children):
        visitor.act()
        if now >= sampled:
            sampled += period
            for child in children:
                samples[child.name].append(child.sample(now - start))
        time.sleep(ACT_EVERY_S)
    visitor.count()
    commands.stop()
    visitor.tally.commands, visitor.tally.unheard = commands.run, commands.failures
    return samples


def _wait_until_it_sees(children: list[Child], visitor: Visitor) -> bool:
    deadline = time.monotonic() + START_S
    while not visitor.sees and time.monotonic() < deadline and all(child.alive for child in children):
        time.sleep(0.1)
    return visitor.sees


def _tell(
    minutes: float, samples: dict[str, list[Sample]], tally: Tally, picture: Path, found: list[str]
) -> None:
    asked = sum(tally.asked.values())
    print(
        f"{minutes:g} min: {tally.recognitions} recognitions, longest gap {tally.longest_gap:.2f} s, ", end=""
    )
    print(f"{asked} requests, {len(tally.unanswered)} without a good answer")
    if tally.frames is not None:
        frames = tally.frames
        lost = frames.sent - frames.received
        print(
            f"{frames.sent} frames sent in {tally.seconds:.0f} s, {frames.received} arrived "
            f"({lost / max(1, frames.sent):.2%} lost), {frames.accounted} of them accounted for"
        )
    print(f"{tally.commands} vfrt commands, {len(tally.unheard)} of which did not find their node")
    for name, taken in samples.items():
        if len(taken) >= 6:
            early, late = growth(taken)
            print(
                f"{name}: {early:.1f} -> {late:.1f} MB, {taken[-1].handles} handles, {taken[-1].threads} threads"
            )
    print(f"Plot: {picture}")
    for text in found:
        print(f"VIOLATION {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
