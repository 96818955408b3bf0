# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Every thread that the package starts, what it owns, and the lock that guards what it shares."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tools.architecture.places import ROOT, starts_threads


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A thread.

    Attributes:
        name: As a debugger shows it, or what it is called here.
        module: That starts it, below `vfrt_ros`; a folder stands for its files.
        owns: What it does, and what it alone writes.
        shared: What others touch too, and the lock.
    """

    name: str
    module: str
    owns: str
    shared: str


THREADS = (
    ThreadRow("main", "nodes.lifecycle", "hears signals, takes the node down", "`StopSignals` (an event)"),
    ThreadRow(
        "executor",
        "nodes.lifecycle",
        "callbacks of topics, services, timers, lifecycle; it only hands over and never encodes",
        "counters: the lock of `Statistics`, `Faults`",
    ),
    ThreadRow(
        "recognise",
        "core.worker.frame_worker",
        "the worker: encodes, decides, publishes, carries out services and changes of parameters between frames",
        "slots, jobs and counters: the condition of `NewestWorker`; memory, rule, views: `Memory`'s lock",
    ),
    ThreadRow(
        "overlay",
        "core.worker.frame_worker",
        "draws and publishes the overlay",
        "as above, its own condition",
    ),
    ThreadRow(
        "bulk",
        "core.worker.frame_worker",
        "exports, imports, pages of examples; takes its turn at the worker to read or change the memory",
        "as above, its own condition",
    ),
    ThreadRow(
        "parameters",
        "nodes.parameter_requests",
        "one request to set parameters, waiting until the worker has put it in force",
        "`LiveSettings`: one reference, replaced under the lock `_changing`",
    ),
    ThreadRow(
        "thumbnails",
        "core.frames.thumbnailer",
        "JPEGs of recent frames, ahead of need",
        "`_waiting`: `_condition`",
    ),
    ThreadRow(
        "fleet",
        "fleet.exchange",
        "publishes what was taught and takes in what others were taught, in asyncio; only where `fleet_url` is set",
        "`FleetStatus`: one reference, replaced under the lock of `Report`; the memory: its own lock, changed "
        "in turns of the worker",
    ),
    ThreadRow(
        "vfrt-fit",
        "core.scoring.learner",
        "one fit of the rule's model to a larger memory; leaves it in `_ready`",
        "`_lock`, and the queue's lock of the sums",
    ),
    ThreadRow(
        "of the memory",
        "core.memory",
        "the second file of a change; an index of a large memory",
        "a future each; its own lock",
    ),
    ThreadRow(
        "vfrt-grabber",
        "core.sources.grabber",
        "starts attempts at reading a source, ends those that hang",
        "slot and current attempt: `_changed`",
    ),
    ThreadRow(
        "vfrt-reading",
        "core.sources.reading",
        "opens, reads and closes the source of one attempt",
        "`_changed`",
    ),
    ThreadRow(
        "vfrt-publishing", "nodes.camera_node", "publishes the newest frame; writes `_published`", "none"
    ),
    ThreadRow(
        "vfrt-search",
        "core.sources.auto_demo",
        "looks for a camera while the demo goes on",
        "one result, one reference",
    ),
    ThreadRow("trials", "core.sources.find_camera", "tries one camera each", "`changed`, a condition"),
    ThreadRow("of the client", "client", "spins the ROS node of a command or the panel", "see the module"),
    ThreadRow(
        "of the panel",
        "panel",
        "ROS, parameters, the lifecycle button, the browser's camera",
        "see the modules",
    ),
    ThreadRow(
        "of the commands", "cli", "ROS and the window of `vfrt live` and `vfrt view`", "see the modules"
    ),
)


def unlisted(package: Path = ROOT / "vfrt_ros") -> list[str]:
    """Modules that start a thread and stand in no row, and rows of core and nodes whose module starts none."""
    starting = {
        ".".join(path.relative_to(package).with_suffix("").parts)
        for path in package.rglob("*.py")
        if starts_threads(path)
    } - {"core.types.work_ahead"}
    rows = {row.module for row in THREADS}
    extra = {module for module in starting if not any(f"{module}.".startswith(f"{row}.") for row in rows)}
    stale = {row for row in rows if row.count(".") > 1 and row not in starting}
    return sorted(extra | stale)


def table() -> str:
    """The threads in Markdown."""
    rows = [f"| {row.name} | {link(row.module)} | {row.owns} | {row.shared} |" for row in THREADS]
    return "\n".join(
        (
            "| thread | started in | does, and alone writes | shared, under which lock |",
            "|---|---|---|---|",
            *rows,
        )
    )


def link(module: str) -> str:
    """A module as a link from `docs/`."""
    path = Path("vfrt_ros", *module.split("."))
    path = path if (ROOT / path).is_dir() else path.with_suffix(".py")
    return f"[{module.replace('.', '/')}](../{path.as_posix()})"
